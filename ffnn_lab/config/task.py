"""Config classes that tasks share; each task's own fields stand in ``ffnn_lab/tasks/``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Union

from ffnn_lab.config.fields import ConfigError, one_of, ranged

LOSSES = ("cross_entropy", "squared", "logistic")
"""Losses of tasks: the first has an output for each class, the others have a single score."""


@dataclass(kw_only=True)
class TaskConfig:
    """Fields of every task."""

    name: str

    keeps_test: ClassVar[bool] = False
    """True if all replicates share one test set, so that their results are conditional on it."""

    def redrawn(self, shift: int) -> Mapping[str, Any]:  # noqa: ARG002 - of those that draw
        """Return the fields, with their values, by which another replicate draws its examples.

        Args:
            shift: What the replicate adds to every seed.
        """
        return {}

    def check_together(self) -> None:
        """Check what several fields must agree on; each alone is in its range already.

        Raises:
            ConfigError: Naming the fields, what was expected and what came.
        """

    @property
    def is_settled(self) -> bool:
        """Return False if there is a field ``sha256`` that is null: the file may still change."""
        return getattr(self, "sha256", "") is not None


@dataclass(kw_only=True)
class SplitTaskConfig(TaskConfig):
    """A task whose three splits are cut from one pool.

    The split belongs to the task: no run's seed moves it.
    """

    dev_fraction: float = ranged("(0, 1)", default=0.2)
    """Share of all examples kept for tuning."""
    test_fraction: float = ranged("(0, 1)", default=0.2)
    """Share of all examples kept for the final report."""
    split_seed: int = ranged("[0, 9e18]", default=0)
    """Draws the split."""

    def redrawn(self, shift: int) -> Mapping[str, Any]:
        """Return the seed of another split; see `TaskConfig.redrawn`."""
        return {"split_seed": self.split_seed + shift}

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
class CutTaskConfig(SplitTaskConfig):
    """A task whose splits are cut from one pool of examples, stratified, and then scaled."""

    scaling: str = one_of("global", "per_feature", "none", default="global")
    """Subtract the mean and divide by the standard deviation, both of the train split: one
    number for all features (global), one for each (per_feature), or not at all (none)."""


@dataclass(kw_only=True)
class ImageTaskConfig(TaskConfig):
    """Images that come with a test set of their own, read from files below ``paths.data``.

    Train and dev are cut from the official training images; test is the official one.
    """

    keeps_test: ClassVar[bool] = True

    dev_fraction: float = ranged("(0, 1)")
    """Share of the training images used that is kept for tuning."""
    split_seed: int = ranged("[0, 9e18]")
    """Draws the stratified split, and the subsets."""
    scaling: str = one_of("global", "per_feature", "none")
    """As of other tasks; before it, pixels lie in [0, 1]."""
    subset: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - OmegaConf 2.3 reads no `| None`
    """How many training images are used, train and dev together, a share of each class; null
    for all."""
    test_subset: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """How many test images are used, a share of each class; null for all."""
    test_seed: Union[int, None] = ranged("[0, 9e18]", neutral=None)  # noqa: UP007 - as above
    """Draws the test images where there are fewer than all; null for ``split_seed``."""
    augment: str = one_of("none", "flip", "flip_crop", neutral="none")
    """How training images are shown, drawn anew in each epoch: as they are (none), half of them
    mirrored left to right (flip), or that and moved by up to 4 pixels each way (flip_crop), where
    zeros, after scaling, come in from outside. Evaluation sees images as they are."""
    download: bool
    """Whether to fetch what is missing from its official address."""

    def redrawn(self, shift: int) -> Mapping[str, Any]:
        """Return the seed of another cut and subset of the training images.

        The test images stay: see `TaskConfig.redrawn`.
        """
        seed = self.split_seed if self.test_seed is None else self.test_seed
        kept = {} if self.test_subset is None else {"test_seed": seed}
        return {"split_seed": self.split_seed + shift, **kept}


DRAWS_EXAMPLES = ("split_seed", "draw_seed")
"""Fields that draw the examples of one question: each replicate has its own."""
CHOOSES_EXAMPLES = (
    *DRAWS_EXAMPLES,
    "n",
    "p",
    "subset",
    "test_subset",
    "test_seed",
    "dev_fraction",
    "test_fraction",
    "n_dev",
    "n_test",
    "target",
    "label",
    "stretch",
    "kind",
)
"""Fields that define the question: they choose the examples, or what is predicted of them. A sweep
neither tunes one nor compares arms that differ in it; it repeats the comparison under its values
(``hydra.sweeper.across``). (``task.missing`` is such a field where a value is ``drop``.)"""
