"""Ways in which one image may be shown: mirrored, or moved by some pixels."""

import itertools

import numpy as np
from numpy.typing import NDArray

LARGEST_SHIFT = 4
"""Pixels by which ``flip_crop`` moves an image, at most, up, down and to each side."""


def variants(
    augment: str, shape: tuple[int, ...], n_stored: int | None = None
) -> NDArray[np.int64]:
    """List the ways in which an image may be shown, each as the places that its numbers come from.

    Args:
        augment: ``flip`` or ``flip_crop``; see ``config.task.ImageTaskConfig``.
        shape: Of an image: channels, rows, columns.
        n_stored: Numbers of a stored image, whose first are those of the image and whose others
            stay where they are; None for those of the image alone.

    Returns:
        ``(n_variants, n_stored)``: the place in a stored image that each number is taken from, or
        ``n_stored`` where it comes from outside. The first is the image as it is.
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
