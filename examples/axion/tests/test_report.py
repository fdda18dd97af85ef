"""meridian-report."""

import csv
import datetime as dt
import io
import json
import unittest

from axion_http.messages import Request
from meridian.core.book import Loan
from meridian.report.app import create_app
from meridian.report.render import to_html
from meridian.report.summary import accrued_interest, bucket, days_past_due, summarise


def loan(**changes):
    terms = {
        "number": "A", "product": "fixed", "principal": 120_000.0, "annual_rate": 0.12, "months": 120,
        "first_due": dt.date(2024, 1, 1), "paid": 12, "as_of": dt.date(2025, 1, 1),
    }  # fmt: skip
    return Loan(**{**terms, **changes})


class Summary(unittest.TestCase):
    def test_days_past_due_count_from_the_oldest_unpaid_instalment(self):
        self.assertEqual(days_past_due(loan(), dt.date(2025, 1, 1)), 0)
        self.assertEqual(days_past_due(loan(paid=10), dt.date(2025, 1, 1)), 61)
        self.assertEqual(days_past_due(loan(paid=120), dt.date(2040, 1, 1)), 0)

    def test_buckets_have_no_gap(self):
        labels = [bucket(days) for days in (0, 1, 30, 31, 60, 61, 90, 91)]
        first, second, third = ["1-30 days"] * 2, ["31-60 days"] * 2, ["61-90 days"] * 2
        self.assertEqual(labels, ["current", *first, *second, *third, "over 90 days"])

    def test_interest_accrues_from_the_last_paid_due_date(self):
        one = loan(paid=12)
        self.assertAlmostEqual(accrued_interest(one, dt.date(2024, 12, 31)), one.balance * 0.12 * 30 / 365)

    def test_products_add_up_to_the_total(self):
        book = [loan(), loan(product="variable", annual_rate=0.10), loan(paid=120)]
        summary = summarise(book, dt.date(2025, 1, 1))
        self.assertEqual(summary["total"]["loans"], 2)
        self.assertAlmostEqual(sum(line["balance"] for line in summary["products"]), summary["total"]["balance"], places=2)
        self.assertTrue(0.10 < summary["total"]["rate"] < 0.12)
        self.assertEqual(sum(line["loans"] for line in summary["arrears"]), 2)

    def test_a_page_shows_names_as_text(self):
        page = to_html(summarise([loan(product="<b>fixed</b>")], dt.date(2025, 1, 1)))
        self.assertIn("&lt;b&gt;fixed&lt;/b&gt;", page)


class Report(unittest.TestCase):
    def ask(self, target):
        return create_app({}).handle(Request("GET", target))

    def test_all_formats_have_the_same_figures(self):
        summary = json.loads(self.ask("/report?format=json").body)
        self.assertEqual(summary["as_of"], "2025-01-01")
        rows = list(csv.DictReader(io.StringIO(self.ask("/report?format=csv").body.decode())))
        self.assertEqual(float(rows[-1]["balance"]), summary["total"]["balance"])
        page = self.ask("/report")
        self.assertEqual(page.content_type, "text/html; charset=utf-8")
        self.assertIn(f"R {summary['total']['balance']:,.2f}", page.body.decode())

    def test_unknown_formats_and_dates_are_rejected(self):
        self.assertEqual(self.ask("/report?format=pdf").status, 400)
        self.assertEqual(self.ask("/report?as_of=today").status, 400)
