/** Where the program lies that a container's health is asked with. */
export const HEALTH_CHECK = 'resource.docker/runtime/healthcheck.py';

export const HEALTH_CHECK_TEXT = `"""Whether the service in this container is well: exit 0, or 1 with the reason. Docker runs it every few seconds.

PORT         the port that has to answer.
HEALTH_PATH  a path that has to answer with 200, /healthz for example. Without one it is enough that the port takes a connection.
"""

import http.client
import os
import socket
import sys

TIMEOUT = 2.0


def problem(port, path):
    """Why the service is not well, or None."""
    try:
        if not path:
            socket.create_connection(("127.0.0.1", port), TIMEOUT).close()
            return None
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        connection.request("GET", path)
        answer = connection.getresponse()
        return None if answer.status == 200 else f"{path} answered {answer.status}: {answer.read(200)!r}"
    except (OSError, http.client.HTTPException) as error:
        return f"port {port}: {type(error).__name__}: {error}"


if __name__ == "__main__":
    found = problem(int(os.environ.get("PORT", "8080")), os.environ.get("HEALTH_PATH", ""))
    if found:
        sys.exit(found)
`;
