"""What can be wrong with a calendar, by how much of it is lost."""

from __future__ import annotations


class FeedRefused(Exception):
    """The whole body must not replace the last good one; the message says why."""


class BadEvent(Exception):
    """One event, or one series of events, cannot be used; the message says why."""
