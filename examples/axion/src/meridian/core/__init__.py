"""What the services share: the arithmetic of loans, and the loan book."""
