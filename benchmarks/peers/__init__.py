"""The same runs as people write them today: one plain loop, started by Hydra or by Optuna."""
