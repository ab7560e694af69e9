"""A stream writes any text, whatever its encoding is."""

import io
import sys

import pytest

from ffnn_lab.terminal import accept_any_text


def test_what_an_encoding_lacks_is_written_as_python_writes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    accept_any_text()
    sys.stdout.write("n \u03b1 \U0001f680")
    sys.stdout.flush()
    assert written.getvalue() == rb"n \u03b1 \U0001f680"


def test_a_stream_that_is_no_file_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = io.StringIO()
    monkeypatch.setattr(sys, "stdout", notebook)
    accept_any_text()
    assert sys.stdout is notebook
