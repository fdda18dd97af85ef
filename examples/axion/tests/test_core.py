"""Loan calculations, the loan book, and the values of a request."""

import datetime as dt
import tempfile
import unittest
from pathlib import Path

from axion_http.messages import HttpError
from meridian.core.amortisation import affordable, balance_after, instalment, schedule
from meridian.core.book import BookError, book_date, read_book
from meridian.core.query import date, integer, number
from meridian.core.valuation import DEFAULTS, present_value, rate_path, value_book


class Amortisation(unittest.TestCase):
    def test_the_instalment_is_that_of_the_textbook(self):
        self.assertEqual(instalment(100_000, 0.06, 360), 599.55)

    def test_a_loan_without_interest_is_divided_evenly(self):
        self.assertEqual(instalment(1200, 0.0, 12), 100.0)

    def test_a_schedule_repays_exactly_the_principal(self):
        rows = schedule(1_500_000, 0.1175, 240)
        self.assertEqual(len(rows), 240)
        self.assertEqual(rows[-1].balance, 0.0)
        self.assertAlmostEqual(sum(row.principal for row in rows), 1_500_000, places=2)

    def test_every_row_is_whole_cents_and_adds_up(self):
        before = 1_500_000.0
        for row in schedule(before, 0.1175, 240):
            self.assertEqual(row.payment, round(row.interest + row.principal, 2))
            self.assertAlmostEqual(row.balance, before - row.principal, places=2)
            before = row.balance

    def test_an_extra_payment_ends_the_loan_earlier(self):
        self.assertLess(len(schedule(1_500_000, 0.1175, 240, extra=2000)), 240)

    def test_the_balance_is_that_of_the_schedule(self):
        rows = schedule(900_000, 0.105, 300)
        self.assertEqual(balance_after(900_000, 0.105, 300, 0), 900_000)
        self.assertEqual(balance_after(900_000, 0.105, 300, 120), rows[119].balance)
        self.assertEqual(balance_after(900_000, 0.105, 300, 300), 0.0)

    def test_the_instalment_of_an_affordable_loan_is_the_given_payment(self):
        self.assertAlmostEqual(instalment(affordable(15_000, 0.1175, 240), 0.1175, 240), 15_000, delta=0.02)


class Valuation(unittest.TestCase):
    def test_a_loan_at_the_market_without_risk_is_worth_its_balance(self):
        calm = {**DEFAULTS, "spread": 0.0, "prepayment": 0.0, "default_rate": 0.0}
        value = present_value(100_000, 0.06, instalment(100_000, 0.06, 120), 120, [0.06] * 120, calm)
        self.assertAlmostEqual(value, 100_000, delta=1)

    def test_defaults_lower_the_value_and_recoveries_raise_it(self):
        def value(**changes):
            return present_value(100_000, 0.1, 1_321.51, 120, [0.08] * 120, {**DEFAULTS, **changes})

        self.assertLess(value(default_rate=0.05), value(default_rate=0.0))
        self.assertLess(value(default_rate=0.05, recovery=0.1), value(default_rate=0.05, recovery=0.9))

    def test_mirrored_paths_average_to_their_common_mean(self):
        first, second = rate_path(DEFAULTS, 120, 0), rate_path(DEFAULTS, 120, 1)
        calm = rate_path({**DEFAULTS, "volatility": 0.0}, 120, 0)
        self.assertNotEqual(first, second)
        for one, other, mean in zip(first, second, calm):
            self.assertAlmostEqual((one + other) / 2, mean, places=12)

    def test_the_same_valuation_has_the_same_result(self):
        flows = [loan.cash_flow() for loan in read_book({})]
        response = value_book(flows, 50)
        self.assertEqual(response, value_book(flows, 50))
        self.assertLess(response["low"], response["mean"])
        self.assertLess(response["mean"], response["high"])

    def test_higher_rates_make_the_book_worth_less(self):
        flows = [loan.cash_flow() for loan in read_book({})]
        higher = {**DEFAULTS, "short_rate": 0.1025, "mean_rate": 0.0975}
        self.assertLess(value_book(flows, 50, higher)["mean"], value_book(flows, 50)["mean"])


class Book(unittest.TestCase):
    def read(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "book.csv"
            path.write_text(text)
            return read_book({"MERIDIAN_BOOK": str(path)})

    def test_the_sample_book_is_valid(self):
        book = read_book({})
        self.assertEqual(len(book), 60)
        self.assertEqual(book_date(book), dt.date(2025, 1, 1))
        self.assertTrue(all(0 <= loan.balance <= loan.principal for loan in book))

    def test_a_wrong_value_names_file_line_and_column(self):
        header = "number,product,principal,annual_rate,months,first_due,paid,as_of\n"
        with self.assertRaisesRegex(BookError, r"book\.csv:3: annual_rate must be a number between 0.0 and 1.0, not '11.5'"):
            self.read(header + "A,fixed,1000,0.1,12,2024-01-01,0,2024-01-01\n" + "B,fixed,1000,11.5,12,2024-01-01,0,2024-01-01\n")

    def test_a_missing_column_a_missing_file_and_an_empty_book(self):
        with self.assertRaisesRegex(BookError, "the column 'number' is missing"):
            self.read("id,product\n")
        with self.assertRaisesRegex(BookError, "/nowhere.csv: No such file"):
            read_book({"MERIDIAN_BOOK": "/nowhere.csv"})
        with self.assertRaisesRegex(BookError, "there is no loan in it"):
            self.read("number,product,principal,annual_rate,months,first_due,paid,as_of\n")


class Query(unittest.TestCase):
    def refused(self, call, *arguments):
        with self.assertRaises(HttpError) as caught:
            call(*arguments)
        self.assertEqual(caught.exception.status, 400)
        return caught.exception.message

    def test_numbers(self):
        self.assertEqual(number({"rate": "0.1"}, "rate", 0, 1), 0.1)
        self.assertEqual(number({}, "rate", 0, 1, 0.5), 0.5)
        self.assertIn("rate is missing", self.refused(number, {}, "rate", 0.0, 1.0))
        for wrong in ("x", "nan", "inf", "-1", "2"):
            self.assertIn("rate must be a number between 0 and 1", self.refused(number, {"rate": wrong}, "rate", 0.0, 1.0))

    def test_whole_numbers_and_dates(self):
        self.assertEqual(integer({"months": "12"}, "months", 1, 480), 12)
        self.assertIn("whole number", self.refused(integer, {"months": "1.5"}, "months", 1, 480))
        self.assertEqual(date({"from": "2025-02-03"}, "from", dt.date.today()), dt.date(2025, 2, 3))
        self.assertIn("from must be a date", self.refused(date, {"from": "3 Feb"}, "from", dt.date.today()))
