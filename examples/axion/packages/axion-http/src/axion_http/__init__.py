"""A small HTTP server for JSON, on the standard library.

This file imports nothing, so that the health check starts fast: it imports this package every few seconds.
"""
