"""The records of sweeps as DataFrames, and the arms and their best settings."""
