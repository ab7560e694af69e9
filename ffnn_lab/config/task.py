"""Config classes that tasks share; ``ffnn_lab/tasks/`` has their subclasses, one for each task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Union

from ffnn_lab.config.fields import ConfigError, one_of, ranged

LOSSES = ("cross_entropy", "squared", "logistic")
"""Losses of tasks: with the first, a network has an output for each class; with the others it has
a single output, the score."""


@dataclass(kw_only=True)
class TaskConfig:
    """Config with the fields of every task."""

    name: str

    keeps_test: ClassVar[bool] = False
    """True if all replicates share one test set, so that their results are conditional on it."""

    def redrawn(self, shift: int) -> Mapping[str, Any]:  # noqa: ARG002 - of those that draw
        """Return the values of the fields by which another replicate draws its examples, by name.

        Args:
            shift: Number that the replicate adds to every seed.
        """
        return {}

    def check_together(self) -> None:
        """Check that fields which depend on each other agree; each is in its range already.

        Raises:
            ConfigError: If they do not; the message names the fields, what was expected and what
                came.
        """

    @property
    def is_settled(self) -> bool:
        """Return False if the task is in a file whose ``sha256`` is not yet in the config."""
        return getattr(self, "sha256", "") is not None


@dataclass(kw_only=True)
class SplitTaskConfig(TaskConfig):
    """Config of a task whose train, dev and test splits are cut from one pool of examples.

    The split belongs to the task: it does not depend on a run's seed.
    """

    dev_fraction: float = ranged("(0, 1)", default=0.2)
    """Share of all examples that make the dev split, by which settings are tuned."""
    test_fraction: float = ranged("(0, 1)", default=0.2)
    """Share of all examples that make the test split, which is only reported."""
    split_seed: int = ranged("[0, 9e18]", default=0)
    """Seed that draws which examples go into train, dev and test."""

    def redrawn(self, shift: int) -> Mapping[str, Any]:
        """Return ``split_seed`` plus ``shift``, which draws another split.

        See `TaskConfig.redrawn`.
        """
        return {"split_seed": self.split_seed + shift}

    def check_together(self) -> None:
        """Check that dev and test leave examples to train on.

        Raises:
            ConfigError: If their fractions add up to 1 or more.
        """
        if self.dev_fraction + self.test_fraction >= 1:
            msg = (
                "task.dev_fraction and task.test_fraction must leave examples to train on, got "
                f"{self.dev_fraction} + {self.test_fraction}"
            )
            raise ConfigError(msg)


@dataclass(kw_only=True)
class CutTaskConfig(SplitTaskConfig):
    """Config of a task whose splits are cut from one pool, stratified by class, then scaled."""

    scaling: str = one_of("global", "per_feature", "none", default="global")
    """Scaling of the inputs, which subtracts the mean of the train split and divides by its
    standard deviation, both over all features (``global``) or for each feature (``per_feature``);
    ``none`` leaves inputs unscaled."""


@dataclass(kw_only=True)
class ImageTaskConfig(TaskConfig):
    """Config of a task of images that has an official test set, read from files in ``paths.data``.

    Train and dev are cut from the official training images; test has the official test images.
    """

    keeps_test: ClassVar[bool] = True

    dev_fraction: float = ranged("(0, 1)")
    """Share of the training images in use that makes the dev split, by which runs are tuned."""
    split_seed: int = ranged("[0, 9e18]")
    """Seed that draws the subsets, and the split into train and dev, both stratified by class."""
    scaling: str = one_of("global", "per_feature", "none")
    """Divide pixels by 255, then subtract the mean and divide by the standard deviation, both of
    the train split: one number for all pixels (global), one for each (per_feature), or neither of
    the two (none), which leaves pixels in [0, 1]."""
    subset: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - OmegaConf 2.3 reads no `| None`
    """Number of training images in use, train and dev together, in which every class keeps its
    share; null for all images."""
    test_subset: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Number of test images in use, in which every class keeps its share; null for all images."""
    test_seed: Union[int, None] = ranged("[0, 9e18]", neutral=None)  # noqa: UP007 - as above
    """Seed that draws the test images if ``test_subset`` is set; null for ``split_seed``."""
    augment: str = one_of("none", "flip", "flip_crop", neutral="none")
    """Augmentation of training images, drawn anew in each epoch: none, half of the images mirrored
    left to right (flip), or these mirrored and all moved by up to 4 pixels each way (flip_crop),
    where zeros, after scaling, come in from outside. Images are evaluated unchanged."""
    download: bool
    """True to download missing files from their official address."""

    def redrawn(self, shift: int) -> Mapping[str, Any]:
        """Return the seeds by which another replicate draws its training images.

        ``split_seed`` is shifted. The test images stay the same: if they are a subset, their seed
        is returned unshifted. See `TaskConfig.redrawn`.
        """
        seed = self.split_seed if self.test_seed is None else self.test_seed
        kept = {} if self.test_subset is None else {"test_seed": seed}
        return {"split_seed": self.split_seed + shift, **kept}


DRAWS_EXAMPLES = ("split_seed", "draw_seed")
"""Seeds, by the names of their fields, that draw a task's examples anew in each replicate."""
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
"""Fields of tasks that define the question: they choose the examples, or what is to be predicted.
A sweep neither tunes such a field nor compares arms that differ in it; it can repeat the
comparison under several of the field's values (``hydra.sweeper.across``). ``task.missing`` counts
as such a field if one of its values is ``drop``."""
