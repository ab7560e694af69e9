"""Benchmarks of the lab's speed and memory on the machine at hand; each module has its own."""
