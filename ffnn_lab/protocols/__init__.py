"""Protocols, which propose the settings of a sweep; one file for each.

Importing this package, or any protocol's file, imports no Optuna, pandas or torch.
"""

from ffnn_lab.protocols.option import PROTOCOLS, Protocol, Search, Standing, Values

__all__ = ["PROTOCOLS", "Protocol", "Search", "Standing", "Values"]
