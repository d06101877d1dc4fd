"""Drills and game days."""
