"""The loan book as CSV, with the balances of today."""

import csv
import io
from typing import Sequence

from meridian.core.book import COLUMNS, Loan

EXPORTED = COLUMNS + ("payment", "balance")


def to_csv(book: Sequence[Loan]) -> str:
    """Return a line for each loan, in the order of the book."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(EXPORTED)
    writer.writerows([[getattr(loan, name) for name in EXPORTED] for loan in book])
    return out.getvalue()
