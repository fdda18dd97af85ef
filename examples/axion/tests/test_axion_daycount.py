"""The requirement package axion-daycount."""

import datetime as dt
import unittest

from axion_daycount import add_months, holidays, is_business_day, roll, year_fraction


class Conventions(unittest.TestCase):
    def test_a_leap_year_by_each_convention(self):
        start, end = dt.date(2024, 1, 1), dt.date(2025, 1, 1)
        self.assertAlmostEqual(year_fraction(start, end, "actual/365"), 366 / 365)
        self.assertEqual(year_fraction(start, end, "actual/actual"), 1.0)
        self.assertEqual(year_fraction(start, end, "30/360"), 1.0)

    def test_the_isda_example_across_two_years(self):
        fraction = year_fraction(dt.date(2003, 11, 1), dt.date(2004, 5, 1), "actual/actual")
        self.assertAlmostEqual(fraction, 61 / 365 + 121 / 366)

    def test_a_reversed_period_is_negative_and_an_unknown_convention_is_an_error(self):
        self.assertLess(year_fraction(dt.date(2025, 1, 1), dt.date(2024, 1, 1)), 0)
        with self.assertRaisesRegex(ValueError, "'actual/364'"):
            year_fraction(dt.date(2024, 1, 1), dt.date(2025, 1, 1), "actual/364")

    def test_added_months_keep_the_day_or_use_the_last_one(self):
        self.assertEqual(add_months(dt.date(2024, 1, 31), 1), dt.date(2024, 2, 29))
        self.assertEqual(add_months(dt.date(2024, 1, 15), -1), dt.date(2023, 12, 15))


class BusinessDays(unittest.TestCase):
    def test_easter_moves(self):
        for good_friday in (dt.date(2024, 3, 29), dt.date(2025, 4, 18), dt.date(2038, 4, 23), dt.date(1981, 4, 17)):
            self.assertIn(good_friday, holidays(good_friday.year))
            self.assertIn(good_friday + dt.timedelta(days=3), holidays(good_friday.year))

    def test_a_holiday_on_a_sunday_makes_monday_a_holiday(self):
        self.assertFalse(is_business_day(dt.date(2024, 6, 17)))
        self.assertTrue(is_business_day(dt.date(2025, 6, 17)))

    def test_rolling(self):
        saturday = dt.date(2025, 5, 31)
        self.assertEqual(roll(saturday), dt.date(2025, 6, 2))
        self.assertEqual(roll(saturday, "preceding"), dt.date(2025, 5, 30))
        self.assertEqual(roll(saturday, "modified-following"), dt.date(2025, 5, 30))
