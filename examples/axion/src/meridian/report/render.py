"""Renders the portfolio report as HTML and as CSV."""

import csv
import io
from html import escape
from typing import Mapping

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Portfolio, {as_of}</title>
<style>
  body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; }}
  table {{ border-collapse: collapse; width: 100%; }}
  th, td {{ padding: .3rem .6rem; border-bottom: 1px solid #ddd; text-align: right; }}
  th:first-child, td:first-child {{ text-align: left; }}
  tfoot td {{ font-weight: 600; }}
</style>
<h1>Portfolio, {as_of}</h1>
<table>
  <thead><tr><th>Product</th><th>Loans</th><th>Balance</th><th>Rate</th><th>Accrued interest</th></tr></thead>
  <tbody>{products}</tbody>
  <tfoot>{total}</tfoot>
</table>
<h2>Arrears</h2>
<table>
  <thead><tr><th>Past due</th><th>Loans</th><th>Balance</th></tr></thead>
  <tbody>{arrears}</tbody>
</table>
</html>
"""


def to_html(summary: Mapping[str, object]) -> str:
    """Return the report as one HTML page without other files."""
    return PAGE.format(
        as_of=escape(summary["as_of"]),
        products="".join([_product_row(line) for line in summary["products"]]),
        total=_product_row(summary["total"]),
        arrears="".join([_row(line["name"], line["loans"], _money(line["balance"])) for line in summary["arrears"]]),
    )


def to_csv(summary: Mapping[str, object]) -> str:
    """Return a CSV line for each product and one for the total."""
    out = io.StringIO()
    lines = list(summary["products"]) + [summary["total"]]
    writer = csv.DictWriter(out, fieldnames=list(summary["total"]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def _product_row(line: Mapping[str, object]) -> str:
    rate = f"{line['rate'] * 100:.2f} %"
    return _row(line["name"], line["loans"], _money(line["balance"]), rate, _money(line["accrued_interest"]))


def _row(*cells: object) -> str:
    return "<tr>" + "".join([f"<td>{escape(str(cell))}</td>" for cell in cells]) + "</tr>"


def _money(amount: float) -> str:
    return f"R {amount:,.2f}"
