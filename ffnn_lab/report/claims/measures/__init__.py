"""Measures of claims in the records of a sweep; their code is part of each claim's hash."""
