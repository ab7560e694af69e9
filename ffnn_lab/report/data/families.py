"""The optimizers of each family, in the order of the registry, for claims about named methods."""

from ffnn_lab.optimizers import OPTIMIZERS

ADAPTIVE = tuple(name for name, each in OPTIMIZERS.items() if each.family == "adaptive")
"""Methods that scale each coordinate's step: those of Wilson et al. (2017)."""
PLAIN = tuple(name for name, each in OPTIMIZERS.items() if each.family == "plain")
"""Methods that scale all coordinates alike, with which the adaptive ones are compared."""
