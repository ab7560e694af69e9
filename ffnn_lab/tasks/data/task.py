"""The task class, and functions that split and scale examples."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError, UserError
from ffnn_lab.config.task import CutTaskConfig
from ffnn_lab.records import SPLITS
from ffnn_lab.seeds import stream


class DataError(UserError):
    """Raised if data are missing, damaged or other than expected; the message says which."""


@dataclass(frozen=True)
class Interface:
    """The shapes of one example's inputs, outputs and labels, on which a network depends."""

    inputs: tuple[int, ...]
    """The shape of an example's inputs."""
    n_outputs: int
    """Number of outputs for each label: one logit for each class, or 1 for a score."""
    labels: tuple[int, ...] = ()
    """The shape of an example's labels: ``()`` for a single label, ``(T,)`` for a label at each of
    ``T`` letters."""
    n_words: int = 0
    """Size of the vocabulary if inputs are indices of words or letters; 0 for quantities."""


@dataclass(frozen=True)
class Split:
    """The examples of one split: train, dev or test."""

    inputs: NDArray[np.float32] | NDArray[np.float64] | NDArray[np.int64]
    """Features of each example, ``(N, n_features)``. Floats are quantities, which the trainer
    converts to the run's dtype; integers are indices of words or letters, each in
    ``[0, n_words)``."""
    labels: NDArray[np.int64] | NDArray[np.float64]
    """Label of each example, ``(N,)``: a class in ``[0, n_classes)``; or, for networks with a
    single output, -1 or +1, or a real number. ``(N, n_features)`` if each letter has a class."""


@dataclass(frozen=True)
class Task:
    """A task: data, split, loss and metric together."""

    name: str
    n_classes: int
    """Number of classes: 2 if labels are -1 and +1, 0 if labels are real numbers."""
    train: Split
    dev: Split
    test: Split
    loss: str = "cross_entropy"
    """Training loss: ``cross_entropy``; for a single output ``squared`` or ``logistic``; see
    ``ffnn_lab.losses``."""
    solutions: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """Known solutions of the task, by the names of ``records.SOLUTIONS``: the weights of a linear
    network, ``(n_features,)``."""
    shape: tuple[int, ...] = ()
    """Shape of one example, such as channels, rows and columns of an image; ``()`` if flat."""
    n_words: int = 0
    """Size of the vocabulary if inputs are indices of words or letters; 0 for quantities."""
    augment: str = "none"
    """Augmentation of training images: ``none``, ``flip`` or ``flip_crop``; see
    ``config.task.ImageTaskConfig``."""
    note: str = ""
    """Remark for the user on how the data were read; empty if there is none."""
    label_mean: float = 0.0
    label_deviation: float = 1.0
    """Mean and standard deviation by which real labels were standardized: a label, or a score,
    times the deviation plus the mean is in the target's own unit."""

    def __post_init__(self) -> None:
        """Check that the labels fit the loss and the number of classes.

        Raises:
            ValueError: If they do not; the message names the task and the labels that it needs.
        """
        for name in SPLITS:
            labels = self.split(name).labels
            if self.loss == "cross_entropy":
                expected = f"classes from 0 to {self.n_classes - 1}"
                is_right = labels.dtype == np.int64 and self.n_classes > 1
                is_right = is_right and bool(((labels >= 0) & (labels < self.n_classes)).all())
            elif self.n_classes == 2:  # noqa: PLR2004 - two signs
                expected = "-1. or +1."
                is_right = labels.dtype == np.float64 and set(np.unique(labels)) <= {-1.0, 1.0}
            else:
                expected = "finite numbers, under the squared loss"
                is_right = labels.dtype == np.float64 and bool(np.isfinite(labels).all())
                is_right = is_right and (self.n_classes, self.loss) == (0, "squared")
            if not is_right:
                msg = (
                    f"the {name} labels of task {self.name} must be {expected}; got "
                    f"{labels.dtype} with loss={self.loss}, n_classes={self.n_classes}"
                )
                raise ValueError(msg)

    @property
    def summary(self) -> str:
        """Return one line for the user: numbers of features and classes, and sizes of splits."""
        sizes = ", ".join(f"{name} {len(self.split(name).labels)}" for name in SPLITS)
        note = f" ({self.note})" if self.note else ""
        target = f"{self.n_classes} classes" if self.n_classes else "a number to predict"
        features = f"{self.n_features} features"
        if self.n_words:
            features = f"{self.n_features} places, each for one of {self.n_words} words or letters"
        return f"task {self.name}: {features}, {target}; {sizes}{note}"

    @property
    def interface(self) -> Interface:
        """Return the shapes that the inputs and outputs of a network on this task must have."""
        inputs = self.shape or tuple(self.train.inputs.shape[1:])
        labels = tuple(self.train.labels.shape[1:])
        return Interface(inputs, self.n_outputs, labels, self.n_words)

    @property
    def n_features(self) -> int:
        """Return the number of features of an example."""
        return int(self.train.inputs.shape[1])

    @property
    def n_outputs(self) -> int:
        """Return the number of outputs of a network: one for each class, or 1 for a score."""
        return self.n_classes if self.loss == "cross_entropy" else 1

    @property
    def error(self) -> str:
        """Return the kind of error: ``class``, ``sign``, ``variance`` or ``bits``.

        ``class`` and ``sign`` are rates of wrong answers in [0, 1]. ``variance`` is the mean
        squared residual over the variance of the train labels, without unit or upper limit: 0 is
        perfect, 1 as good as always answering their mean. On train it is ``1 - R^2``; on other
        splits, too, except that mean and variance are those of train. ``bits``, for texts with a
        label at each letter, is the loss per letter in bits, the usual measure of language models.
        """
        if self.loss == "cross_entropy" and self.train.labels.ndim > 1:
            return "bits"
        if self.loss == "cross_entropy":
            return "class"
        return "sign" if self.n_classes else "variance"

    @property
    def error_unit(self) -> float:
        """Return the number by which errors are divided.

        This is the variance of the train labels if labels are real numbers and vary, else 1.
        """
        variance = float(np.var(self.train.labels)) if self.error == "variance" else 1.0
        return variance or 1.0

    @property
    def rmse_unit(self) -> float | None:
        """Return the factor from the square root of an error to the RMSE in the target's own unit.

        The factor is None if labels are classes.
        """
        if self.error != "variance":
            return None
        return math.sqrt(self.error_unit) * self.label_deviation

    @property
    def chance_error(self) -> float:
        """Return the error on the train split of a constant answer, which ignores the input.

        The answer is the most frequent class, the mean of real-valued labels, or the frequencies
        of letters (in bits, their entropy). It is 1 for real-valued labels, less for classes.
        """
        if self.error == "variance":
            return 1.0
        _, counts = np.unique(self.train.labels, return_counts=True)
        if self.error == "bits":
            shares = counts / self.train.labels.size
            return float(-(shares * np.log2(shares)).sum())
        return 1 - float(counts.max()) / self.train.labels.size

    def split(self, name: str) -> Split:
        """Return the split of that name (``train``, ``dev`` or ``test``)."""
        splits = {"train": self.train, "dev": self.dev, "test": self.test}
        return splits[name]


def stratified_split(
    labels: NDArray[np.int64],
    *,
    shares: Mapping[str, float],
    split_seed: int,
    class_names: Sequence[str] | None = None,
) -> dict[str, NDArray[np.int64]]:
    """Divide examples into splits at random so that each split gets its share of every class.

    Within a class, the number of examples of each split is rounded to the nearest integer; train
    gets the rest.

    Args:
        labels: The class of each example, ``(N,)``.
        shares: By the name of each split other than train, its share of each class, in (0, 1).
        split_seed: The task's own seed; the split does not depend on a run's seed.
        class_names: Names of the classes, for messages; None to write their numbers.

    Returns:
        The sorted indices of the examples of each split, by name.

    Raises:
        ConfigError: If a class has too few examples for every split to get one.
    """
    rng = stream(split_seed, "split")
    parts: dict[str, list[NDArray[np.int64]]] = {name: [] for name in (*shares, "train")}
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        name = label if class_names is None else class_names[label]
        for split, part in _cut(members, shares, f" of class {name}").items():
            parts[split].append(part)
    return {name: np.sort(np.concatenate(indices)) for name, indices in parts.items()}


def _cut(
    shuffled: NDArray[np.int64], shares: Mapping[str, float], whose: str
) -> dict[str, NDArray[np.int64]]:
    counts = [round(share * len(shuffled)) for share in shares.values()]
    if min(*counts, len(shuffled) - sum(counts)) < 1:
        written = [f"task.{name}_fraction={share}" for name, share in shares.items()]
        msg = (
            f"{' and '.join(reversed(written))} leave{'s' if len(shares) == 1 else ''} a split "
            f"without examples{whose}, which has {len(shuffled)} examples"
        )
        raise ConfigError(msg)
    return dict(zip((*shares, "train"), np.split(shuffled, np.cumsum(counts)), strict=True))


def random_split(
    n_examples: int, *, shares: Mapping[str, float], split_seed: int
) -> dict[str, NDArray[np.int64]]:
    """Divide examples that have no classes into splits at random.

    The number of examples of each split is rounded to the nearest integer; train gets the rest.

    Args:
        n_examples: Number of examples.
        shares: By the name of each split other than train, its share of all examples, in (0, 1).
        split_seed: The task's own seed; the split does not depend on a run's seed.

    Returns:
        The sorted indices of the examples of each split, by name.

    Raises:
        ConfigError: If a split would be empty.
    """
    shuffled = stream(split_seed, "split").permutation(n_examples)
    parts = _cut(shuffled, shares, " of the table")
    return {name: np.sort(indices) for name, indices in parts.items()}


def stratified_subset(
    labels: NDArray[np.int64], size: int, *, split_seed: int, number: int
) -> NDArray[np.int64]:
    """Draw a random subset of examples in which every class keeps its share of all examples.

    The number of examples of each class is rounded down. The examples that are then missing come
    from the classes that lost most by rounding, from the first ones if several lost the same.

    Args:
        labels: The class of each example, ``(N,)``.
        size: Number of examples to draw, at most ``N``.
        split_seed: The task's own seed.
        number: Number that names the random stream: 1 or more, another for each subset of a task.

    Returns:
        The sorted indices of the examples, ``(size,)``.
    """
    rng = stream(split_seed, "split", number)
    classes, n_members = np.unique(labels, return_counts=True)
    # Whole numbers: size * n_members / N, and what its rounding left.
    counts, lost = np.divmod(size * n_members, len(labels))
    most_first = np.argsort(-lost, kind="stable")
    counts[most_first[: size - counts.sum()]] += 1
    drawn = [
        rng.permutation(np.flatnonzero(labels == label))[:count]
        for label, count in zip(classes, counts, strict=True)
    ]
    return np.sort(np.concatenate(drawn))


def make_task(
    config: CutTaskConfig,
    *,
    inputs: NDArray[np.float64],
    labels: NDArray[np.int64],
    n_classes: int,
    shape: tuple[int, ...] = (),
) -> Task:
    """Make a task of raw examples: split them, and scale them by statistics of train alone.

    Args:
        config: Config with the shares of dev and test, the split's seed and the scaling.
        inputs: Features of the examples before scaling, ``(N, n_features)``.
        labels: The class of each example, ``(N,)``.
        n_classes: Number of classes.
        shape: Shape of one example; ``()`` if it is flat.
    """
    indices = stratified_split(
        labels,
        shares={"test": config.test_fraction, "dev": config.dev_fraction},
        split_seed=config.split_seed,
    )
    mean, deviation = _train_statistics(inputs[indices["train"]], config.scaling)
    scaled = (inputs - mean) / deviation
    train, dev, test = (Split(scaled[indices[name]], labels[indices[name]]) for name in SPLITS)
    return Task(
        name=config.name, n_classes=n_classes, train=train, dev=dev, test=test, shape=shape
    )


def _train_statistics(
    train_inputs: NDArray[np.float64], scaling: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if scaling == "none":
        return np.zeros(1), np.ones(1)
    axis = 0 if scaling == "per_feature" else None
    mean = np.atleast_1d(train_inputs.mean(axis=axis))
    deviation = np.atleast_1d(train_inputs.std(axis=axis))
    # A feature that never varies in train says nothing: it becomes 0, not NaN.
    return mean, np.where(deviation > 0, deviation, 1.0)
