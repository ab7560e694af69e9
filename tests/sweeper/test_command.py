"""A sweep's plan, and what comes after it."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ffnn_lab.sweeper.command import announce
from ffnn_lab.sweeper.estimate import Estimate
from tests.support.sweeps import make_definition


@pytest.mark.parametrize("is_dry", [False, True])
def test_a_plan_is_shown_before_anything_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_dry: bool
) -> None:
    """A slip is seen before it costs minutes; a dry run compiles nothing at all."""
    told = StringIO()
    compiled: list[str] = []

    def timed(*_: object, may_compile: bool, **__: object) -> Estimate:
        if may_compile:
            compiled.append(told.getvalue())
        return Estimate(0, 3, 1, 7.0 if may_compile else 90.0, is_upper=not may_compile)

    monkeypatch.setattr("ffnn_lab.sweeper.command.estimate", timed)
    goes_on = announce(
        make_definition("grid"),
        tmp_path / "sweep",
        Console(file=told, width=200),
        is_continued=True,
        launcher="basic",
        n_workers=1,
        n_threads=1,
        is_dry=is_dry,
    )
    assert goes_on is not is_dry
    said = told.getvalue()
    assert "24 runs; 3 populations of at most 8, 1 thread; about 2 min here, less once" in said
    if is_dry:
        assert compiled == []
    else:
        assert "24 runs; 3 populations" in compiled[0]
        assert said.splitlines()[-1] == "compiled; about 7 s here"
