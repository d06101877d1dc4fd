"""Slack: commands, clicks and user groups."""
