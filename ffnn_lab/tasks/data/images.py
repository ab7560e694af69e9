"""Make tasks of images that come with a test set of their own, such as MNIST."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError
from ffnn_lab.config.task import ImageTaskConfig
from ffnn_lab.tasks.data.task import Split, Task, stratified_split, stratified_subset

WHITE = 255
"""The largest value of a pixel, by which pixels are divided before they are scaled."""
CHUNK_NUMBERS = 1 << 20
"""Number of pixels that are converted to wider numbers at a time, to save memory."""


@dataclass(frozen=True)
class Images:
    """Raw images and their classes; the arrays must not be written to."""

    pixels: NDArray[np.uint8]
    """Pixels of each image, from 0 to 255, ``(N, n_features)``."""
    labels: NDArray[np.int64]
    """The class of each image, ``(N,)``."""
    shape: tuple[int, ...] = ()
    """Shape of one image: channels, rows, columns."""

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels)

    def chosen(self, indices: NDArray[np.int64]) -> "Images":
        """Return a copy of the images at the indices, ``(n,)``."""
        return Images(self.pixels[indices], self.labels[indices], self.shape)


def make_image_task(
    config: ImageTaskConfig, *, train: Images, test: Images, n_classes: int
) -> Task:
    """Make a task of official images: cut dev from the training images, and scale all pixels.

    The rest of the training images is train, whose mean and standard deviation are used for all
    splits. Inputs are computed in float64, and rounded once, to float32.

    Args:
        config: Config with the share of dev, subsets, seeds, scaling and augmentation.
        train: The official training images.
        test: The official test images.
        n_classes: Number of classes.

    Raises:
        ConfigError: If there are fewer images than asked for, or too few for every class to be in
            every split.
    """
    seed = config.split_seed
    pool = _subset(config, "subset", train, n_classes, seed=seed, number=1)
    test_seed = config.split_seed if config.test_seed is None else config.test_seed
    tested = _subset(config, "test_subset", test, n_classes, seed=test_seed, number=2)
    indices = stratified_split(pool.labels, shares={"dev": config.dev_fraction}, split_seed=seed)
    parts = {name: pool.chosen(i) for name, i in indices.items()} | {"test": tested}
    mean, deviation = pixel_statistics(parts["train"].pixels, config.scaling)
    splits = {
        name: Split(_scaled(part.pixels, mean, deviation), part.labels)
        for name, part in parts.items()
    }
    return Task(
        name=config.name,
        n_classes=n_classes,
        train=splits["train"],
        dev=splits["dev"],
        test=splits["test"],
        shape=train.shape,
        augment=config.augment,
    )


def _subset(
    config: ImageTaskConfig, field: str, images: Images, n_classes: int, *, seed: int, number: int
) -> Images:
    size: int | None = getattr(config, field)
    if size is None:
        return images
    if size > len(images):
        msg = f"task.{field} must be at most {len(images)}, the number of images; got {size}"
        raise ConfigError(msg)
    indices = stratified_subset(images.labels, size, split_seed=seed, number=number)
    subset = images.chosen(indices)
    missing = set(range(n_classes)) - set(subset.labels.tolist())
    if missing:
        listed = ", ".join(str(label) for label in sorted(missing))
        msg = f"task.{field}={size} leaves no example of class {listed}"
        raise ConfigError(msg)
    return subset


def pixel_statistics(
    pixels: NDArray[np.uint8], scaling: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and the standard deviation by which pixels in [0, 1] are scaled.

    Sums of pixels and of their squares are integers, so the order of summation does not matter.

    Args:
        pixels: Pixels of the train split, from 0 to 255, ``(N, n_features)``.
        scaling: ``global``, ``per_feature`` or ``none``.

    Returns:
        Mean and standard deviation, both ``(n_features,)`` for ``per_feature`` and else ``(1,)``.
        For ``none``, the mean is 0 and the standard deviation 1. The standard deviation of a
        feature that never varies is replaced by 1.
    """
    if scaling == "none":
        return np.zeros(1), np.ones(1)
    n_features = pixels.shape[1]
    sums = np.zeros(n_features, dtype=np.int64)
    squares = np.zeros(n_features, dtype=np.int64)
    for rows in _chunks(pixels):
        chunk = pixels[rows].astype(np.uint16)
        sums += chunk.sum(axis=0, dtype=np.int64)
        squares += (chunk * chunk).sum(axis=0, dtype=np.int64)
    n = len(pixels)
    if scaling == "global":
        n *= n_features
        sums, squares = sums.sum(keepdims=True), squares.sum(keepdims=True)
    # Python's integers: n times the sum of squares of 50,000 photographs passes 2^63.
    variances = [
        (n * square - total * total) / n**2
        for total, square in zip(sums.tolist(), squares.tolist(), strict=True)
    ]
    deviation = np.sqrt(variances) / WHITE
    return sums / n / WHITE, np.where(deviation > 0, deviation, 1.0)


def _scaled(
    pixels: NDArray[np.uint8], mean: NDArray[np.float64], deviation: NDArray[np.float64]
) -> NDArray[np.float32]:
    scaled = np.empty(pixels.shape, dtype=np.float32)
    for rows in _chunks(pixels):
        scaled[rows] = (pixels[rows] / WHITE - mean) / deviation
    return scaled


def _chunks(pixels: NDArray[np.uint8]) -> Iterator[slice]:
    size = max(1, CHUNK_NUMBERS // pixels.shape[1])
    return (slice(start, start + size) for start in range(0, len(pixels), size))
