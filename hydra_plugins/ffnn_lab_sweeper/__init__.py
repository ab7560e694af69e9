"""The package in which Hydra 1.3 finds the lab's plugins: it looks in this namespace only."""
