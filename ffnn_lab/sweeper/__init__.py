"""Sweeps: what to try, in which order, on which seeds; scored, confirmed and recorded."""
