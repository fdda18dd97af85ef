"""The fraction of a year between two dates, by the conventions of loan contracts."""

import calendar
from datetime import date


def year_fraction(start: date, end: date, convention: str = "actual/365") -> float:
    """Return the years from `start` to `end` by `actual/365`, `actual/actual` (ISDA) or `30/360` (bond basis)."""
    if end < start:
        return -year_fraction(end, start, convention)
    if convention == "actual/365":
        return (end - start).days / 365
    if convention == "30/360":
        first = min(start.day, 30)
        last = 30 if end.day == 31 and first == 30 else end.day
        return (360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first) / 360
    if convention == "actual/actual":
        return _actual_actual(start, end)
    raise ValueError(f"unknown day-count convention {convention!r}: use actual/365, actual/actual or 30/360")


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the last day of that month when it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _actual_actual(start: date, end: date) -> float:
    """A day of a leap year is 1/366, of another year 1/365."""
    fraction = 0.0
    while start.year < end.year:
        next_year = date(start.year + 1, 1, 1)
        fraction += (next_year - start).days / _days_in(start.year)
        start = next_year
    return fraction + (end - start).days / _days_in(end.year)


def _days_in(year: int) -> int:
    return 366 if calendar.isleap(year) else 365
