"""A small JSON-over-HTTP application server on the standard library.

Nothing is imported here: the health check imports this package every few seconds and has to start fast.
"""
