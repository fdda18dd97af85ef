"""meridian-scheduler."""

import datetime as dt
import json
import unittest

from axion_http.messages import Request
from meridian.core.book import Loan
from meridian.scheduler.app import create_app
from meridian.scheduler.due import due_payments, to_calendar


def loan(number, first_due, months=24, paid=0):
    return Loan(number, "fixed", 24_000.0, 0.12, months, first_due, paid, dt.date(2025, 1, 1))


def collected(book, start, days):
    return [(payment["loan"], payment["collected"]) for payment in due_payments(book, start, days)]


class Due(unittest.TestCase):
    def test_a_payment_on_a_weekend_is_collected_on_monday(self):
        self.assertEqual(collected([loan("A", dt.date(2025, 2, 1))], dt.date(2025, 2, 1), 5), [("A", "2025-02-03")])

    def test_at_the_end_of_a_month_it_is_collected_before_the_weekend(self):
        book = [loan("A", dt.date(2025, 1, 31))]
        self.assertEqual(collected(book, dt.date(2025, 5, 30), 1), [("A", "2025-05-30")])
        self.assertEqual(collected(book, dt.date(2025, 5, 31), 3), [])

    def test_paid_instalments_and_ended_loans_are_omitted(self):
        book = [loan("A", dt.date(2025, 1, 1), paid=3), loan("B", dt.date(2023, 1, 1), months=12)]
        self.assertEqual(collected(book, dt.date(2025, 1, 1), 120), [("A", "2025-04-01")])

    def test_every_instalment_is_in_exactly_one_window(self):
        book = [loan("A", dt.date(2025, 1, 31)), loan("B", dt.date(2024, 12, 1))]
        whole = collected(book, dt.date(2025, 1, 1), 365)
        pieces = []
        for week in range(0, 365, 5):
            pieces += collected(book, dt.date(2025, 1, 1) + dt.timedelta(days=week), 5)
        self.assertEqual(sorted(pieces), sorted(whole))
        self.assertEqual(len(whole), 24)

    def test_the_calendar_has_an_event_for_each_day(self):
        text = to_calendar(due_payments([loan("A", dt.date(2025, 3, 3)), loan("B", dt.date(2025, 3, 3))], dt.date(2025, 3, 1), 7))
        self.assertEqual(text.count("BEGIN:VEVENT"), 1)
        self.assertIn("DTSTART;VALUE=DATE:20250303\r\n", text)
        self.assertIn("SUMMARY:2 payments\\, R 2259.52\r\n", text)


class Scheduler(unittest.TestCase):
    def test_the_book_s_own_month(self):
        response = json.loads(create_app({}).handle(Request("GET", "/due?days=31")).body)
        self.assertGreater(response["total"], 30)
        self.assertEqual([item["collected"] for item in response["items"]], sorted(item["collected"] for item in response["items"]))
        self.assertEqual(create_app({}).handle(Request("GET", "/due?days=0")).status, 400)
