"""What each optimizer's YAML must say. The steps are in ``ffnn_lab/optimizers/``."""

from dataclasses import dataclass

from ffnn_lab.config.fields import one_of, ranged


@dataclass(kw_only=True)
class OptimizerConfig:
    """What every optimizer has."""

    name: str
    lr: float = ranged("(0, inf)")
    """Step length per update."""
    weight_decay: float = ranged("[0, inf)")
    """Shrinkage of every parameter, weights and biases alike, as in torch.optim."""
    decay: str = one_of("coupled", "decoupled")
    """Coupled adds ``weight_decay * w`` to the gradient (L2); decoupled multiplies ``w`` by
    ``1 - lr * weight_decay`` before the step (Loshchilov and Hutter 2019)."""


@dataclass(kw_only=True)
class SGDConfig(OptimizerConfig):
    """Gradient descent without momentum."""

    name: str = one_of("sgd")


@dataclass(kw_only=True)
class HeavyBallConfig(OptimizerConfig):
    """Gradient descent with heavy-ball momentum."""

    name: str = one_of("heavy_ball")
    momentum: float = ranged("[0, 1)")
    """Fraction of the velocity kept from one update to the next."""


@dataclass(kw_only=True)
class NesterovConfig(OptimizerConfig):
    """Gradient descent with Nesterov momentum."""

    name: str = one_of("nesterov")
    momentum: float = ranged("[0, 1)")
    """Fraction of the velocity kept from one update to the next."""


@dataclass(kw_only=True)
class AdaGradConfig(OptimizerConfig):
    """AdaGrad: steps scaled by the root of the summed squared gradients."""

    name: str = one_of("adagrad")
    eps: float = ranged("(0, inf)")
    """Added to the root in the denominator."""


@dataclass(kw_only=True)
class RMSPropConfig(OptimizerConfig):
    """RMSProp: steps scaled by the root of a running mean of squared gradients."""

    name: str = one_of("rmsprop")
    rho: float = ranged("[0, 1)")
    """Fraction of the running mean kept from one update to the next."""
    eps: float = ranged("(0, inf)")
    """Added to the root in the denominator."""


@dataclass(kw_only=True)
class AdamConfig(OptimizerConfig):
    """Adam; AdamW is Adam with decoupled decay."""

    name: str = one_of("adam", "adamw")
    beta1: float = ranged("[0, 1)")
    """Fraction of the running mean of gradients kept."""
    beta2: float = ranged("[0, 1)")
    """Fraction of the running mean of squared gradients kept."""
    eps: float = ranged("(0, inf)")
    """Added to the root in the denominator."""


OPTIMIZERS: dict[str, type[OptimizerConfig]] = {
    "sgd": SGDConfig,
    "heavy_ball": HeavyBallConfig,
    "nesterov": NesterovConfig,
    "adagrad": AdaGradConfig,
    "rmsprop": RMSPropConfig,
    "adam": AdamConfig,
    "adamw": AdamConfig,
}
