"""Texts of a report: cells of tables, notes, and rendered tables."""
