"""The configs that initializers share; files in ``ffnn_lab/initializers`` add to them."""

from dataclasses import dataclass

from ffnn_lab.config.fields import ranged


@dataclass(kw_only=True)
class InitializerConfig:
    """Fields of every initializer, of weights or of biases."""

    name: str
    gain: float = ranged("[0, inf)", default=1.0)
    """Multiplies the scheme's own standard deviation (or constant)."""


@dataclass(kw_only=True)
class SchemeConfig(InitializerConfig):
    """A scheme that needs nothing but the layer's sizes."""
