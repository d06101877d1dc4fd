"""From a body at the door to incidents: accepted, worked off in batches, placed."""
