"""Running the engine: reload, watch, outage, readiness, history, what admins do."""
