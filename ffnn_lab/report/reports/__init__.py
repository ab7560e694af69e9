"""The reports: of a sweep, of claims, of many sweeps, of the intervals themselves."""
