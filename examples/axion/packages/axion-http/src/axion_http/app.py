"""An application: routes, a health endpoint, and a server that ends cleanly on SIGTERM."""

import os
import signal
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from axion_http.log import JsonLog
from axion_http.messages import HttpError, Request, Response
from axion_http.routing import Handler, Router

MAX_BODY = 1024 * 1024


class App:
    """The routes of one service, with `/healthz`.

    When a check returns a text, `/healthz` responds with 503 and that text. Functions given to `on_stop` run after the
    last request.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.log = JsonLog(name)
        self._router = Router()
        self._checks: dict[str, Callable[[], str | None]] = {}
        self._on_stop: list[Callable[[], None]] = []
        self._started = time.monotonic()
        self.get("/healthz")(self._healthz)

    def route(self, method: str, pattern: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of `method` (`*` for all) on `pattern`."""

        def register(handler: Handler) -> Handler:
            self._router.add(method, pattern, handler)
            return handler

        return register

    def get(self, pattern: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of GET on `pattern`."""
        return self.route("GET", pattern)

    def post(self, pattern: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of POST on `pattern`."""
        return self.route("POST", pattern)

    def check(self, name: str, check: Callable[[], str | None]) -> None:
        """Make `/healthz` call `check`, which returns None or the problem."""
        self._checks[name] = check

    def on_stop(self, action: Callable[[], None]) -> None:
        """Run `action` after the server has stopped."""
        self._on_stop.append(action)

    def handle(self, request: Request) -> Response:
        """Handle a request. Every failure becomes a JSON response, and an unexpected one is logged."""
        try:
            return self._router.dispatch(request)
        except HttpError as error:
            return Response.json({"error": error.message}, status=error.status, headers=error.headers)
        except Exception as error:
            self.log.error("request failed", error, method=request.method, path=request.path)
            return Response.json({"error": "internal error; the service's log has the details"}, status=500)

    def run(self, port: int | None = None) -> None:
        """Serve on `port` (PORT, or 8080) until SIGTERM or SIGINT, then finish the running requests."""
        if port is None:
            port = _port_from_environment()
        with ThreadingHTTPServer(("", port), _handler_class(self)) as server:
            # The end of the `with` waits for the threads of running requests.
            server.daemon_threads = False

            def stop(signum: int, _frame: object) -> None:
                self.log.info("stopping", signal=signal.Signals(signum).name)
                # shutdown() waits for serve_forever(), which runs in the thread that the signal interrupts.
                threading.Thread(target=server.shutdown).start()

            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, stop)
            self.log.info("listening", port=server.server_port)
            server.serve_forever(poll_interval=0.1)
        for action in self._on_stop:
            action()
        self.log.info("stopped")

    def _healthz(self, _request: Request) -> Response:
        problems = {name: problem for name, check in self._checks.items() if (problem := check()) is not None}
        response: dict[str, object] = {
            "status": "unhealthy" if problems else "ok",
            "service": self.name,
            "uptime_seconds": round(time.monotonic() - self._started, 3),
        }
        if problems:
            response["problems"] = problems
        return Response.json(response, status=503 if problems else 200)


def _port_from_environment() -> int:
    text = os.environ.get("PORT") or "8080"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SystemExit(f"PORT must be a number between 1 and 65535, not {text!r}")
    return int(text)


def _handler_class(app: App) -> type[BaseHTTPRequestHandler]:
    class RequestHandler(BaseHTTPRequestHandler):
        timeout = 30

        def version_string(self) -> str:
            return app.name

        def _respond(self) -> None:
            started = time.monotonic()
            try:
                body = self._read_body()
                response = app.handle(Request(self.command, self.path, body, dict(self.headers)))
            except HttpError as error:
                response = Response.json({"error": error.message}, status=error.status)
            try:
                self._send(response)
            except ConnectionError as error:
                app.log.info("the client went away", path=self.path, reason=str(error))
                return
            # The health check runs every few seconds: log only its failures.
            if self.path != "/healthz" or response.status != 200:
                duration = round((time.monotonic() - started) * 1000, 1)
                app.log.info(
                    "request", method=self.command, path=self.path, status=response.status, milliseconds=duration
                )

        def _send(self, response: Response) -> None:
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        def _read_body(self) -> bytes:
            if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                raise HttpError(411, "send the body with a Content-Length")
            text = self.headers.get("Content-Length", "0")
            if not text.isdigit():
                raise HttpError(400, f"Content-Length is not a number: {text!r}")
            if int(text) > MAX_BODY:
                raise HttpError(413, f"the body may have {MAX_BODY} bytes, this one has {text}")
            return self.rfile.read(int(text))

        def log_request(self, *_args: object) -> None:
            """_respond logs each request with its duration."""

        def log_message(self, format: str, *args: object) -> None:
            app.log.info(format % args)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _respond

    return RequestHandler
