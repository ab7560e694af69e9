"""Protocols as options: their names, their numbers of settings, and the axes that they refuse."""

import dataclasses
from collections.abc import Sequence

import pytest

from ffnn_lab.config import ConfigError
from ffnn_lab.config.fields import check
from ffnn_lab.config.sweep import ProtocolConfig
from ffnn_lab.protocols import PROTOCOLS
from ffnn_lab.protocols.space import Axis, Choice, Interval

LISTED, GROWING = Choice((0.1, 0.2)), Choice((0.1, 0.2), grows=True)
DRAWN = Interval(0.0, 1.0, log=False)


@pytest.mark.parametrize(
    ("protocol", "axes", "says"),
    [
        ("grid", (DRAWN,), "needs finitely many values on every axis; axis0 is an interval"),
        ("grid_until_interior", (LISTED,), "needs one axis that grows in every arm.*has 0"),
        ("grid_until_interior", (GROWING, GROWING), "arm a has 2"),
        ("random", (GROWING,), "axis0 grows, which only the protocol grid_until_interior can do"),
        ("cmaes", (DRAWN,), "needs at least two axes in every arm"),
        ("cmaes", (DRAWN, DRAWN, LISTED), "all of them intervals; arm a has 2 among 3"),
        ("grid", (LISTED, LISTED), None),
        ("grid_until_interior", (GROWING, DRAWN), None),
        ("random", (LISTED, DRAWN), None),
        ("qmc", (), None),
        ("tpe", (DRAWN,), None),
        ("cmaes", (DRAWN, DRAWN), None),
    ],
)
def test_a_protocol_that_the_axes_do_not_fit_is_refused(
    protocol: str, axes: Sequence[Axis], says: str | None
) -> None:
    space = {f"axis{number}": axis for number, axis in enumerate(axes)}
    if says is None:
        PROTOCOLS[protocol].check({"a": space})
        return
    with pytest.raises(ConfigError, match=says) as caught:
        PROTOCOLS[protocol].check({"a": space})
    assert f"hydra.sweeper.protocol.name={protocol}" in str(caught.value)


def test_the_config_takes_every_protocol() -> None:
    config = ProtocolConfig(name="auto", n_settings=1, seed=0, max_points=2, n_parallel=4)
    for name in ("auto", *PROTOCOLS):
        check(dataclasses.replace(config, name=name), "")
    names = "auto, grid, grid_until_interior, random, qmc, tpe, cmaes"
    with pytest.raises(ConfigError, match=f"name must be one of {names}; got hill"):
        check(dataclasses.replace(config, name="hill"), "")


def test_what_tells_protocols_apart() -> None:
    assert [name for name, each in PROTOCOLS.items() if each.is_sampled] == ["tpe", "cmaes"]
    assert [name for name, each in PROTOCOLS.items() if each.grows] == ["grid_until_interior"]
    assert [name for name, each in PROTOCOLS.items() if each.is_independent] == ["random"]
    fixed = [name for name, each in PROTOCOLS.items() if "n_settings" not in each.limits]
    assert fixed == ["grid", "grid_until_interior"]
    assert all(each.description for each in PROTOCOLS.values())


THREE, TWO = Choice((1.0, 2.0, 3.0)), Choice((True, False))


@pytest.mark.parametrize(
    ("protocol", "axes", "limit", "expected"),
    [
        ("grid", (THREE, TWO), 2, 6),
        ("grid", (), 5, 1),
        ("grid_until_interior", (GROWING, THREE), 2, 6),
        ("grid_until_interior", (GROWING, DRAWN), 5, 4),  # two draws for each of two points
        ("grid_until_interior", (GROWING, DRAWN), 1, 2),
        *((name, (THREE, TWO), 5, 5) for name in ("random", "qmc", "tpe")),
        *((name, (THREE, TWO), 16, 6) for name in ("random", "qmc", "tpe")),
        *((name, (THREE, DRAWN), 16, 16) for name in ("random", "qmc", "tpe")),
        ("random", (), 16, 1),
    ],
)
def test_settings_before_growth(
    protocol: str, axes: Sequence[Axis], limit: int, expected: int
) -> None:
    space = {f"axis{number}": axis for number, axis in enumerate(axes)}
    assert PROTOCOLS[protocol].n_settings(space, limit) == expected
