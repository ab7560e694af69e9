"""Pruners, which stop the training of settings early; one file for each.

Importing this package, or any pruner's file, imports no Optuna, pandas or torch.
"""

from ffnn_lab.pruners.option import PRUNERS, Pruner

__all__ = ["PRUNERS", "Pruner"]
