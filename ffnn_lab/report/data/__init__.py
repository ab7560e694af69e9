"""The records of sweeps as DataFrames, their arms and their winners."""
