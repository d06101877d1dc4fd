"""What is kept of an incident beside its alerts: roles, files, deploys, the review and what came of it."""
