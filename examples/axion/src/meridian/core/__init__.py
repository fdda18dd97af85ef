"""Code that all services share: loan calculations and the loan book."""
