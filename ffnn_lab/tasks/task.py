"""What a task is, and how examples are split and scaled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError, UserError
from ffnn_lab.config.task import CutTaskConfig
from ffnn_lab.seeds import stream


class DataError(UserError):
    """Data that are missing, damaged or other than expected; the message says which."""


@dataclass(frozen=True)
class Split:
    """Examples of one split."""

    inputs: NDArray[np.float32] | NDArray[np.float64]
    """``(N, n_features)``; the trainer brings them to the run's dtype."""
    labels: NDArray[np.int64]
    """``(N,)``, each in ``[0, n_classes)``."""


@dataclass(frozen=True)
class Task:
    """A classification task: cross-entropy loss, error rate as metric."""

    name: str
    n_classes: int
    train: Split
    dev: Split
    test: Split
    note: str = ""
    """How the data were read, where that may surprise."""

    @property
    def summary(self) -> str:
        """Say in one line what there is to learn from."""
        sizes = ", ".join(
            f"{name} {len(self.split(name).labels)}" for name in ("train", "dev", "test")
        )
        note = f" ({self.note})" if self.note else ""
        what = f"{self.n_features} features, {self.n_classes} classes"
        return f"task {self.name}: {what}; {sizes}{note}"

    @property
    def n_features(self) -> int:
        """Numbers per example."""
        return int(self.train.inputs.shape[1])

    @property
    def chance_error(self) -> float:
        """Error on the train split of always answering its most frequent class."""
        counts = np.bincount(self.train.labels, minlength=self.n_classes)
        return 1 - float(counts.max()) / len(self.train.labels)

    def split(self, name: str) -> Split:
        """Give the split of that name (``train``, ``dev`` or ``test``)."""
        splits = {"train": self.train, "dev": self.dev, "test": self.test}
        return splits[name]


def stratified_split(
    labels: NDArray[np.int64],
    *,
    shares: Mapping[str, float],
    split_seed: int,
    class_names: Sequence[str] | None = None,
) -> dict[str, NDArray[np.int64]]:
    """Cut examples so that each split holds its share of every class.

    Within a class the counts are rounded to the nearest integer, in the order of ``shares``; train
    takes the rest.

    Args:
        labels: The class of each example, ``(N,)``.
        shares: By split other than train, its share of each class, in (0, 1).
        split_seed: The task's own seed; a run's seed never enters here.
        class_names: What a message calls the classes, if not by their numbers.

    Returns:
        The sorted indices of each split, by name.

    Raises:
        ConfigError: If a class leaves some split empty.
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
            f"without examples{whose}, which has {len(shuffled)}"
        )
        raise ConfigError(msg)
    return dict(zip((*shares, "train"), np.split(shuffled, np.cumsum(counts)), strict=True))


def random_split(
    n_examples: int, *, shares: Mapping[str, float], split_seed: int
) -> dict[str, NDArray[np.int64]]:
    """Cut examples that have no classes; counts are rounded, and train takes the rest.

    Args:
        n_examples: How many there are.
        shares: By split other than train, its share of them, in (0, 1).
        split_seed: The task's own seed.

    Returns:
        The sorted indices of each split, by name.

    Raises:
        ConfigError: If a split stays empty.
    """
    shuffled = stream(split_seed, "split").permutation(n_examples)
    parts = _cut(shuffled, shares, " of the table")
    return {name: np.sort(indices) for name, indices in parts.items()}


def stratified_subset(
    labels: NDArray[np.int64], size: int, *, split_seed: int, number: int
) -> NDArray[np.int64]:
    """Draw examples so that every class keeps its share of them.

    Shares are rounded down, and what is left goes to the classes that lost most by it, the first
    of them if several lost the same.

    Args:
        labels: The class of each example, ``(N,)``.
        size: How many to draw, at most ``N``.
        split_seed: The task's own.
        number: Tells the subsets of one task apart; 0 is the split itself.

    Returns:
        The sorted indices.
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
) -> Task:
    """Split raw examples and scale them with statistics of the train split only.

    Args:
        config: Fractions, split seed and scaling.
        inputs: Raw numbers, ``(N, n_features)``.
        labels: Classes, ``(N,)``.
        n_classes: How many classes there are.
    """
    indices = stratified_split(
        labels,
        shares={"test": config.test_fraction, "dev": config.dev_fraction},
        split_seed=config.split_seed,
    )
    mean, deviation = _train_statistics(inputs[indices["train"]], config.scaling)
    scaled = (inputs - mean) / deviation
    splits = {name: Split(scaled[i], labels[i]) for name, i in indices.items()}
    return Task(
        name=config.name,
        n_classes=n_classes,
        train=splits["train"],
        dev=splits["dev"],
        test=splits["test"],
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
