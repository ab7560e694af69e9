"""Pruners: which settings stop early, one file each.

Importing this package, or any pruner's file, imports no Optuna, pandas or torch.
"""

from ffnn_lab.pruners.option import PRUNERS, Pruner

__all__ = ["PRUNERS", "Pruner"]
