"""The single address through which clients reach the other services."""
