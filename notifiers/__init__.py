"""Carrying a page to a person: one file per channel, and the rules all channels share."""
