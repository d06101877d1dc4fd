"""From a planned page to the provider and back, and the messages that are kept up to date."""
