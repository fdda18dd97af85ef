"""Routes of meridian-api: quotes, schedules and affordability."""

from typing import Mapping

from axion_http.app import App
from axion_http.messages import Request, Response
from meridian.core.amortisation import affordable, instalment, schedule
from meridian.core.query import integer, number

#: The maximum share of the disposable income for a home loan.
AFFORDABLE_SHARE = 0.3


def create_app(_env: Mapping[str, str]) -> App:
    """Create the application, which has no settings."""
    app = App("meridian-api")
    app.post("/quotes")(post_quote)
    app.get("/schedule")(get_schedule)
    app.post("/affordability")(post_affordability)
    return app


def post_quote(request: Request) -> Response:
    """Return the cost of a loan, and the saving of an extra monthly payment."""
    principal, annual_rate, months, extra = _terms(request.json())
    plain = schedule(principal, annual_rate, months)
    response = {
        "instalment": instalment(principal, annual_rate, months),
        "months": len(plain),
        "total_interest": _interest(plain),
        "total_paid": round(sum([row.payment for row in plain]), 2),
    }
    if extra:
        faster = schedule(principal, annual_rate, months, extra)
        response["with_extra"] = {
            "months": len(faster),
            "total_interest": _interest(faster),
            "interest_saved": round(_interest(plain) - _interest(faster), 2),
        }
    return Response.json(response, status=201)


def get_schedule(request: Request) -> Response:
    """Return all months of a loan."""
    principal, annual_rate, months, extra = _terms(request.query)
    rows = schedule(principal, annual_rate, months, extra)
    return Response.json({"items": [row._asdict() for row in rows], "total": len(rows)})


def post_affordability(request: Request) -> Response:
    """Return the largest loan that an income allows."""
    values = request.json()
    income = number(values, "income", 0.0, 1e8)
    expenses = number(values, "expenses", 0.0, 1e8, 0.0)
    annual_rate = number(values, "annual_rate", 0.0, 1.0)
    months = integer(values, "months", 1, 480, 240)
    payment = round(max(0.0, income - expenses) * AFFORDABLE_SHARE, 2)
    return Response.json({"instalment": payment, "principal": affordable(payment, annual_rate, months)})


def _terms(values: Mapping[str, object]) -> tuple:
    return (
        number(values, "principal", 1.0, 1e9),
        number(values, "annual_rate", 0.0, 1.0),
        integer(values, "months", 1, 480, 240),
        number(values, "extra", 0.0, 1e9, 0.0),
    )


def _interest(rows) -> float:
    return round(sum([row.interest for row in rows]), 2)
