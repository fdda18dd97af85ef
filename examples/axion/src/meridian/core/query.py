"""Reads numbers and dates from a request. An invalid value is a 400 with its name."""

import datetime as dt
from typing import Mapping

from axion_http.messages import HttpError


def number(values: Mapping[str, object], name: str, low: float, high: float, default: float | None = None) -> float:
    """Read the number `name` between `low` and `high`. When it is absent: `default`, or an error without one."""
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
    """Read a whole number, like `number` does."""
    value = number(values, name, low, high, default)
    if value != int(value):
        raise HttpError(400, f"{name} must be a whole number, not {values.get(name)!r}")
    return int(value)


def date(values: Mapping[str, object], name: str, default: dt.date) -> dt.date:
    """Read the ISO date `name`, or return `default`."""
    given = values.get(name)
    if given is None or given == "":
        return default
    try:
        return dt.date.fromisoformat(str(given))
    except ValueError as error:
        raise HttpError(400, f"{name} must be a date such as 2024-03-01, not {given!r}") from error
