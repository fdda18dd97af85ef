"""Writes logs to stdout for log collectors, one JSON object per line."""

import json
import sys
import threading
import traceback
from datetime import datetime, timezone


class JsonLog:
    """Writes one line for each event. Thread-safe."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._lock = threading.Lock()

    def info(self, message: str, **fields: object) -> None:
        """Log a normal event."""
        self._write("info", message, fields)

    def error(self, message: str, error: BaseException | None = None, **fields: object) -> None:
        """Log a failure, with the stack trace of `error` if there is one."""
        if error is not None:
            fields["stack"] = "".join(traceback.format_exception(error))
        self._write("error", message, fields)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        time = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        event = {"time": time, "level": level, "service": self._service, "message": message, **fields}
        line = json.dumps(event, default=str) + "\n"
        with self._lock:
            sys.stdout.write(line)
            sys.stdout.flush()
