"""The config class that all optimizers share; ``ffnn_lab/optimizers`` has its subclasses."""

from dataclasses import dataclass

from ffnn_lab.config.fields import one_of, ranged


@dataclass(kw_only=True)
class OptimizerConfig:
    """Config with the fields of every optimizer."""

    name: str
    lr: float = ranged("(0, inf)")
    """Learning rate, which the schedule multiplies by a factor in each epoch."""
    weight_decay: float = ranged("[0, inf)", default=0.0)
    """Coefficient of weight decay, for weights and biases alike, as in ``torch.optim``."""
    decay: str = one_of("coupled", "decoupled", default="coupled")
    """Form of weight decay, which adds ``weight_decay * w`` to the gradient (``coupled``, as an L2
    penalty does) or multiplies ``w`` by ``1 - lr * weight_decay`` before the step (``decoupled``,
    Loshchilov and Hutter 2019)."""
