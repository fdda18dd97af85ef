"""South African business days: the Public Holidays Act 36 of 1994."""

from datetime import date, timedelta
from functools import lru_cache

FIXED = ((1, 1), (3, 21), (4, 27), (5, 1), (6, 16), (8, 9), (9, 24), (12, 16), (12, 25), (12, 26))


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """Return the public holidays of `year`. After one on a Sunday, the Monday is a holiday, too."""
    fixed = [date(year, month, day) for month, day in FIXED]
    observed = [day + timedelta(days=1) for day in fixed if day.weekday() == 6]
    easter = _easter_sunday(year)
    good_friday, family_day = easter - timedelta(days=2), easter + timedelta(days=1)
    return frozenset([*fixed, *observed, good_friday, family_day])


def is_business_day(day: date) -> bool:
    """Return whether banks settle payments on `day`."""
    return day.weekday() < 5 and day not in holidays(day.year)


def roll(day: date, convention: str = "following") -> date:
    """Return `day`, or the nearest business day by `following`, `preceding` or `modified-following`."""
    if convention == "modified-following":
        following = roll(day, "following")
        return following if following.month == day.month else roll(day, "preceding")
    if convention not in ("following", "preceding"):
        raise ValueError(f"unknown roll convention {convention!r}: use following, preceding or modified-following")
    step = timedelta(days=1 if convention == "following" else -1)
    while not is_business_day(day):
        day += step
    return day


def _easter_sunday(year: int) -> date:
    """Return Easter Sunday by Gauss's rule for the Gregorian calendar, with its two exceptions."""
    golden, century = year % 19, year // 100
    lunar = (15 + century - century // 4 - (13 + 8 * century) // 25) % 30
    moon = (19 * golden + lunar) % 30
    if moon == 29 or (moon == 28 and golden > 10):
        moon -= 1
    # `moon` days after 21 March is the paschal full moon; Easter is the Sunday after it.
    full_moon = date(year, 3, 21) + timedelta(days=moon)
    return full_moon + timedelta(days=6 - full_moon.weekday() or 7)
