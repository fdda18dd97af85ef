"""Metrics and exports of the loan book."""
