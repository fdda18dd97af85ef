"""Selects the handler of a request by method and path."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from axion_http.messages import HttpError, Request, Response

Handler = Callable[[Request], Response]


class Router:
    """Routes in the order in which they were added. The first one that matches the path is used.

    A pattern is a path with variables: `{name}` is one segment, `{name...}` the rest of the path, slashes included.
    """

    def __init__(self) -> None:
        self._routes: list[tuple[re.Pattern[str], str, Handler]] = []

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Add the handler of `method` (`*` for all) on paths that match `pattern`."""
        self._routes.append((_compile(pattern), method, handler))

    def dispatch(self, request: Request) -> Response:
        """Handle the request. Raises 404 for an unknown path, 405 for a known path with another method."""
        allowed: list[str] = []
        # HEAD is handled as GET. The server omits the body.
        method = "GET" if request.method == "HEAD" else request.method
        for pattern, route_method, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if route_method in (method, "*"):
                request.params = {name: unquote(value) for name, value in match.groupdict().items()}
                return handler(request)
            allowed.append(route_method)
        if allowed:
            names = ", ".join(allowed)
            raise HttpError(405, f"{request.path} accepts {names}, not {request.method}", {"Allow": names})
        raise HttpError(404, f"there is nothing at {request.path}")


def _compile(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+(?:\.\.\.)?\})", pattern)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part[1:-1]
    return f"(?P<{name[:-3]}>.*)" if name.endswith("...") else f"(?P<{name}>[^/]+)"
