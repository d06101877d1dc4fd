"""A realistic outage, replayed at a running engine as an Alertmanager would post it."""
