"""Read texts, cut them into tokens, and choose a vocabulary."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ffnn_lab.config import ConfigError
from ffnn_lab.tasks.data.task import DataError

TOKEN = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*|[^\w\s]|_")
"""Pattern of a token: a word of letters and digits, with apostrophes or hyphens inside, or a
single other character that is no space."""
PADDING, UNKNOWN = 0, 1
"""Indices that stand for a place after a sentence's last word, and for an unknown word."""
N_RESERVED = 2


def tokens(text: str) -> list[str]:
    """Return the tokens of a text in order, in lower case; see `TOKEN`."""
    return TOKEN.findall(text.lower())


def vocabulary(
    sentences: Iterable[Sequence[str]], *, min_count: int, max_words: int | None
) -> dict[str, int]:
    """Return the vocabulary of a train split: the place of each word, 0 for the most frequent.

    Equally frequent words are in alphabetical order.

    Args:
        sentences: The tokens of each sentence.
        min_count: Smallest number of times that a word of the vocabulary occurs.
        max_words: Largest number of words of the vocabulary; None for no limit.
    """
    counts = Counter(token for sentence in sentences for token in sentence)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    kept = [word for word, count in ordered if count >= min_count][:max_words]
    return {word: place for place, word in enumerate(kept)}


def share_unknown(sentences: Iterable[Sequence[str]], known: Mapping[str, int]) -> float:
    """Return the share, in [0, 1], of the tokens of sentences that a vocabulary lacks."""
    every = [token for sentence in sentences for token in sentence]
    return sum(token not in known for token in every) / max(1, len(every))


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, or in Latin-1 if it is not UTF-8; line ends become line feeds.

    Raises:
        DataError: If the file cannot be read.
    """
    try:
        contents = path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise DataError(msg) from error
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = contents.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def checksum(paths: Iterable[Path], asked: str | None, field: str) -> str:
    """Return the sha256 of a file, or for several files the sha256 of their checksums.

    The checksums of several files are joined by spaces.

    Args:
        paths: The files.
        asked: The checksum that is expected; None to accept any.
        field: The override by which the user named the files, for messages.

    Raises:
        ConfigError: If a file is missing.
        DataError: If the checksum is not the expected one.
    """
    found = []
    for path in paths:
        if not path.is_file():
            msg = f"{field}: there is no such file; looked at {path}"
            raise ConfigError(msg)
        found.append(hashlib.sha256(path.read_bytes()).hexdigest())
    together = hashlib.sha256(" ".join(found).encode()).hexdigest() if len(found) > 1 else found[0]
    if asked not in (None, together):
        msg = (
            f"{field} does not hold what was asked for: its sha256 is {together}, and "
            f"task.sha256={asked}. Put that text in its place, or accept the text that is there "
            "with task.sha256=null"
        )
        raise DataError(msg)
    return together
