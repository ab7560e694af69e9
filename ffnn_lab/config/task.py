"""What each task's YAML must say. The data are read in ``ffnn_lab/tasks/``."""

from dataclasses import dataclass

from ffnn_lab.config.fields import one_of, ranged


@dataclass(kw_only=True)
class TaskConfig:
    """What every task has. The split belongs to the task: no run's seed moves it."""

    name: str
    dev_fraction: float = ranged("(0, 1)")
    """Share of all examples kept for tuning."""
    test_fraction: float = ranged("(0, 1)")
    """Share of all examples kept for the final report."""
    split_seed: int = ranged("[0, 9e18]")
    """Draws the stratified split."""
    scaling: str = one_of("global", "per_feature", "none")
    """Subtract the mean and divide by the standard deviation, both of the train split: one
    number for all features (global), one for each (per_feature), or not at all (none)."""


@dataclass(kw_only=True)
class DigitsConfig(TaskConfig):
    """The 8 x 8 handwritten digits that scikit-learn brings along."""

    name: str = one_of("digits")


TASKS: dict[str, type[TaskConfig]] = {"digits": DigitsConfig}
