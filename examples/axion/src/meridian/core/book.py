"""The loan book: the CSV file of MERIDIAN_BOOK, or the sample in the package."""

import csv
import datetime as dt
from pathlib import Path
from typing import Mapping, Sequence

from meridian.core.amortisation import balance_after, instalment

SAMPLE = Path(__file__).with_name("book.csv")
COLUMNS = ("number", "product", "principal", "annual_rate", "months", "first_due", "paid", "as_of")


class BookError(ValueError):
    """The book is invalid. The message names the file, line and column."""


class Loan:
    """A loan, and the number of instalments `paid` by the day `as_of`."""

    __slots__ = COLUMNS + ("payment", "balance")

    def __init__(
        self,
        number: str,
        product: str,
        principal: float,
        annual_rate: float,
        months: int,
        first_due: dt.date,
        paid: int,
        as_of: dt.date,
    ) -> None:
        self.number = number
        self.product = product
        self.principal = principal
        self.annual_rate = annual_rate
        self.months = months
        self.first_due = first_due
        self.paid = paid
        self.as_of = as_of
        self.payment = instalment(principal, annual_rate, months)
        self.balance = balance_after(principal, annual_rate, months, paid)

    @property
    def remaining(self) -> int:
        """Return the number of unpaid instalments."""
        return self.months - self.paid

    def cash_flow(self) -> tuple:
        """Return the data for a valuation: balance, rate, instalment and remaining months."""
        return (self.balance, self.annual_rate, self.payment, self.remaining)


def read_book(env: Mapping[str, str]) -> Sequence[Loan]:
    """Read the loans from the file of MERIDIAN_BOOK. Raises BookError for an invalid file."""
    path = Path(env.get("MERIDIAN_BOOK") or SAMPLE)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise BookError(f"{path}: the column {missing[0]!r} is missing")
            loans = [parse_loan(record, f"{path}:{reader.line_num}") for record in reader]
    except OSError as error:
        raise BookError(f"{path}: {error.strerror}") from error
    if not loans:
        raise BookError(f"{path}: there is no loan in it")
    return loans


def book_date(book: Sequence[Loan]) -> dt.date:
    """Return the last day whose payments are in the book."""
    return max([loan.as_of for loan in book])


def parse_loan(record: Mapping[str, str], where: str) -> Loan:
    """Read a loan from a record of the file. Messages of BookError begin with `where`."""
    months = _number(record, "months", where, 1, 480, int)
    return Loan(
        number=record["number"],
        product=record["product"],
        principal=_number(record, "principal", where, 1.0, 1e9, float),
        annual_rate=_number(record, "annual_rate", where, 0.0, 1.0, float),
        months=months,
        first_due=_date(record, "first_due", where),
        paid=_number(record, "paid", where, 0, months, int),
        as_of=_date(record, "as_of", where),
    )


def _number(record: Mapping[str, str], column: str, where: str, low, high, kind):
    try:
        value = kind(record[column])
    except (TypeError, ValueError):
        value = None
    if value is None or not low <= value <= high:
        raise BookError(f"{where}: {column} must be a number between {low} and {high}, not {record[column]!r}")
    return value


def _date(record: Mapping[str, str], column: str, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(record[column])
    except (TypeError, ValueError) as error:
        raise BookError(f"{where}: {column} must be a date such as 2024-03-01, not {record[column]!r}") from error
