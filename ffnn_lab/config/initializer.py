"""The config classes that initializers share; ``ffnn_lab/initializers`` has their subclasses."""

from dataclasses import dataclass

from ffnn_lab.config.fields import ranged


@dataclass(kw_only=True)
class InitializerConfig:
    """Config with the fields of every initializer, be it of weights or of biases."""

    name: str
    gain: float = ranged("[0, inf)", default=1.0)
    """Factor by which the standard deviation (or the constant) of the scheme is multiplied."""


@dataclass(kw_only=True)
class SchemeConfig(InitializerConfig):
    """Config of an initializer whose scale follows from the layer's sizes and the gain alone."""
