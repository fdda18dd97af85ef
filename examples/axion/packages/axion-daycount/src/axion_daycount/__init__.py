"""Day-count conventions and South African business days."""

from axion_daycount.business_days import holidays, is_business_day, roll
from axion_daycount.conventions import add_months, year_fraction

__all__ = ["add_months", "holidays", "is_business_day", "roll", "year_fraction"]
