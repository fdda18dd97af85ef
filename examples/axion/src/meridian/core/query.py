"""Numbers and dates of a request, checked: a wrong one is a 400 that names it."""

import datetime as dt
from typing import Mapping

from axion_http.messages import HttpError


def number(values: Mapping[str, object], name: str, low: float, high: float, default: float | None = None) -> float:
    """The number `name` in [`low`, `high`]; `default` when it is absent, without one that is an error too."""
    given = values.get(name)
    if given is None or given == "":
        if default is None:
            raise HttpError(400, f"{name} is missing: a number between {low:g} and {high:g}")
        return default
    try:
        value = float(str(given))
    except ValueError:
        value = low - 1.0
    if not low <= value <= high:
        raise HttpError(400, f"{name} must be a number between {low:g} and {high:g}, not {given!r}")
    return value


def integer(values: Mapping[str, object], name: str, low: int, high: int, default: int | None = None) -> int:
    """The same for whole numbers."""
    value = number(values, name, low, high, default)
    if value != int(value):
        raise HttpError(400, f"{name} must be a whole number, not {values.get(name)!r}")
    return int(value)


def date(values: Mapping[str, object], name: str, default: dt.date) -> dt.date:
    """The ISO date `name`, or `default`."""
    given = values.get(name)
    if given is None or given == "":
        return default
    try:
        return dt.date.fromisoformat(str(given))
    except ValueError as error:
        raise HttpError(400, f"{name} must be a date such as 2024-03-01, not {given!r}") from error
