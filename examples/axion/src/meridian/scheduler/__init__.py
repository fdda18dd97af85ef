"""The calendar of payments that fall due."""
