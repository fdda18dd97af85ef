"""Calculates the figures of the portfolio report."""

import datetime as dt
from typing import Mapping, Sequence

from axion_daycount import add_months, year_fraction
from meridian.core.book import Loan

#: Upper limits of the arrears buckets, in days past due.
BUCKETS = ((0, "current"), (30, "1-30 days"), (60, "31-60 days"), (90, "61-90 days"))


def summarise(book: Sequence[Loan], as_of: dt.date) -> Mapping[str, object]:
    """Return the totals, a line for each product, and the arrears buckets, at the end of `as_of`."""
    live = [loan for loan in book if loan.balance > 0]
    products = sorted({loan.product for loan in live})
    buckets = [label for _, label in BUCKETS] + ["over 90 days"]
    return {
        "as_of": as_of.isoformat(),
        "total": _line("all", live, as_of),
        "products": [_line(name, [loan for loan in live if loan.product == name], as_of) for name in products],
        "arrears": [_arrears(label, live, as_of) for label in buckets],
    }


def days_past_due(loan: Loan, as_of: dt.date) -> int:
    """Return the days since the oldest unpaid instalment was due; 0 without one."""
    oldest = add_months(loan.first_due, loan.paid)
    return max(0, (as_of - oldest).days) if loan.remaining > 0 else 0


def accrued_interest(loan: Loan, as_of: dt.date) -> float:
    """Return the interest since the due date of the last paid instalment, which is not charged yet."""
    since = add_months(loan.first_due, loan.paid - 1)
    years = max(0.0, year_fraction(since, as_of, "actual/365"))
    return loan.balance * loan.annual_rate * years


def bucket(days: int) -> str:
    """Return the arrears bucket of a loan that is `days` past due."""
    for limit, label in BUCKETS:
        if days <= limit:
            return label
    return "over 90 days"


def _line(name: str, loans: Sequence[Loan], as_of: dt.date) -> Mapping[str, object]:
    balance = sum([loan.balance for loan in loans])
    weighted = sum([loan.balance * loan.annual_rate for loan in loans])
    return {
        "name": name,
        "loans": len(loans),
        "balance": round(balance, 2),
        "rate": round(weighted / balance, 6) if balance else 0.0,
        "accrued_interest": round(sum([accrued_interest(loan, as_of) for loan in loans]), 2),
    }


def _arrears(label: str, loans: Sequence[Loan], as_of: dt.date) -> Mapping[str, object]:
    inside = [loan for loan in loans if bucket(days_past_due(loan, as_of)) == label]
    return {"name": label, "loans": len(inside), "balance": round(sum([loan.balance for loan in inside]), 2)}
