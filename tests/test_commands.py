"""Code that commands share: their parser, their errors and their JSON."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ffnn_lab.commands import Parser, exit_code_of, plain, print_json
from ffnn_lab.config import UserError


def test_a_slip_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="ffnn-lab x")
    parser.add_json("a, b")
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["--bogus"])
    assert end.value.code == 2
    error = "error: unrecognized arguments: --bogus; ffnn-lab x --help shows the options\n"
    assert capsys.readouterr() == ("", error)


def test_the_common_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FFNN_LAB_OUTPUTS", "~/records")
    monkeypatch.setenv("HOME", str(tmp_path))
    parser = Parser(prog="x")
    parser.add_outputs()
    parser.add_to()
    parser.add_json("a")
    asked = parser.parse_args([])
    assert (asked.outputs, asked.to, asked.json) == (tmp_path / "records", None, False)
    asked = parser.parse_args(["--outputs", "o", "--to", "~/t", "--json"])
    assert (asked.outputs, asked.to, asked.json) == (Path("o"), tmp_path / "t", True)


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (UserError("write it so"), 2, "error: write it so\n"),
        (FileNotFoundError(2, "No such file", "x"), 2, "error: [Errno 2] No such file: 'x'\n"),
        (KeyboardInterrupt(), 130, "stopped\n"),
    ],
)
def test_what_the_user_can_mend_is_one_message(
    raised: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> int:
        raise raised

    assert exit_code_of(command, interrupted="stopped\n") == code
    assert capsys.readouterr() == ("", message)


def test_a_commands_own_exit_code_is_kept() -> None:
    assert exit_code_of(lambda: 1) == 1
    assert exit_code_of(lambda: None) == 0


def test_json_has_no_number_that_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    value = {
        "path": Path("a/b"),
        "numbers": [1, np.int64(2), 0.5, np.float32(0.5), math.nan, math.inf, pd.NA, None],
        "flags": (True, np.False_),
        "array": np.array([[1.0, math.nan]]),
    }
    print_json(value)
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert told == {
        "path": "a/b",
        "numbers": [1, 2, 0.5, 0.5, None, None, None, None],
        "flags": [True, False],
        "array": [[1.0, None]],
    }
    assert plain(told) == told
