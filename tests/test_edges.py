"""An edge is flagged where a better value may lie beyond, and nowhere else."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ffnn_lab.config.fields import Range
from ffnn_lab.edges import edge_side, edge_text, natural_range, setting_edges
from ffnn_lab.protocols.space import Axis, Choice, Interval

LOG = Interval(0.01, 1.0, log=True)
LINEAR = Interval(0.0, 0.5, log=False)
WHOLE = Interval(16, 512, log=True, is_int=True)
CHOICE = Choice((0.1, 10.0, 1.0))


@pytest.mark.parametrize(
    ("axis", "value", "side"),
    [
        # Two decades, of which 5% is a factor of 10^0.1 = 1.2589.
        (LOG, 0.01, "low"),
        (LOG, 0.0125, "low"),
        (LOG, 0.0127, ""),
        (LOG, 0.1, ""),
        (LOG, 0.79, ""),
        (LOG, 0.80, "high"),
        (LOG, 1.0, "high"),
        (LINEAR, 0.025, "low"),
        (LINEAR, 0.026, ""),
        (LINEAR, 0.474, ""),
        (LINEAR, 0.475, "high"),
        (WHOLE, 17, "low"),
        (WHOLE, 64, ""),
        (WHOLE, 500, "high"),
        # Outermost by size, not by place.
        (CHOICE, 10.0, "high"),
        (CHOICE, 1.0, ""),
        (CHOICE, 0.1, "low"),
        (Choice(("relu", "tanh")), "tanh", ""),
        (Choice((False, True)), True, ""),
        (Choice(([64], [128])), [128], ""),
        (Choice((0.3,)), 0.3, ""),
        (Choice((None, 1.0, 2.0, 3.0)), None, ""),
        (Choice((None, 1.0, 2.0, 3.0)), 3.0, "high"),
    ],
)
def test_side(axis: Axis, value: object, side: str) -> None:
    assert edge_side(axis, value, natural=None) == side


@pytest.mark.parametrize(
    ("axis", "value", "side"),
    [(LINEAR, 0.0, ""), (LINEAR, 0.5, "high"), (replace(LINEAR, low=0.1), 0.1, "low")],
)
def test_a_natural_bound_is_no_edge(axis: Axis, value: float, side: str) -> None:
    assert edge_side(axis, value, natural=Range.parse("[0, 1)")) == side


def test_a_bound_that_cannot_be_reached_is_an_edge() -> None:
    """A learning rate's range is (0, inf): 0 itself is not allowed, so it is no natural bound."""
    axis = Interval(0.0, 1.0, log=False)
    assert edge_side(axis, 0.001, natural=Range.parse("(0, inf)")) == "low"


@pytest.mark.parametrize(
    ("axis", "value", "tried", "failed", "side"),
    [
        # A list: the neighbor diverged, whichever way the values are written.
        (Choice((0.001, 0.002, 1e30)), 0.002, [0.001], [1e30], "high"),
        (Choice((1e30, 0.002, 0.001)), 0.002, [0.001], [1e30], "high"),
        (Choice((0.001, 0.002, 1e30)), 0.001, [0.002], [1e30], "low"),
        (Choice((1e-30, 0.1, 0.2)), 0.1, [0.2], [1e-30], "low"),
        # No edge: inside of values that completed, or a failed value completed in another setting.
        (Choice((0.001, 0.002, 0.003, 9.0)), 0.002, [0.003], [9.0], ""),
        (Choice((0.001, 0.002, 9.0)), 0.002, [9.0], [9.0], ""),
        # A value that was not tried yet is no failure.
        (Choice((0.001, 0.002, 9.0)), 0.002, [0.001], [], ""),
        (Choice((0.001, 9.0)), 0.001, [], [9.0], "low"),
        (Choice((2, 4, 8)), 4, [2], [8], "high"),
        # A grid that grew.
        (CHOICE, 10.0, [], [100.0], "high"),
        # An interval of two decades, 5% of which is a factor of 1.26.
        (LOG, 0.1, [0.02, 0.05], [0.2, 0.5], "high"),
        (LOG, 0.1, [0.02, 0.11], [0.5], "high"),
        (LOG, 0.1, [0.02, 0.13], [0.5], ""),
        (LOG, 0.1, [0.02, 0.05], [0.12, 0.5], ""),  # known to end there
        (LOG, 0.1, [0.02, 0.05], [], ""),
        (LOG, 0.1, [0.2, 0.3], [0.05], "low"),
        (LINEAR, 0.2, [0.1], [0.3], "high"),
        (WHOLE, 64, [32], [200], "high"),
        (Interval(1, 8, log=False, is_int=True), 3, [2], [4], ""),  # nothing between
        (Interval(1, 8, log=False, is_int=True), 3, [2], [5], "high"),
    ],
)
def test_the_edge_is_where_settings_ceased_to_complete(
    axis: Axis, value: float, tried: list[float], failed: list[float], side: str
) -> None:
    assert edge_side(axis, value, natural=None, tried=tried, failed=failed) == side


def test_the_edges_of_several_axes_where_settings_failed() -> None:
    """A rate of 10 fails only with a gain of 1, but a gain of 1 fails with every rate."""
    space: dict[str, Axis] = {
        "optimizer.lr": Choice((0.1, 1.0, 10.0)),
        "initializer.gain": Choice((0.1, 0.5, 1.0)),
    }
    tried = [
        {"optimizer.lr": lr, "initializer.gain": gain}
        for lr in (0.1, 1.0, 10.0)
        for gain in (0.1, 0.5, 1.0)
    ]
    failed = [setting for setting in tried if setting["initializer.gain"] == 1.0]
    best = {"optimizer.lr": 1.0, "initializer.gain": 0.5}
    assert setting_edges(space, best, tried=tried) == {}
    assert setting_edges(space, best, tried=tried, failed=failed) == {"initializer.gain": "high"}
    assert setting_edges(space, failed[0], tried=tried, failed=failed) == {}


def test_a_grid_that_grew_is_judged_by_what_was_tried() -> None:
    assert edge_side(CHOICE, 10.0, natural=None, tried=[100.0]) == ""
    assert edge_side(CHOICE, 100.0, natural=None, tried=[100.0]) == "high"


@pytest.mark.parametrize(
    ("key", "declared"),
    [
        ("dropout.hidden", "[0, 1)"),
        ("optimizer.lr", "(0, inf)"),
        ("optimizer.momentum", "[0, 1)"),
        ("initializer.gain", "[0, inf)"),
        ("model.widths", "[1, inf)"),
        ("schedule.delta", "(0, 1]"),
    ],
)
def test_natural_range_is_read_from_the_config(key: str, declared: str) -> None:
    assert natural_range(key) == Range.parse(declared)


def test_a_key_without_a_range_has_no_natural_one() -> None:
    assert natural_range("model.activation") is None


SPACE: dict[str, Axis] = {
    "optimizer.lr": CHOICE,
    "dropout.hidden": LINEAR,
    "initializer.gain": LOG,
}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((0.1, 0.25, 1.0), "optimizer.lr low; initializer.gain high"),
        ((1.0, 0.5, 0.1), "dropout.hidden high"),
        ((1.0, 0.0, 0.1), ""),  # no dropout is the natural bound
    ],
)
def test_the_edges_of_a_setting_in_words(values: tuple[float, ...], text: str) -> None:
    setting = dict(zip(SPACE, values, strict=True))
    assert edge_text(setting_edges(SPACE, setting)) == text


def test_the_edges_of_a_setting_of_a_grid_that_grew() -> None:
    """The learning rates grew to 100, so that 10 has a neighbor on either side."""
    others = {"dropout.hidden": 0.2, "initializer.gain": 0.1}
    tried: list[Mapping[str, object]] = [{"optimizer.lr": lr, **others} for lr in (10.0, 100.0)]
    assert setting_edges(SPACE, tried[0], tried=tried) == {}
    assert setting_edges(SPACE, tried[1], tried=tried) == {"optimizer.lr": "high"}
    assert setting_edges(SPACE, tried[0]) == {"optimizer.lr": "high"}


def test_a_setting_without_axes_lies_on_no_edge() -> None:
    assert edge_text(setting_edges({}, {})) == ""
