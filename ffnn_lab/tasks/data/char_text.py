"""Read a text file as a task of character language models."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError, home
from ffnn_lab.records import SPLITS
from ffnn_lab.seeds import stream
from ffnn_lab.tasks.char_text import CharTextConfig
from ffnn_lab.tasks.data.task import DataError, Split, Task
from ffnn_lab.tasks.data.words import checksum, read_text

UNKNOWN = 0
"""The index that stands for every letter that does not occur in the train split."""


def settle_char_text(config: CharTextConfig) -> dict[str, str]:
    """Return the fields ``path`` and ``sha256`` of a text: its full path, and its checksum.

    Raises:
        UserError: If the text is missing, or has another checksum than ``config.sha256``.
    """
    if config.path is None:
        msg = "task.path must name a text file, got nothing"
        raise ConfigError(msg)
    path = home(config.path).absolute()
    found = checksum([path], config.sha256, f"task.path={config.path}")
    return {"path": str(path), "sha256": found}


def load_char_text(config: CharTextConfig) -> Task:
    """Read a text, cut it into three splits, and each split into stretches of letters.

    A letter becomes its place in the alphabet of the train split, from 1; a letter that does not
    occur in train becomes `UNKNOWN`.

    Raises:
        UserError: If the text is missing, has another checksum than ``config.sha256``, or is too
            short.
    """
    path = Path(settle_char_text(config)["path"])
    letters = np.frombuffer(read_text(path).encode("utf-32-le"), dtype="<u4")
    if not len(letters):
        msg = f"{path} is empty"
        raise DataError(msg)
    n_used = len(letters) if config.subset is None else config.subset
    if n_used > len(letters):
        msg = f"task.subset must be at most {len(letters)}, the number of letters; got {n_used}"
        raise ConfigError(msg)
    begin = int(stream(config.split_seed, "split").integers(len(letters)))
    used = np.roll(letters, -begin)[:n_used]
    counts = {
        "dev": round(config.dev_fraction * n_used),
        "test": round(config.test_fraction * n_used),
    }
    counts["train"] = n_used - sum(counts.values())
    if min(counts.values()) <= config.stretch:
        msg = (
            f"task.stretch={config.stretch} must be less than the letters of each split; the "
            f"splits have {', '.join(f'{name} {counts[name]}' for name in SPLITS)} letters"
        )
        raise ConfigError(msg)
    ends = np.cumsum([counts[name] for name in SPLITS])
    pieces = dict(zip(SPLITS, np.split(used, ends[:-1]), strict=True))
    alphabet = np.unique(pieces["train"])
    others = np.concatenate([pieces["dev"], pieces["test"]])
    n_unknown = int((~np.isin(others, alphabet)).sum())
    train, dev, test = (
        _stretches(_numbers(pieces[name], alphabet), config.stretch) for name in SPLITS
    )
    n_letters = len(alphabet) + 1
    return Task(
        name=config.name,
        n_classes=n_letters,
        train=train,
        dev=dev,
        test=test,
        n_words=n_letters,
        note=f"{len(alphabet)} letters occur in train; {n_unknown} of dev and test do not",
    )


def _numbers(piece: NDArray[np.uint32], alphabet: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return each letter's place in the alphabet, from 1, or `UNKNOWN`, ``(n_letters,)``."""
    places = np.searchsorted(alphabet, piece).clip(max=len(alphabet) - 1)
    return np.where(alphabet[places] == piece, places + 1, UNKNOWN).astype(np.int64)


def _stretches(numbers: NDArray[np.int64], length: int) -> Split:
    """Cut the letters of a split into stretches, each of which is an example.

    The label of each letter is the letter after it. Letters at the end that do not fill a stretch
    are dropped.

    Args:
        numbers: The letters as `_numbers` returns them, ``(n_letters,)``.
        length: Number of letters of a stretch.

    Returns:
        Inputs and labels, both ``(N, length)``.
    """
    n = (len(numbers) - 1) // length
    inputs = numbers[: n * length].reshape(n, length)
    labels = numbers[1 : n * length + 1].reshape(n, length)
    return Split(inputs, labels)
