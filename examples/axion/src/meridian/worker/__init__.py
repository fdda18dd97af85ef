"""Jobs that revalue the loan book."""
