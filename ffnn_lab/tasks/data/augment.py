"""Augmentation of images: the variants of an image, mirrored or moved by some pixels."""

import itertools

import numpy as np
from numpy.typing import NDArray

LARGEST_SHIFT = 4
"""Largest number of pixels by which ``flip_crop`` moves an image, up, down and to each side."""


def variants(
    augment: str, shape: tuple[int, ...], n_stored: int | None = None
) -> NDArray[np.int64]:
    """Return the variants of an image, each as the indices that its numbers are taken from.

    Args:
        augment: ``flip`` for the image and its mirror image; ``flip_crop`` for both, and for both
            moved in every way by up to `LARGEST_SHIFT` rows and columns.
        shape: Shape of an image: channels, rows, columns.
        n_stored: Length of a stored image: the numbers of the image, then padding, which stays
            where it is; None for an image without padding.

    Returns:
        For each variant and each number of it, the index in the stored image that the number is
        taken from, or ``n_stored`` if the number comes from outside of the image,
        ``(n_variants, n_stored)``. The first variant is the unchanged image.
    """
    n_features = int(np.prod(shape))
    n_stored = n_stored or n_features
    reach = range(-LARGEST_SHIFT, LARGEST_SHIFT + 1) if augment == "flip_crop" else (0,)
    # The unchanged image comes first.
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
