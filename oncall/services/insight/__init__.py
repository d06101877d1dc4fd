"""What incidents add up to, and who is told."""
