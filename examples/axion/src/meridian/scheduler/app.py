"""Routes of meridian-scheduler: due payments, as JSON and as a calendar."""

from typing import Mapping

from axion_http.app import App
from axion_http.messages import Request, Response
from meridian.core.book import book_date, read_book
from meridian.core.query import date, integer
from meridian.scheduler.due import due_payments, to_calendar


def create_app(env: Mapping[str, str]) -> App:
    """Create the application. It reads the loan book once, at the start."""
    app = App("meridian-scheduler")
    book = read_book(env)

    def payments(request: Request):
        start = date(request.query, "from", book_date(book))
        return due_payments(book, start, integer(request.query, "days", 1, 366, 31))

    @app.get("/due")
    def get_due(request: Request) -> Response:
        items = payments(request)
        return Response.json({"items": items, "total": len(items)})

    @app.get("/due.ics")
    def get_calendar(request: Request) -> Response:
        return Response(to_calendar(payments(request)), "text/calendar; charset=utf-8")

    return app
