"""One address in front of the other services."""
