"""Where calendar text comes from: one file per source."""
