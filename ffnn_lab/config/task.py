"""What each task's YAML must say. The data are read in ``ffnn_lab/tasks/``."""

from dataclasses import dataclass

from ffnn_lab.config.fields import ConfigError, one_of, ranged

LOSSES = ("cross_entropy", "squared", "logistic")
"""What a task may train on: the first has an output for each class, the others have one score."""


@dataclass(kw_only=True)
class TaskConfig:
    """What every task has."""

    name: str

    def check_together(self) -> None:
        """Check what several fields must agree on; each alone is in its range already.

        Raises:
            ConfigError: Naming the fields, what was expected and what came.
        """


@dataclass(kw_only=True)
class CutTaskConfig(TaskConfig):
    """A task whose three splits are cut from one pool of examples.

    The split belongs to the task: no run's seed moves it.
    """

    dev_fraction: float = ranged("(0, 1)")
    """Share of all examples kept for tuning."""
    test_fraction: float = ranged("(0, 1)")
    """Share of all examples kept for the final report."""
    split_seed: int = ranged("[0, 9e18]")
    """Draws the stratified split."""
    scaling: str = one_of("global", "per_feature", "none")
    """Subtract the mean and divide by the standard deviation, both of the train split: one
    number for all features (global), one for each (per_feature), or not at all (none)."""

    def check_together(self) -> None:
        """Check that dev and test leave examples to train on.

        Raises:
            ConfigError: If they do not.
        """
        if self.dev_fraction + self.test_fraction >= 1:
            msg = (
                "task.dev_fraction and task.test_fraction must leave examples to train on, got "
                f"{self.dev_fraction} + {self.test_fraction}"
            )
            raise ConfigError(msg)


@dataclass(kw_only=True)
class DigitsConfig(CutTaskConfig):
    """The 8 x 8 handwritten digits that scikit-learn brings along."""

    name: str = one_of("digits")


@dataclass(kw_only=True)
class SeparableConfig(TaskConfig):
    """The binary least-squares problem of Wilson et al. (2017), section 3.3."""

    name: str = one_of("separable")
    loss: str = one_of("squared", "logistic")
    """What is trained on: ``(score - y)^2``, or ``log(1 + exp(-y score))``."""
    n: int = ranged("[1, inf)")
    """Train examples."""
    p: float = ranged("(0, 1)")
    """Probability of the label +1."""
    n_dev: int = ranged("[1, inf)")
    """Fresh examples for tuning."""
    n_test: int = ranged("[1, inf)")
    """Fresh examples for the final report."""
    draw_seed: int = ranged("[0, 9e18]")
    """Draws the labels; no run's seed moves them."""


TASKS: dict[str, type[TaskConfig]] = {"digits": DigitsConfig, "separable": SeparableConfig}
