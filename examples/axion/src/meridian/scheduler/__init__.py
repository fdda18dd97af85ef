"""The calendar of due payments."""
