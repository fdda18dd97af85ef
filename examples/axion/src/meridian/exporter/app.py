"""Routes of meridian-exporter: Prometheus metrics and the loan book as CSV."""

from typing import Mapping, Sequence

from axion_http.app import App
from axion_http.messages import Request, Response
from axion_upstream import UpstreamError, base_url, fetch
from meridian.core.book import read_book
from meridian.exporter.export import to_csv
from meridian.exporter.metrics import book_metrics, render, service_metrics


def create_app(env: Mapping[str, str]) -> App:
    """Create the application. MERIDIAN_TARGETS lists the services to watch: `name=url`, comma-separated."""
    app = App("meridian-exporter")
    book = read_book(env)
    targets = read_targets(env.get("MERIDIAN_TARGETS") or "")

    @app.get("/metrics")
    def get_metrics(_request: Request) -> Response:
        states = {name: is_up(url) for name, url in targets}
        text = render(list(book_metrics(book)) + list(service_metrics(states)))
        return Response(text, "text/plain; version=0.0.4; charset=utf-8")

    @app.get("/export/loans.csv")
    def get_loans(_request: Request) -> Response:
        headers = {"Content-Disposition": 'attachment; filename="loans.csv"'}
        return Response(to_csv(book), "text/csv; charset=utf-8", headers=headers)

    return app


def read_targets(text: str) -> Sequence[tuple]:
    """Return the `(name, url)` pairs of MERIDIAN_TARGETS. An invalid value ends the program."""
    targets = []
    for part in text.split(","):
        if not part.strip():
            continue
        name, _, url = part.strip().partition("=")
        try:
            targets.append((name, base_url(url)))
        except ValueError as error:
            raise SystemExit(f"MERIDIAN_TARGETS: {part.strip()!r} is not name=url: {error}") from error
    return targets


def is_up(url: str) -> bool:
    """Return whether the service at `url` reports that it is healthy."""
    try:
        return fetch(f"{url}/healthz", timeout=2.0).status == 200
    except UpstreamError:
        return False
