"""HTTP requests to other services, with errors that name the reason."""

import http.client
import socket
from urllib.parse import urlsplit


class UpstreamError(Exception):
    """No response arrived. `kind` is `refused`, `timeout`, `unresolved` or `protocol`."""

    def __init__(self, url: str, kind: str, detail: str) -> None:
        super().__init__(f"{url}: {detail}")
        self.url = url
        self.kind = kind
        self.detail = detail


class UpstreamResponse:
    """The response of the other service, with any status."""

    def __init__(self, status: int, content_type: str, body: bytes) -> None:
        self.status = status
        self.content_type = content_type
        self.body = body


def base_url(text: str) -> str:
    """Return `text` without a trailing slash. Raises ValueError when it is not an http(s) URL with a host."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # The port is not a number or too large, or a bracket is not closed.
        usable = False
    if not usable:
        raise ValueError(f"{text!r} is not a URL such as http://meridian-api:8080")
    return text.rstrip("/")


def fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    content_type: str | None = None,
    timeout: float = 5.0,
) -> UpstreamResponse:
    """Send one request and read the whole response. Raises UpstreamError without a response, but not for an error status."""
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=timeout)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": content_type} if content_type else {}
    try:
        connection.request(method, target, body or None, headers)
        response = connection.getresponse()
        return UpstreamResponse(response.status, response.headers.get("Content-Type", "application/octet-stream"), response.read())
    except TimeoutError as error:
        raise UpstreamError(url, "timeout", f"no response within {timeout:g} s") from error
    except socket.gaierror as error:
        raise UpstreamError(url, "unresolved", f"the host {parts.hostname} is not known") from error
    except ConnectionRefusedError as error:
        raise UpstreamError(url, "refused", "the connection was refused") from error
    except (OSError, http.client.HTTPException) as error:
        raise UpstreamError(url, "protocol", f"the connection broke: {error}") from error
    finally:
        connection.close()
