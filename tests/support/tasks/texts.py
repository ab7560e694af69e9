"""Configs of tasks of text, and small texts to read."""

from pathlib import Path
from typing import Any

import numpy as np

from ffnn_lab.tasks.char_text import CharTextConfig
from ffnn_lab.tasks.text import TextConfig

SAID = {
    "good": ("a fine, fine film", "Well-made; I can't complain!", "fine indeed", "a good one"),
    "bad": ("dull", "a dull , dull film", "not fine", "one to miss", "dull indeed"),
}
"""Sentences by class."""


def make_text_config(path: Path | None, **changes: Any) -> TextConfig:  # noqa: ANN401 - fields
    """Build a config of sentences in a table whose columns are ``said`` and ``verdict``."""
    values: dict[str, Any] = {
        "name": "text",
        "path": None if path is None else str(path),
        "classes": [],
        "text": "said",
        "label": "verdict",
        "features": "counts",
        "min_count": 1,
        "max_words": None,
        "length": None,
        "dev_fraction": 0.2,
        "test_fraction": 0.2,
        "split_seed": 0,
        "sha256": None,
    }
    return TextConfig(**(values | changes))


def make_char_config(path: Path | None, **changes: Any) -> CharTextConfig:  # noqa: ANN401
    """Build a config of a text of letters."""
    values: dict[str, Any] = {
        "name": "char_text",
        "path": None if path is None else str(path),
        "stretch": 5,
        "dev_fraction": 0.2,
        "test_fraction": 0.2,
        "split_seed": 0,
        "subset": None,
        "sha256": None,
    }
    return CharTextConfig(**(values | changes))


def write_said(folder: Path) -> Path:
    """Write the sentences as a table."""
    path = folder / "said.csv"
    rows = [f'"{text}",{verdict}' for verdict, texts in SAID.items() for text in texts]
    path.write_text("\n".join(["said,verdict", *rows]) + "\n", encoding="utf-8")
    return path


def write_letters(folder: Path) -> Path:
    """Write a text of five different letters, with a byte order mark and CRLF line ends."""
    path = folder / "letters.txt"
    lines = np.random.default_rng(0).choice(list("abcde"), (40, 5))
    path.write_text("\ufeff" + "".join("".join(line) + "\r\n" for line in lines), newline="")
    return path
