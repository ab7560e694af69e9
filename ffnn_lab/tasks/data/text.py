"""Read sentences with classes as a task, with words as counts or as indices in order."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError, home
from ffnn_lab.records import SPLITS
from ffnn_lab.tasks.data.table.file import read_table
from ffnn_lab.tasks.data.task import DataError, Split, Task, stratified_split
from ffnn_lab.tasks.data.words import (
    N_RESERVED,
    PADDING,
    UNKNOWN,
    checksum,
    read_text,
    share_unknown,
    tokens,
    vocabulary,
)
from ffnn_lab.tasks.table import TableConfig
from ffnn_lab.tasks.text import TextConfig

FEWEST_CLASSES = 2


def settle_text(config: TextConfig) -> dict[str, str]:
    """Return the fields ``path`` and ``sha256`` of a text: its full path, and its checksum.

    Raises:
        UserError: If the text is missing, or has another checksum than ``config.sha256``.
    """
    path = _path_of(config)
    files = [path / name for name in config.classes] or [path]
    found = checksum(files, config.sha256, f"task.path={config.path}")
    return {"path": str(path), "sha256": found}


def _path_of(config: TextConfig) -> Path:
    if config.path is None:
        msg = (
            "task.path must name a table of sentences (.csv, .tsv, .parquet), or a folder with a "
            "file for each of task.classes=[a.txt,b.txt]; got nothing"
        )
        raise ConfigError(msg)
    if len(config.classes) == 1:
        msg = f"task.classes must name two files or more, one for each class; got {config.classes}"
        raise ConfigError(msg)
    return home(config.path).absolute()


def load_text(config: TextConfig) -> Task:
    """Read and split sentences, and encode their words by the vocabulary of the train split.

    Raises:
        UserError: If the text is missing, has another checksum than ``config.sha256``, or has too
            few sentences for every class to be in every split.
    """
    settle_text(config)
    sentences, names, labels = _read(config)
    indices = stratified_split(
        labels,
        shares={"test": config.test_fraction, "dev": config.dev_fraction},
        split_seed=config.split_seed,
        class_names=names,
    )
    parts = {name: [sentences[i] for i in indices[name]] for name in SPLITS}
    known = vocabulary(parts["train"], min_count=config.min_count, max_words=config.max_words)
    if not known:
        msg = f"task.min_count={config.min_count}: no word occurs that often in the train split"
        raise ConfigError(msg)
    unknown = share_unknown([*parts["dev"], *parts["test"]], known)
    note = f"{len(known)} words known; {unknown:.1%} of the words in dev and test are unknown"
    if config.features == "counts":
        inputs: Mapping[str, NDArray[np.float32] | NDArray[np.int64]] = {
            name: _counts(part, known) for name, part in parts.items()
        }
    else:
        length = config.length or max(map(len, parts["train"]))
        n_cut = sum(len(each) > length for part in parts.values() for each in part)
        note += f"; {n_cut} sentences cut after {length} words" if n_cut else ""
        inputs = {name: _numbers(part, known, length) for name, part in parts.items()}
    train, dev, test = (Split(inputs[name], labels[indices[name]]) for name in SPLITS)
    return Task(
        name=config.name,
        n_classes=len(names),
        train=train,
        dev=dev,
        test=test,
        n_words=len(known) + N_RESERVED if config.features == "words" else 0,
        note=note,
    )


def _read(config: TextConfig) -> tuple[list[list[str]], list[str], NDArray[np.int64]]:
    """Return the tokens of each sentence, the names of all classes, and each sentence's class."""
    path = _path_of(config)
    if config.classes:
        texts = [
            [line for line in read_text(path / name).split("\n") if line.strip()]
            for name in config.classes
        ]
        for name, lines in zip(config.classes, texts, strict=True):
            if not lines:
                msg = f"{path / name} has no line that is an example of its class"
                raise DataError(msg)
        labels = np.repeat(np.arange(len(texts)), [len(lines) for lines in texts])
        lines = [line for of_class in texts for line in of_class]
        return [tokens(line) for line in lines], list(config.classes), labels.astype(np.int64)
    lines, words = _columns(config)
    names = sorted(set(words))
    if len(names) < FEWEST_CLASSES:
        msg = f"{config.path}: the column {config.label} has one class, {names[0]}, in every row"
        raise DataError(msg)
    labels = np.array([names.index(word) for word in words], dtype=np.int64)
    return [tokens(line) for line in lines], names, labels


def _columns(config: TextConfig) -> tuple[list[str], list[str]]:
    """Return the text and the label of each row of the table that a config names."""
    file = read_table(
        TableConfig(
            name="table",
            path=config.path,
            target=config.label,
            kind="classification",
            exclude=[],
            categorical=[],
            missing="refuse",
            dev_fraction=config.dev_fraction,
            test_fraction=config.test_fraction,
            split_seed=config.split_seed,
            scaling="none",
            delimiter="auto",
            decimal="point",
            max_classes=FEWEST_CLASSES,
            max_categories=FEWEST_CLASSES,
            sha256=None,
            reading=None,
        )
    )
    table = file.columns
    names = [name for name in (config.text, config.label) if name in table.column_names]
    written = file.texts(names)  # the fields of a CSV file as they are written
    found: list[list[str]] = []
    for field, name in (("text", config.text), ("label", config.label)):
        if name not in table.column_names:
            msg = (
                f"task.{field}={name}: {config.path} has no such column; it has "
                f"{', '.join(table.column_names)}"
            )
            raise ConfigError(msg)
        values = written.get(name, table.column(name)).to_pylist()
        if None in values:
            msg = f"{config.path}: the column {name} has no value in row {values.index(None) + 1}"
            raise DataError(msg)
        found.append([str(value) for value in values])
    return found[0], found[1]


def _counts(sentences: Sequence[Sequence[str]], known: Mapping[str, int]) -> NDArray[np.float32]:
    """Count how often each known word occurs in each sentence, ``(N, n_known)``.

    Args:
        sentences: The tokens of each of ``N`` sentences.
        known: The vocabulary: the column of each known word.
    """
    counts = np.zeros((len(sentences), len(known)), dtype=np.float32)
    for row, sentence in zip(counts, sentences, strict=True):
        np.add.at(row, [known[token] for token in sentence if token in known], 1)
    return counts


def _numbers(
    sentences: Sequence[Sequence[str]], known: Mapping[str, int], length: int
) -> NDArray[np.int64]:
    """Return the indices of the first ``length`` words of each sentence, ``(N, length)``.

    A known word has the index ``known[word] + N_RESERVED``, any other word `UNKNOWN`; `PADDING`
    follows the last word.

    Args:
        sentences: The tokens of each of ``N`` sentences.
        known: The vocabulary: the place of each known word, from 0.
        length: Number of words to which sentences are cut or padded.
    """
    numbers = np.full((len(sentences), length), PADDING, dtype=np.int64)
    for row, sentence in zip(numbers, sentences, strict=True):
        kept = sentence[:length]
        row[: len(kept)] = [
            known[token] + N_RESERVED if token in known else UNKNOWN for token in kept
        ]
    return numbers
