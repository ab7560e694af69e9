"""Read columns as categories or classes, so that numbers differ if their last digits differ."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ffnn_lab.tasks.data.task import DataError
from ffnn_lab.tasks.table import TableConfig

_CODE = re.compile(r"[0-9]+")
_NEGATIVE_ZERO = r"^-(0*[.,]?0*(?:[eE].*)?)$"
"""Pattern of a negative zero, such as -0.0, which is the same category as the zero 0.0."""


@dataclass(frozen=True)
class Words:
    """A column of categories: each row has one of a few different words."""

    codes: NDArray[np.int64]
    """The index in ``words`` of each row's word, ``(N,)``; -1 for a missing value."""
    words: tuple[str, ...]
    """All different words of the column, in the order of the categories."""
    is_reread: bool = False
    """True if versions without the field ``task.reading`` read other categories."""


@dataclass(frozen=True)
class NumberWords(Words):
    """A column of numbers that are read as categories."""

    numbers: tuple[Decimal, ...] = ()
    """The exact value of each of ``words``."""


def text_words(column: pa.ChunkedArray) -> Words:
    """Return a column of text as categories, in alphabetical order."""
    encoded = pc.dictionary_encode(column).combine_chunks()
    found = encoded.dictionary.to_pylist()
    words = sorted(found)
    place = {word: i for i, word in enumerate(words)}
    # The code of a missing value, -1, points to the last place.
    places = np.array([*(place[word] for word in found), -1], dtype=np.int64)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Words(places[codes], tuple(words))


def number_words(
    name: str,
    column: pa.ChunkedArray,
    texts: pa.ChunkedArray | None,
    keys: pa.ChunkedArray,
    config: TableConfig,
) -> NumberWords:
    """Return a column of numbers as categories, in which no two numbers are taken for one.

    In a CSV file a category is the text as written: 0123 and 123 are two categories, and whole
    numbers stay exact beyond the 53 bits of a float64. Other pairs of texts for the same number,
    such as 1 and 1.0, are refused, since only the user knows whether they are one category. Only
    -0 is read as 0.

    Args:
        name: Name of the column, for messages.
        column: Numbers without NaN; missing values are null.
        texts: The same values as written in a CSV file; None for a parquet file.
        keys: Values by which versions without the field ``task.reading`` distinguished categories.
            The categories are sorted by these values, then by number, then by the alphabet.
        config: The table's config.

    Raises:
        DataError: If one number is written in two ways.
    """
    if texts is None:
        texts = column.cast(pa.string())
    texts = pc.replace_substring_regex(texts, _NEGATIVE_ZERO, r"\1")
    written = text_words(pc.if_else(pc.is_valid(column), texts, None))
    _, rows = np.unique(written.codes, return_index=True)
    rows = rows[len(rows) - len(written.words) :]  # without the first missing one
    values, first_keys = column.take(rows).to_pylist(), keys.take(rows).to_pylist()
    numbers = [_exact(*each, config) for each in zip(written.words, values, strict=True)]
    _refuse_two_ways(name, written.words, numbers, config)
    order = sorted(range(len(rows)), key=lambda i: (first_keys[i], numbers[i], written.words[i]))
    places = np.full(len(rows) + 1, -1, dtype=np.int64)
    places[order] = np.arange(len(rows))
    return NumberWords(
        codes=places[written.codes],
        words=tuple(written.words[i] for i in order),
        is_reread=len(pc.unique(pc.drop_null(keys))) != len(rows),
        numbers=tuple(numbers[i] for i in order),
    )


def _exact(word: str, value: float | Decimal, config: TableConfig) -> Decimal:
    """Return the exact number that a word writes.

    Args:
        word: The text of the number.
        value: The number as Arrow parsed it; used if the word is not decimal, such as 0x1F.
        config: The table's config, which has the decimal sign.
    """
    try:
        return Decimal(word.replace(",", ".") if config.decimal == "comma" else word)
    except InvalidOperation:  # 0x1F
        return Decimal(value)


def _refuse_two_ways(
    name: str, words: Sequence[str], numbers: Sequence[Decimal], config: TableConfig
) -> None:
    ways: dict[Decimal, list[str]] = defaultdict(list)
    for word, number in zip(words, numbers, strict=True):
        ways[number].append(word)
    for some in ways.values():
        if len(some) > 1 and not all(_CODE.fullmatch(word) for word in some):
            msg = (
                f"{config.path}: column {name} writes one number in two ways, {some[0]!r} and "
                f"{some[1]!r}. If they are one category, write them alike; if they are two, put a "
                "letter before each"
            )
            raise DataError(msg)


def refuse_two_forms(name: str, words: Sequence[str], config: TableConfig) -> None:
    """Check that no two words of a column look the same.

    Two words look the same if an accented letter is one character in the first word, and two
    characters in the second.

    Args:
        name: Name of the column, for the message.
        words: All different words of the column.
        config: The table's config.

    Raises:
        DataError: If two words look the same; the message has the column and the word.
    """
    seen: set[str] = set()
    for word in words:
        form = word if word.isascii() else unicodedata.normalize("NFC", word)
        if form in seen:
            msg = (
                f"{config.path}: column {name} holds {form!r} in two forms, which look the same: "
                "with an accented letter as one character, and as two. Write it in one form, as "
                "Python's unicodedata.normalize('NFC', text) does"
            )
            raise DataError(msg)
        seen.add(form)
