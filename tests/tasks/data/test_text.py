"""Sentences and letters as tasks: tokens, vocabularies, splits, and what is refused."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ffnn_lab.config import UserError
from ffnn_lab.tasks import load_task, settle_task
from ffnn_lab.tasks.data.words import PADDING, UNKNOWN, tokens, vocabulary
from tests.support.builders import NO_DATA, make_run, with_parts
from tests.support.tasks.texts import (
    SAID,
    make_char_config,
    make_text_config,
    write_letters,
    write_said,
)

SPLITS = ("train", "dev", "test")


def test_a_token_is_a_word_or_a_sign() -> None:
    assert tokens("Well-made; I can't, 3rd_one!") == [
        *("well-made", ";", "i", "can't", ",", "3rd", "_", "one", "!")
    ]
    assert tokens(" it\u2019s  ca\u00f1on ") == ["it\u2019s", "ca\u00f1on"]


def test_a_vocabulary_holds_the_most_frequent_words_first() -> None:
    said = [["b", "a", "c"], ["c", "a"], ["c", "d"]]
    assert vocabulary(said, min_count=1, max_words=None) == {"c": 0, "a": 1, "b": 2, "d": 3}
    assert vocabulary(said, min_count=2, max_words=None) == {"c": 0, "a": 1}
    assert vocabulary(said, min_count=1, max_words=1) == {"c": 0}


def test_counts_and_words_say_the_same_of_each_sentence(tmp_path: Path) -> None:
    """Counts and numbers of words hold the same words, except those that train does not have."""
    config = make_text_config(write_said(tmp_path))
    counted = load_task(config, NO_DATA)
    numbered = load_task(dataclasses.replace(config, features="words"), NO_DATA)
    assert counted.n_words == 0
    assert numbered.n_words == counted.n_features + 2
    every = {" ".join(sorted(tokens(text))) for texts in SAID.values() for text in texts}
    for split in SPLITS:
        counts, numbers = counted.split(split), numbered.split(split)
        assert np.array_equal(counts.labels, numbers.labels)
        for row, words in zip(counts.inputs, numbers.inputs, strict=True):
            known = words[words > UNKNOWN] - 2
            assert np.array_equal(np.bincount(known, minlength=len(row)), row)
            padding = np.flatnonzero(words == PADDING)
            assert np.array_equal(padding, np.arange(len(words) - len(padding), len(words)))
    assert len(every) == sum(len(counted.split(split).labels) for split in SPLITS)


def test_words_come_from_train_alone(tmp_path: Path) -> None:
    task = load_task(make_text_config(write_said(tmp_path), features="words"), NO_DATA)
    assert set(np.unique(task.train.inputs)) == set(range(task.n_words)) - {UNKNOWN}
    assert (task.test.inputs == UNKNOWN).any() or (task.dev.inputs == UNKNOWN).any()
    assert "of the words in dev and test are unknown" in task.summary


def test_a_file_for_each_class_says_what_a_table_says(tmp_path: Path) -> None:
    table = load_task(make_text_config(write_said(tmp_path)), NO_DATA)
    for verdict, texts in SAID.items():
        (tmp_path / f"{verdict}.txt").write_bytes("\r\n".join(texts).encode("latin-1"))
    files = make_text_config(tmp_path, classes=["bad.txt", "good.txt"])
    by_file = load_task(files, NO_DATA)
    assert by_file.n_classes == table.n_classes
    assert sorted(np.concatenate([by_file.split(s).labels for s in SPLITS])) == [0] * 5 + [1] * 4


def test_a_long_sentence_is_cut_and_that_is_said(tmp_path: Path) -> None:
    config = make_text_config(write_said(tmp_path), features="words", length=2)
    task = load_task(config, NO_DATA)
    assert task.train.inputs.shape[1] == 2
    assert "cut after 2 words" in task.note


def test_the_contents_of_a_text_enter_the_run(tmp_path: Path) -> None:
    path = write_said(tmp_path)
    run = settle_task(with_parts(make_run(), task=make_text_config(path)))
    assert run.task.is_settled
    path.write_text(path.read_text() + "more,good\n")
    other = settle_task(with_parts(make_run(), task=make_text_config(path)))
    assert getattr(other.task, "sha256", "") != getattr(run.task, "sha256", "")
    with pytest.raises(UserError, match="does not hold what was asked for"):
        load_task(run.task, NO_DATA)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"path": None}, "task.path must name a table of sentences"),
        ({"text": "sayd"}, "task.text=sayd: .* has no such column; it has said, verdict"),
        ({"min_count": 99}, "task.min_count=99: no word occurs that often"),
        ({"classes": ["a.txt"]}, "task.classes must name two files or more"),
        ({"classes": ["a.txt", "b.txt"]}, "there is no such file; looked at .*a.txt"),
    ],
)
def test_a_slip_is_named(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    config = dataclasses.replace(make_text_config(write_said(tmp_path)), **changes)
    if config.classes and config.path is not None:
        config = dataclasses.replace(config, path=str(tmp_path))
    with pytest.raises(UserError, match=says):
        load_task(config, NO_DATA)


# --- letters -------------------------------------------------------------------------------------


def test_labels_are_the_letters_one_later(tmp_path: Path) -> None:
    task = load_task(make_char_config(write_letters(tmp_path)), NO_DATA)
    assert task.n_classes == task.n_words == 5 + 1 + 1  # letters, line end, unknown letters
    for split in SPLITS:
        inputs, labels = task.split(split).inputs, task.split(split).labels
        assert inputs.shape == labels.shape
        assert np.array_equal(inputs[:, 1:], labels[:, :-1])
        assert np.array_equal(inputs[1:, 0], labels[:-1, -1])  # stretches follow one another
    assert task.interface.labels == (5,)
    assert 2.5 < task.chance_error < np.log2(6)  # in bits; none of the six letters is rare


def test_replicates_read_other_pieces_of_the_text(tmp_path: Path) -> None:
    config = make_char_config(write_letters(tmp_path), subset=60)
    other = dataclasses.replace(config, **config.redrawn(1))
    one, two = load_task(config, NO_DATA), load_task(other, NO_DATA)
    assert one.train.inputs.shape == two.train.inputs.shape
    assert not np.array_equal(one.train.inputs, two.train.inputs)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"path": None}, "task.path must name a text file, got nothing"),
        ({"subset": 9999}, "task.subset must be at most 240, the number of letters; got 9999"),
        ({"stretch": 100}, "task.stretch=100 must be less than the letters of each"),
    ],
)
def test_a_slip_of_letters_is_named(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    config = dataclasses.replace(make_char_config(write_letters(tmp_path)), **changes)
    with pytest.raises(UserError, match=says):
        load_task(config, NO_DATA)
