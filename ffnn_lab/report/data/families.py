"""The optimizers of each family, in the order of the registry, for claims that name optimizers."""

from ffnn_lab.optimizers import OPTIMIZERS

ADAPTIVE = tuple(name for name, each in OPTIMIZERS.items() if each.family == "adaptive")
"""Names of the optimizers that scale the step of each coordinate by itself, as the adaptive
methods of Wilson et al. (2017) do."""
PLAIN = tuple(name for name, each in OPTIMIZERS.items() if each.family == "plain")
"""Names of the optimizers that scale the steps of all coordinates alike, with which the adaptive
optimizers are compared."""
