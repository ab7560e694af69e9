"""The tables of a report, as DataFrames of numbers."""
