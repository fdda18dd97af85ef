"""Requests and responses, for the handlers of an application."""

import json
from urllib.parse import parse_qsl


class HttpError(Exception):
    """Ends a request with `status` and a JSON body with `message`."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


class Response:
    """A status, a body and its content type."""

    def __init__(
        self,
        body: bytes | str,
        content_type: str = "text/plain; charset=utf-8",
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.body = body.encode() if isinstance(body, str) else body
        self.content_type = content_type
        self.status = status
        self.headers = headers or {}

    @classmethod
    def json(cls, value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> "Response":
        """Return a response with `value` as JSON and a newline."""
        return cls(json.dumps(value, indent=2) + "\n", "application/json", status=status, headers=headers)


class Request:
    """A request. `params` are the variables of the path, `query` has the last value of each query parameter."""

    def __init__(self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        path, _, query = target.partition("?")
        self.method = method
        self.path = path
        self.query_string = query
        self.query = dict(parse_qsl(query, keep_blank_values=True))
        self.body = body
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        self.params: dict[str, str] = {}

    def json(self) -> dict[str, object]:
        """Return the body as a JSON object. Raises a 400 for any other body."""
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise HttpError(400, f"the body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise HttpError(400, f"the body must be a JSON object, not {type(value).__name__}")
        return value
