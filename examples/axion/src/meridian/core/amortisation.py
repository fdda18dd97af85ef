"""The arithmetic of an annuity loan: equal monthly instalments, interest on the balance that is left.

Amounts are in rand, rates are yearly fractions (0.1175 is 11.75 %). A schedule's amounts are whole cents, as they are
charged; the last instalment takes up what rounding left.
"""

from collections import namedtuple
from typing import Sequence

#: One month of a schedule; `balance` is what is left after the payment.
Row = namedtuple("Row", "month payment interest principal balance")


def instalment(principal: float, annual_rate: float, months: int) -> float:
    """The monthly payment that repays `principal` in `months`, in whole cents."""
    rate: float = annual_rate / 12.0
    if rate == 0.0:
        return round(principal / months, 2)
    return round(principal * rate / (1.0 - (1.0 + rate) ** -months), 2)


def affordable(payment: float, annual_rate: float, months: int) -> float:
    """The principal that a monthly `payment` repays in `months`, rounded down to whole rand."""
    rate: float = annual_rate / 12.0
    if rate == 0.0:
        return float(int(payment * months))
    return float(int(payment * (1.0 - (1.0 + rate) ** -months) / rate))


def schedule(principal: float, annual_rate: float, months: int, extra: float = 0.0) -> Sequence[Row]:
    """Every month of the loan; `extra` is paid on top of each instalment and ends the loan earlier."""
    rate: float = annual_rate / 12.0
    payment: float = instalment(principal, annual_rate, months) + extra
    balance: float = principal
    rows = []
    month = 0
    while balance > 0.0:
        month += 1
        interest: float = round(balance * rate, 2)
        due: float = payment
        if month == months or due > balance + interest:
            due = round(balance + interest, 2)
        balance = round(balance + interest - due, 2)
        rows.append(Row(month, due, interest, round(due - interest, 2), balance))
    return rows


def balance_after(principal: float, annual_rate: float, months: int, paid: int) -> float:
    """What is owed after `paid` instalments, in whole cents: the schedule's balance without the schedule."""
    rate: float = annual_rate / 12.0
    payment: float = instalment(principal, annual_rate, months)
    balance: float = principal
    if paid >= months:
        return 0.0
    for _ in range(paid):
        balance = balance + round(balance * rate, 2) - payment
    return round(balance, 2)
