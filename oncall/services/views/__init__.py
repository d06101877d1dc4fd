"""What people look at, as values: one module for each view."""
