"""What each initializer's YAML must say. The draws are in ``ffnn_lab/initializers/``."""

from dataclasses import dataclass

from ffnn_lab.config.fields import one_of, ranged


@dataclass(kw_only=True)
class InitializerConfig:
    """What every initializer has, of weights or of biases."""

    name: str
    gain: float = ranged("[0, inf)")
    """Multiplies the scheme's own standard deviation (or constant)."""


@dataclass(kw_only=True)
class SchemeConfig(InitializerConfig):
    """A scheme that needs nothing but the layer's sizes."""

    name: str = one_of(
        "zeros",
        "lecun_uniform",
        "lecun_normal",
        "glorot_uniform",
        "glorot_normal",
        "he_uniform",
        "he_normal",
        "orthogonal",
        "torch",
    )


@dataclass(kw_only=True)
class ConstantConfig(InitializerConfig):
    """Every entry the same."""

    name: str = one_of("constant")
    value: float = ranged("(-inf, inf)")


@dataclass(kw_only=True)
class UniformConfig(InitializerConfig):
    """Uniform on ``[-limit, limit]``, whatever the layer's size."""

    name: str = one_of("uniform")
    limit: float = ranged("[0, inf)")


@dataclass(kw_only=True)
class NormalConfig(InitializerConfig):
    """Normal with mean 0 and standard deviation ``std``, whatever the layer's size."""

    name: str = one_of("normal")
    std: float = ranged("[0, inf)")


INITIALIZERS: dict[str, type[InitializerConfig]] = {
    "zeros": SchemeConfig,
    "constant": ConstantConfig,
    "uniform": UniformConfig,
    "normal": NormalConfig,
    "lecun_uniform": SchemeConfig,
    "lecun_normal": SchemeConfig,
    "glorot_uniform": SchemeConfig,
    "glorot_normal": SchemeConfig,
    "he_uniform": SchemeConfig,
    "he_normal": SchemeConfig,
    "orthogonal": SchemeConfig,
    "torch": SchemeConfig,
}

BIAS_INITIALIZERS: dict[str, type[InitializerConfig]] = {
    name: INITIALIZERS[name] for name in ("zeros", "constant", "uniform", "normal", "torch")
}
"""The schemes that make sense for a vector: a bias has no fan-out and cannot be orthogonal."""
