/** The path of the health check program in the project. */
export const HEALTH_CHECK = 'resource.docker/runtime/healthcheck.py';

export const HEALTH_CHECK_TEXT = `"""Checks the health of the service in this container: exits with 0, or with 1 and the reason. Docker runs it every few seconds.

PORT         the port of the service.
HEALTH_PATH  a path that must respond with status 200, such as /healthz. Without it, the port must accept a connection.
"""

import http.client
import os
import socket
import sys

TIMEOUT = 2.0


def problem(port, path):
    """Return why the service is unhealthy, or None."""
    try:
        if not path:
            socket.create_connection(("127.0.0.1", port), TIMEOUT).close()
            return None
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        connection.request("GET", path)
        response = connection.getresponse()
        return None if response.status == 200 else f"{path} responded with {response.status}: {response.read(200)!r}"
    except (OSError, http.client.HTTPException) as error:
        return f"port {port}: {type(error).__name__}: {error}"


if __name__ == "__main__":
    found = problem(int(os.environ.get("PORT", "8080")), os.environ.get("HEALTH_PATH", ""))
    if found:
        sys.exit(found)
`;
