"""Routes of meridian-gateway: forwards `/<service>/…` to that service."""

from typing import Mapping

from axion_http.app import App
from axion_http.messages import HttpError, Request, Response
from axion_upstream import UpstreamError, base_url, fetch

SERVICES = ("api", "report", "scheduler", "worker", "exporter")


def create_app(env: Mapping[str, str]) -> App:
    """Create the application. MERIDIAN_API_URL and the like are the services, MERIDIAN_TIMEOUT is in seconds."""
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
    """Return the URL of each configured service. An invalid URL ends the program."""
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
    """Return the time-out of a request in seconds: MERIDIAN_TIMEOUT, or 10."""
    text = env.get("MERIDIAN_TIMEOUT") or "10"
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 3600.0:
        raise SystemExit(f"MERIDIAN_TIMEOUT must be a number of seconds up to 3600, not {text!r}")
    return seconds


def variable(service: str) -> str:
    """Return the name of the environment variable with the URL of `service`."""
    return f"MERIDIAN_{service.upper()}_URL"


def _forward(service: str, url: str, request: Request, timeout: float) -> Response:
    if request.query_string:
        url = f"{url}?{request.query_string}"
    content_type = request.headers.get("content-type")
    method = "GET" if request.method == "HEAD" else request.method
    try:
        response = fetch(url, method=method, body=request.body, content_type=content_type, timeout=timeout)
    except UpstreamError as error:
        status = 504 if error.kind == "timeout" else 502
        raise HttpError(status, f"{service} did not respond: {error.detail}") from error
    return Response(response.body, response.content_type, status=response.status)
