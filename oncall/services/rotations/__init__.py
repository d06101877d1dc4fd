"""Rotations: calendars read into segments, who is on call, how a schedule stands, and what people change."""
