"""What each task's YAML must say. The data are read in ``ffnn_lab/tasks/``."""

from dataclasses import dataclass
from typing import Union

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

    @property
    def is_settled(self) -> bool:
        """Whether the fields say all that can move a number."""
        return True


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


@dataclass(kw_only=True)
class ImageTaskConfig(TaskConfig):
    """Images that come with a test set of their own, read from files below ``paths.data``.

    Train and dev are cut from the official training images; test is the official one.
    """

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
    download: bool
    """Whether to fetch what is missing from its official address."""


@dataclass(kw_only=True)
class MnistConfig(ImageTaskConfig):
    """MNIST: 28 x 28 handwritten digits."""


@dataclass(kw_only=True)
class FashionMnistConfig(ImageTaskConfig):
    """Fashion-MNIST: 28 x 28 pictures of clothes."""


@dataclass(kw_only=True)
class Cifar10Config(ImageTaskConfig):
    """CIFAR-10: 32 x 32 color photographs, flattened."""


@dataclass(kw_only=True)
class TableConfig(CutTaskConfig):
    """The user's own table, in CSV or parquet: a row for each example."""

    path: Union[str, None]  # noqa: UP007 - as above
    """The file, as seen from where the command is given; a run's record has it in full."""
    target: Union[str, None]  # noqa: UP007 - as above
    """Name of the column to predict."""
    kind: str = one_of("auto", "classification", "regression")
    """What the target asks for. ``auto``: words, true or false, and at most ``max_classes``
    different whole numbers are classes; other numbers are regression: one output, squared loss,
    the target standardized by its mean and deviation in train."""
    exclude: list[str]
    """Columns to leave out."""
    categorical: list[str]
    """Columns of numbers (or of text that looks like numbers) that stand for categories."""
    missing: str = one_of("refuse", "impute", "mean", "drop")
    """What to do about missing values. ``refuse``: say where they are and stop. ``impute``: put
    the train split's mean in place of a number, and its most frequent value in place of a category
    or of true and false (the first of several). ``mean``: put the train split's mean in place of a
    number, and the share of true in place of true or false; where a category is missing, all its
    features are 0. ``drop``: leave those rows out."""
    scaling: str = one_of("per_feature", "none")
    """Subtract the train split's mean from each column of numbers and divide by its standard
    deviation, or not. Categories and true or false stay 0 and 1."""
    delimiter: str = one_of("auto", "comma", "semicolon", "tab")
    """Between the fields of a CSV file. ``auto``: a tab in a ``.tsv``, else a comma."""
    decimal: str = one_of("point", "comma", neutral="point")
    """Sign before the decimals of the numbers in a CSV file."""
    max_classes: int = ranged("[2, inf)")
    """Most classes that a target may have."""
    max_categories: int = ranged("[2, inf)")
    """Most different values that a column of categories may have."""
    sha256: Union[str, None]  # noqa: UP007 - as above
    """Of the file, which must be that one; null for whatever file is there, and a run's record
    has which it was."""

    reading: Union[str, None] = one_of("exact", neutral=None)  # noqa: UP007 - as above
    """``exact`` for a table that versions before this field read wrongly: classes or categories
    that differ were one (whole numbers beyond 2^53, and in CSV leading zeros: 0123 and 123), or a
    column that is the same in all of train was divided by its rounding. null for any other table,
    which is read alike either way. The lab sets it when it reads the table."""

    @property
    def is_settled(self) -> bool:
        """Whether the contents of the file are part of what is said."""
        return self.sha256 is not None


@dataclass(kw_only=True)
class SeparableConfig(TaskConfig):
    """The binary least-squares problem of Wilson et al. (2017), section 3.3."""

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


TASKS: dict[str, type[TaskConfig]] = {
    "digits": DigitsConfig,
    "mnist": MnistConfig,
    "fashion_mnist": FashionMnistConfig,
    "cifar10": Cifar10Config,
    "table": TableConfig,
    "separable": SeparableConfig,
}

CHOOSES_EXAMPLES = (
    "split_seed",
    "subset",
    "test_subset",
    "dev_fraction",
    "test_fraction",
    "n_dev",
    "n_test",
    "target",
    "kind",
)
"""Fields that choose the examples, or what is predicted of them. Runs that differ in one are
scored on different dev and test sets, so a sweep does not tune it. (``task.missing`` is such a
field where a value is ``drop``; the separable problem's ``n``, ``p`` and ``draw_seed`` are not.)
"""
