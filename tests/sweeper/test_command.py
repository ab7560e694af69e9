"""A sweep's plan, and what comes after it."""

from io import StringIO
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from rich.console import Console

from ffnn_lab.config import ConfigError
from ffnn_lab.sweeper.command import announce, settle_launcher
from ffnn_lab.sweeper.cores import n_cores
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


@pytest.mark.parametrize(
    ("launcher", "n_jobs", "n_workers", "expected"),
    [
        ("basic", None, None, 1),
        ("basic", None, 1, 1),
        ("joblib", 3, None, 3),
        ("joblib", -1, None, n_cores()),
        ("joblib", -1, 2, 2),
        ("submitit_local", None, None, 1),
        ("submitit_local", None, 4, 4),
    ],
)
def test_a_launcher_starts_as_many_workers_as_it_can(
    launcher: str, n_jobs: int | None, n_workers: int | None, expected: int
) -> None:
    master = OmegaConf.create(
        {
            "hydra": {
                "runtime": {"choices": {"hydra/launcher": launcher}},
                "launcher": {"n_jobs": n_jobs},
            }
        }
    )
    assert settle_launcher(master, n_workers) == (launcher, expected)


def test_the_basic_launcher_starts_no_second_worker() -> None:
    master = OmegaConf.create({"hydra": {"runtime": {"choices": {"hydra/launcher": "basic"}}}})
    with pytest.raises(ConfigError, match=r"n_workers=2 needs a launcher that starts processes"):
        settle_launcher(master, 2)
