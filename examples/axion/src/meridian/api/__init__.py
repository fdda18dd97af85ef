"""Loan quotes and amortisation schedules."""
