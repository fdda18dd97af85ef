"""The portfolio report."""
