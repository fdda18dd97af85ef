"""Collection dates of instalments: the due date, or the business day after it."""

import datetime as dt
from typing import Mapping, Sequence

from axion_daycount import add_months, roll
from meridian.core.book import Loan

Payment = Mapping[str, object]


def due_payments(book: Sequence[Loan], start: dt.date, days: int) -> Sequence[Payment]:
    """Return the payments of the `days` days from `start` on, in the order of date and loan."""
    end = start + dt.timedelta(days=days)
    payments = []
    for loan in book:
        for index in range(_first_index(loan, start), loan.months):
            due = add_months(loan.first_due, index)
            collected = roll(due, "modified-following")
            # Moving to a business day changes a date by a few days, within its month.
            if due >= end and collected >= end:
                break
            if start <= collected < end:
                payments.append(_payment(loan, index, due, collected))
    return sorted(payments, key=_order)


def to_calendar(payments: Sequence[Payment]) -> str:
    """Return an iCalendar file (RFC 5545) with an event for each day: the number of payments and their total."""
    days = {}
    for payment in payments:
        days.setdefault(payment["collected"], []).append(payment)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//meridian//scheduler//EN"]
    for day, items in sorted(days.items()):
        total = sum([payment["amount"] for payment in items])
        stamp = day.replace("-", "")
        lines += [
            "BEGIN:VEVENT",
            f"UID:{stamp}@meridian-scheduler",
            f"DTSTAMP:{stamp}T000000Z",
            f"DTSTART;VALUE=DATE:{stamp}",
            f"SUMMARY:{len(items)} payments\\, R {total:.2f}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join([line + "\r\n" for line in lines])


def _first_index(loan: Loan, start: dt.date) -> int:
    """Return the first unpaid instalment to check: a month before `start`, because dates move to business days."""
    months = (start.year - loan.first_due.year) * 12 + start.month - loan.first_due.month
    return max(loan.paid, months - 1, 0)


def _payment(loan: Loan, index: int, due: dt.date, collected: dt.date) -> Payment:
    return {
        "collected": collected.isoformat(),
        "due": due.isoformat(),
        "loan": loan.number,
        "instalment": index + 1,
        "amount": loan.payment,
    }


def _order(payment: Payment) -> tuple:
    return (payment["collected"], payment["loan"])
