"""The config that all optimizers share; each file in ``ffnn_lab/optimizers`` adds to it."""

from dataclasses import dataclass

from ffnn_lab.config.fields import one_of, ranged


@dataclass(kw_only=True)
class OptimizerConfig:
    """Fields of every optimizer."""

    name: str
    lr: float = ranged("(0, inf)")
    """Step length per update."""
    weight_decay: float = ranged("[0, inf)", default=0.0)
    """Shrinkage of every parameter, weights and biases alike, as in torch.optim."""
    decay: str = one_of("coupled", "decoupled", default="coupled")
    """Coupled adds ``weight_decay * w`` to the gradient (L2); decoupled multiplies ``w`` by
    ``1 - lr * weight_decay`` before the step (Loshchilov and Hutter 2019)."""
