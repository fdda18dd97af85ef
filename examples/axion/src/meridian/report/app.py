"""Routes of meridian-report: the portfolio as a page, as JSON and as CSV."""

from typing import Mapping

from axion_http.app import App
from axion_http.messages import HttpError, Request, Response
from meridian.core.book import book_date, read_book
from meridian.core.query import date
from meridian.report.render import to_csv, to_html
from meridian.report.summary import summarise


def create_app(env: Mapping[str, str]) -> App:
    """Create the application. It reads the loan book once, at the start."""
    app = App("meridian-report")
    book = read_book(env)

    @app.get("/report")
    def get_report(request: Request) -> Response:
        summary = summarise(book, date(request.query, "as_of", book_date(book)))
        form = request.query.get("format", "html")
        if form == "html":
            return Response(to_html(summary), "text/html; charset=utf-8")
        if form == "json":
            return Response.json(summary)
        if form == "csv":
            return Response(to_csv(summary), "text/csv; charset=utf-8")
        raise HttpError(400, f"format must be html, json or csv, not {form!r}")

    return app
