"""What stands around the grouper: its settings, answers, models, trials and where its past comes from."""
