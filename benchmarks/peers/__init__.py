"""The runs of a sweep as people write them without the lab: a plain loop per run.

Hydra or Optuna starts the loops.
"""
