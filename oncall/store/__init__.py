"""Rows to values and back; the only package with SQL."""
