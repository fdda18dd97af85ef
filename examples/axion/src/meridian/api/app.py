"""Routes of meridian-api: quotes, schedules and affordability."""

from typing import Mapping

from axion_http.app import App
from axion_http.messages import Request, Response
from meridian.core.amortisation import affordable, instalment, schedule
from meridian.core.query import integer, number

#: The part of a household's disposable income that may go into a home loan.
AFFORDABLE_SHARE = 0.3


def create_app(_env: Mapping[str, str]) -> App:
    """The application; it has no settings of its own."""
    app = App("meridian-api")
    app.post("/quotes")(post_quote)
    app.get("/schedule")(get_schedule)
    app.post("/affordability")(post_affordability)
    return app


def post_quote(request: Request) -> Response:
    """What a loan costs, and what an extra monthly payment saves."""
    principal, annual_rate, months, extra = _terms(request.json())
    plain = schedule(principal, annual_rate, months)
    answer = {
        "instalment": instalment(principal, annual_rate, months),
        "months": len(plain),
        "total_interest": _interest(plain),
        "total_paid": round(sum([row.payment for row in plain]), 2),
    }
    if extra:
        faster = schedule(principal, annual_rate, months, extra)
        answer["with_extra"] = {
            "months": len(faster),
            "total_interest": _interest(faster),
            "interest_saved": round(_interest(plain) - _interest(faster), 2),
        }
    return Response.json(answer, status=201)


def get_schedule(request: Request) -> Response:
    """Every month of a loan."""
    principal, annual_rate, months, extra = _terms(request.query)
    rows = schedule(principal, annual_rate, months, extra)
    return Response.json({"items": [row._asdict() for row in rows], "total": len(rows)})


def post_affordability(request: Request) -> Response:
    """The largest loan that an income carries."""
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
