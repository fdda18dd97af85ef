"""Calculations for an annuity loan: equal monthly instalments, interest on the remaining balance.

Amounts are in rand, rates are yearly fractions (0.1175 is 11.75 %). The amounts of a schedule are whole cents. The
last instalment contains the rounding difference.
"""

from collections import namedtuple
from typing import Sequence

#: One month of a schedule. `balance` is the balance after the payment.
Row = namedtuple("Row", "month payment interest principal balance")


def instalment(principal: float, annual_rate: float, months: int) -> float:
    """Return the monthly payment that repays `principal` in `months`, in whole cents."""
    rate: float = annual_rate / 12.0
    if rate == 0.0:
        return round(principal / months, 2)
    return round(principal * rate / (1.0 - (1.0 + rate) ** -months), 2)


def affordable(payment: float, annual_rate: float, months: int) -> float:
    """Return the principal that a monthly `payment` repays in `months`, rounded down to whole rand."""
    rate: float = annual_rate / 12.0
    if rate == 0.0:
        return float(int(payment * months))
    return float(int(payment * (1.0 - (1.0 + rate) ** -months) / rate))


def schedule(principal: float, annual_rate: float, months: int, extra: float = 0.0) -> Sequence[Row]:
    """Return all months of the loan. `extra` is paid with each instalment, and ends the loan earlier."""
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
    """Return the balance after `paid` instalments in whole cents, without calculating the schedule."""
    rate: float = annual_rate / 12.0
    payment: float = instalment(principal, annual_rate, months)
    balance: float = principal
    if paid >= months:
        return 0.0
    for _ in range(paid):
        balance = balance + round(balance * rate, 2) - payment
    return round(balance, 2)
