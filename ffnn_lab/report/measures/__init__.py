"""The tables of a report, as numbers."""
