"""The words around the tables of a report."""
