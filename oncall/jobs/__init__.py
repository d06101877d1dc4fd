"""The loop and the periodic jobs."""
