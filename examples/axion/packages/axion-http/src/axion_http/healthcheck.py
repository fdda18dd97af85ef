"""Check the health of the service in this container: `python -m axion_http.healthcheck`.

Exits with 0 when `/healthz` responds with 200. It uses a socket, because importing an HTTP client would need ten times the
processor time, every few seconds in every container.
"""

import os
import socket
import sys


def main() -> int:
    """Print the status line of the response, and return the exit code."""
    port = int(os.environ.get("PORT") or 8080)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            with connection.makefile("rb") as response:
                status = response.readline().decode("latin-1").strip()
    except OSError as error:
        print(f"127.0.0.1:{port}: {error}")
        return 1
    print(status)
    return 0 if status.split(" ")[1:2] == ["200"] else 1


if __name__ == "__main__":
    sys.exit(main())
