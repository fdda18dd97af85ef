"""Routes of meridian-gateway: `/<service>/…` goes to that service."""

from typing import Mapping

from axion_http.app import App
from axion_http.messages import HttpError, Request, Response
from axion_upstream import UpstreamError, base_url, fetch

SERVICES = ("api", "report", "scheduler", "worker", "exporter")


def create_app(env: Mapping[str, str]) -> App:
    """The application; MERIDIAN_API_URL and so on say where the services are, MERIDIAN_TIMEOUT how long to wait."""
    app = App("meridian-gateway")
    routes = read_routes(env)
    timeout = read_timeout(env)

    @app.get("/")
    def get_routes(_request: Request) -> Response:
        items = [{"path": f"/{name}/", "url": routes.get(name)} for name in SERVICES]
        return Response.json({"items": items, "total": len(items)})

    @app.route("*", "/{service}/{rest...}")
    def forward(request: Request) -> Response:
        service = request.params["service"]
        if service not in SERVICES:
            raise HttpError(404, f"there is no service {service!r}; there are {', '.join(SERVICES)}")
        if service not in routes:
            raise HttpError(502, f"{service}: no address is configured; set {variable(service)}")
        return _forward(service, routes[service] + request.path[len(service) + 1 :], request, timeout)

    return app


def read_routes(env: Mapping[str, str]) -> Mapping[str, str]:
    """The address of each service that has one; a value that is no URL ends the start."""
    routes = {}
    for service in SERVICES:
        text = env.get(variable(service))
        if not text:
            continue
        try:
            routes[service] = base_url(text)
        except ValueError as error:
            raise SystemExit(f"{variable(service)}: {error}") from error
    return routes


def read_timeout(env: Mapping[str, str]) -> float:
    """The seconds to wait for a service, 10 unless MERIDIAN_TIMEOUT says otherwise."""
    text = env.get("MERIDIAN_TIMEOUT") or "10"
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 3600.0:
        raise SystemExit(f"MERIDIAN_TIMEOUT must be a number of seconds up to 3600, not {text!r}")
    return seconds


def variable(service: str) -> str:
    """The environment variable that holds the address of `service`."""
    return f"MERIDIAN_{service.upper()}_URL"


def _forward(service: str, url: str, request: Request, timeout: float) -> Response:
    if request.query_string:
        url = f"{url}?{request.query_string}"
    content_type = request.headers.get("content-type")
    method = "GET" if request.method == "HEAD" else request.method
    try:
        answer = fetch(url, method=method, body=request.body, content_type=content_type, timeout=timeout)
    except UpstreamError as error:
        status = 504 if error.kind == "timeout" else 502
        raise HttpError(status, f"{service} did not answer: {error.detail}") from error
    return Response(answer.body, answer.content_type, status=answer.status)
