"""Optimizers: one file for each, with a function that steps all members of a population.

Importing this package, or any optimizer's file, imports no torch.
"""

from ffnn_lab.optimizers.option import OPTIMIZERS, Optimizer, State
from ffnn_lab.optimizers.update import decay_

__all__ = ["OPTIMIZERS", "Optimizer", "State", "decay_"]
