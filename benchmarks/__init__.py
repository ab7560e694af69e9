"""Benchmarks of the lab on the machine at hand; see each module."""
