"""Augmentation of images: the variants of an image, mirrored or moved by some pixels."""

import itertools

import numpy as np
from numpy.typing import NDArray

LARGEST_SHIFT = 4
"""Pixels by which ``flip_crop`` moves an image, at most, up, down and to each side."""


def variants(
    augment: str, shape: tuple[int, ...], n_stored: int | None = None
) -> NDArray[np.int64]:
    """Return the variants of an image, each as the indices that its numbers are taken from.

    Args:
        augment: ``flip`` or ``flip_crop``; see ``config.task.ImageTaskConfig``.
        shape: Shape of an image: channels, rows, columns.
        n_stored: Length of a stored image: the numbers of the image, then padding, which stays
            where it is; None for an image without padding.

    Returns:
        ``(n_variants, n_stored)``: the index in a stored image that each number is taken from, or
        ``n_stored`` where it comes from outside. The first variant is the image as it is.
    """
    n_features = int(np.prod(shape))
    n_stored = n_stored or n_features
    reach = range(-LARGEST_SHIFT, LARGEST_SHIFT + 1) if augment == "flip_crop" else (0,)
    # The image as it is comes first.
    moves = sorted(itertools.product(reach, reach), key=lambda move: (move != (0, 0), move))
    places = np.arange(n_features).reshape(shape)
    margin = max(reach)
    framed = np.pad(places, ((0, 0), (margin, margin), (margin, margin)), constant_values=n_stored)
    _, n_rows, n_columns = shape
    rest = np.arange(n_features, n_stored)
    found = []
    for down, right in moves:
        top, left = margin - down, margin - right
        moved = framed[:, top : top + n_rows, left : left + n_columns]
        found += [np.append(each, rest) for each in (moved, moved[:, :, ::-1])]
    return np.stack(found)
