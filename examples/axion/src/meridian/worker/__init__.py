"""Revaluation of the loan book, as jobs."""
