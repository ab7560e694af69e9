"""The help of ``python -m ffnn_lab.run`` is the text that Hydra itself would print."""

from argparse import Namespace
from pathlib import Path

import pytest
from hydra import initialize
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra

from ffnn_lab.api.composing import CONFIG, hydra_set_up
from ffnn_lab.run_help import groups_of, is_help, print_help


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--help"], True),
        (["optimizer=adam", "-h"], True),
        (["--help", "--config-dir=x"], False),  # left to Hydra
        (["--hydra-help"], False),
        (["optimizer=adam"], False),
        ([], False),
    ],
)
def test_which_command_lines_ask_for_it(words: list[str], *, expected: bool) -> None:
    assert is_help(words) == expected


@pytest.mark.parametrize("overrides", [[], ["optimizer=adam", "seed=3"]])
def test_it_is_what_hydra_prints(
    overrides: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "own.yaml").touch()
    print_help(["--help", *overrides])
    said = capsys.readouterr().out
    with initialize(version_base="1.3", config_path=None, job_name="ffnn_lab"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        asked = Namespace(overrides=overrides, resolve=False)
        hydra.app_help(config_name=CONFIG, args_parser=get_args_parser(), args=asked)
    assert said == capsys.readouterr().out


def test_groups_are_listed_once_and_hydras_own_not() -> None:
    with hydra_set_up() as loader:
        groups = groups_of(loader.get_sources())
    assert groups["tracking"] == ["off", "offline", "online"]
    assert "default" in groups["sweeps"]
    assert not any(name.startswith("hydra") for name in groups)
    assert list(groups) == sorted(groups)
