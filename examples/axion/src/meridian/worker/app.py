"""Routes of meridian-worker: revaluation jobs."""

from typing import Mapping

from axion_http.app import App
from axion_http.messages import HttpError, Request, Response
from meridian.core.book import read_book
from meridian.core.query import integer, number
from meridian.core.valuation import DEFAULTS, value_book
from meridian.worker.jobs import JobQueue


def create_app(env: Mapping[str, str]) -> App:
    """Create the application. One thread runs the jobs, one after the other."""
    app = App("meridian-worker")
    book = read_book(env)
    flows = [loan.cash_flow() for loan in book if loan.balance > 0]
    queue = JobQueue(app.log)
    app.check("queue", queue.problem)
    app.on_stop(queue.close)

    @app.post("/jobs")
    def post_job(request: Request) -> Response:
        values = request.json()
        scenarios = integer(values, "scenarios", 1, 20000, 200)
        shift = number(values, "shift", -0.05, 0.2, 0.0)
        assumptions = dict(DEFAULTS)
        assumptions["short_rate"] += shift
        assumptions["mean_rate"] += shift

        def revalue() -> Mapping[str, float]:
            return value_book(flows, scenarios, assumptions)

        job = queue.submit({"scenarios": scenarios, "shift": shift}, revalue)
        if job is None:
            raise HttpError(503, "the queue is full; try again later", {"Retry-After": "5"})
        return Response.json(job.as_record(), status=202, headers={"Location": f"/jobs/{job.number}"})

    @app.get("/jobs")
    def get_jobs(_request: Request) -> Response:
        items = [job.as_record() for job in queue.jobs()]
        return Response.json({"items": items, "total": len(items)})

    @app.get("/jobs/{number}")
    def get_job(request: Request) -> Response:
        job = queue.find(request.params["number"])
        if job is None:
            raise HttpError(404, f"there is no job {request.params['number']!r}")
        return Response.json(job.as_record())

    return app
