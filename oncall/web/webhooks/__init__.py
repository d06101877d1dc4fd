"""The doors providers come through. Each verifies before it reads, and nothing that is posted makes it fail."""
