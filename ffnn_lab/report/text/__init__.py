"""Texts of a report: formatted numbers, notes, and tables in Markdown, LaTeX or plain text."""
