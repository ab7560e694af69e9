"""Sentences with classes: a table with a column of text, or a file of lines for each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from ffnn_lab.config.fields import one_of, ranged
from ffnn_lab.config.task import SplitTaskConfig
from ffnn_lab.registry import register
from ffnn_lab.tasks.option import TaskOption

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ffnn_lab.tasks.data.task import Task


@dataclass(kw_only=True)
class TextConfig(SplitTaskConfig):
    """Config of sentences with classes, in a table or in a file for each class.

    A token is a word of letters and digits, which may hold apostrophes and hyphens, in lower case;
    every other sign that is no space is a token of its own.
    """

    path: Union[str, None]  # noqa: UP007 - OmegaConf 2.3 reads no `| None`
    """Path of a table (``.csv``, ``.tsv``, ``.parquet``), or of the folder with the files of
    ``classes``."""
    classes: list[str]
    """Names of the files in the folder ``path``, one for each class, whose lines are examples;
    empty for a table."""
    text: str
    """Name of the table's column of text."""
    label: str
    """Name of the table's column of classes."""
    features: str = one_of("counts", "words")
    """Form of the inputs. ``counts``: the number of times that each word of the vocabulary occurs
    (a bag of words), for ``model=mlp`` and ``model=linear``. ``words``: the index of each word in
    order, with 0 after the last word and 1 for an unknown word, for ``model=dan`` and
    ``model=module``."""
    min_count: int = ranged("[1, inf)")
    """Smallest number of times that a known word occurs in the train split; rarer words are
    unknown."""
    max_words: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Largest number of known words: the most frequent ones of the train split; null for no
    limit."""
    length: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Number of words of a sentence that are kept, for ``features=words``; null for as many as the
    longest sentence of the train split has."""
    sha256: Union[str, None]  # noqa: UP007 - as above
    """The checksum that the file must have; for several files, the checksum of their checksums.
    null accepts any file, and a run's record has the checksum that was found."""


def load(config: TextConfig, _data: Path) -> Task:
    """Return the task of sentences, split, with words as counts or as indices."""
    from ffnn_lab.tasks.data.text import load_text  # noqa: PLC0415 - numpy, when it is needed

    return load_text(config)


def settle(config: TextConfig, _data: Path) -> Mapping[str, str]:
    """Return the fields ``path`` and ``sha256`` of a text: its full path, and its checksum.

    Raises:
        UserError: If the text is missing, or has another checksum than ``config.sha256``.
    """
    from ffnn_lab.tasks.data.text import settle_text  # noqa: PLC0415 - as above

    return settle_text(config)


for name, order in (("text", 5), ("sentiment", 6)):
    register(
        TaskOption(
            name=name, order=order, config=TextConfig, load=load, settle=settle, file_field="path"
        )
    )
