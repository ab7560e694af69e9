"""Hydra's override grammar is read into values and axes."""

import pytest

from ffnn_lab.config import ConfigError
from ffnn_lab.config.fields import as_override
from ffnn_lab.protocols.space import Choice, Interval
from ffnn_lab.sweeper.grammar import read_assignment, to_text


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("initializer.gain=0.5,1,2", (0.5, 1, 2)),
        ("initializer.gain=choice(0.5,1)", (0.5, 1)),
        ("trainer.max_epochs=range(1,4)", (1, 2, 3)),
        ("trainer.max_epochs=range(1,6,2)", (1, 3, 5)),
        ("optimizer.lr=range(0.1,0.3,0.1)", (0.1, 0.2)),
        ("model.widths=[64],[32,32],[]", ([64], [32, 32], [])),
        ("trainer.batch_size=32,full", (32, "full")),
        ("trainer.max_norm=null,2", (None, 2)),
    ],
)
def test_finite_axes(text: str, values: tuple[object, ...]) -> None:
    """``range`` leaves its end out, as Hydra's basic sweeper does."""
    assignment = read_assignment(text)
    assert assignment.axis == Choice(values)
    assert assignment.choices == values


def test_intervals() -> None:
    plain = read_assignment("dropout.hidden=interval(0,0.5)")
    log = read_assignment("optimizer.lr=tag(log,interval(1e-4,1))")
    assert plain.axis == Interval(0.0, 0.5, log=False)
    assert log.axis == Interval(1e-4, 1.0, log=True)


@pytest.mark.parametrize("text", ["optimizer.lr=0.1", "optimizer.lr=choice(0.1)"])
def test_a_single_value_is_fixed(text: str) -> None:
    assignment = read_assignment(text)
    assert assignment.axis is None
    assert assignment.value == 0.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("optimizer.lr=interval(1,0.1)", "low end of an interval must lie below"),
        ("optimizer.lr=tag(log,interval(0,1))", "a log scale needs a positive low end"),
        ("optimizer.lr=0.1,0.1", "a value is named twice"),
        ("optimizer.lr=range(3,1)", "there is nothing to try"),
        ("+optimizer.lr=0.1", "write it without"),
        ("~optimizer.lr", "write it without"),
        ("optimizer.lr=0.1)", "extraneous input"),
    ],
)
def test_slips_name_the_key(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_assignment(text)
    assert "optimizer.lr" in str(caught.value)


def test_a_group_cannot_be_an_interval() -> None:
    assignment = read_assignment("optimizer=interval(0,1)")
    with pytest.raises(ConfigError, match="optimizer is a group"):
        _ = assignment.choices


@pytest.mark.parametrize("value", [None, True, 3, 0.1 + 0.2, 1e-7, "full", [64, 32], []])
def test_values_written_are_read_back_the_same(value: object) -> None:
    assert read_assignment(to_text("a.b", value)).value == value
    assert read_assignment(f"a.b={as_override(value)}").value == value


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "3", "1e5", "True", "null", "NaN", "0x1", "a b", " a ", "a,b", "a=b", "a:b"),
        *("f(x)", "tag(log,interval(1,2))", "[a]", "{a: b}", "größe", "it's", 'say "a"', "\\"),
        *("C:\\my files\\", '\\"', '\\\\"', "/home/me/my table (1).csv", "~/a.csv"),
        *("a/b-c_d.e", "#1"),
    ],
)
def test_any_text_is_read_back_the_same(text: str) -> None:
    """Names of files and columns may have any characters."""
    assert read_assignment(f"a.b={as_override(text)}").value == text
    assert read_assignment(f"a.b={as_override([text, 'x'])}").value == [text, "x"]
    assert read_assignment(to_text("a.b", [text, 1])).value == [text, 1]


def test_a_float_is_written_to_the_last_bit() -> None:
    assert float(as_override(0.1 + 0.2)) == 0.1 + 0.2
