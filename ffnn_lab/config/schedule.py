"""What each schedule's YAML must say. The rules are in ``ffnn_lab/schedules/``."""

from dataclasses import dataclass

from ffnn_lab.config.fields import one_of, ranged


@dataclass(kw_only=True)
class ScheduleConfig:
    """What every schedule has: it multiplies ``optimizer.lr`` by a factor for each epoch."""

    name: str


@dataclass(kw_only=True)
class ConstantScheduleConfig(ScheduleConfig):
    """The learning rate stays as it is."""

    name: str = one_of("constant")


@dataclass(kw_only=True)
class FixedDecayConfig(ScheduleConfig):
    """Decay at a fixed frequency: multiply by ``delta`` every ``every_epochs`` epochs."""

    name: str = one_of("fixed_decay")
    delta: float = ranged("(0, 1]")
    every_epochs: int = ranged("[1, inf)")


@dataclass(kw_only=True)
class CosineConfig(ScheduleConfig):
    """Half a cosine from 1 down to ``final_fraction`` over ``trainer.max_epochs``."""

    name: str = one_of("cosine")
    final_fraction: float = ranged("[0, 1]")


@dataclass(kw_only=True)
class DevDecayConfig(ScheduleConfig):
    """Decay by the dev set: multiply by ``delta`` when no new best dev loss comes.

    Wilson et al. (2017) use a patience of 1.
    """

    name: str = one_of("dev_decay")
    delta: float = ranged("(0, 1]")
    patience: int = ranged("[1, inf)")
    """Epochs in a row without a new best after which to decay."""


SCHEDULES: dict[str, type[ScheduleConfig]] = {
    "constant": ConstantScheduleConfig,
    "fixed_decay": FixedDecayConfig,
    "cosine": CosineConfig,
    "dev_decay": DevDecayConfig,
}
