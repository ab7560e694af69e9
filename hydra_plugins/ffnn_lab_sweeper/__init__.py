"""The thin door that Hydra 1.3 insists on: it takes plugins from this namespace only."""
