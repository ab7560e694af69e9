"""Activations: one file for each, with its value and its derivative.

Importing this package, or any activation's file, imports no torch.
"""

from ffnn_lab.activations.option import ACTIVATIONS, Activation

__all__ = ["ACTIVATIONS", "Activation"]
