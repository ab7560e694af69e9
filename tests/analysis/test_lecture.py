"""The lecture's commands must run, and end with what the page says of them."""

import re
from pathlib import Path

import pytest

from analysis.lecture import PAGE, Step, small, steps
from tests.support.command_line import run_lab_forked

STEPS = steps(PAGE.read_text(encoding="utf-8"))
SWEEPS = Path(PAGE).parents[1] / "sweeps"
RUNS = [step for step in STEPS if step.words[1] == "ffnn_lab.run" and step.words[2] != "-m"]
"""The commands that train a single run."""
SAID = [
    "layer 1: all 128 units are equal since epoch 0",
    "layer 1: all 128 units are equal since epoch 0",
    "",
    "of its activations are saturated since epoch 0",
    "layer 1: all 128 units are dead since epoch 0",
    "units are dead since epoch",
]
"""A part of the line that each run prints about its layers; empty if it has no trouble."""


def test_every_statement_has_a_command() -> None:
    headings = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert list(dict.fromkeys(step.statement for step in STEPS)) == headings
    assert len(headings) == 9


def test_every_sweep_of_the_page_has_a_smallest_size() -> None:
    words = [word for step in STEPS for word in small(step.words) if word.startswith("sweeps=")]
    assert len(words) >= 6
    for word in words:
        assert word.endswith("_smoke")
        assert (SWEEPS / f"{word.removeprefix('sweeps=')}.yaml").exists()


def test_the_default_sweep_is_made_short() -> None:
    assert small(("-m", "ffnn_lab.run", "-m", "tracking=off"))[4:] == [
        "trainer.max_epochs=2",
        "hydra.sweeper.replicates=2",
    ]


def test_each_run_says_what_the_page_says(tmp_path: Path) -> None:
    """Numbers may differ in the last digits on another machine; what is wrong may not."""
    assert len(RUNS) == len(SAID)
    for step, expected in zip(RUNS, SAID, strict=True):
        said = run_lab_forked(tmp_path, *step.words[2:])
        assert said.exit_code == 0, said.error
        found = [line for line in said.out.splitlines() if "units are" in line or "sat" in line]
        assert len(found) == bool(expected)
        assert expected in "".join(found)


@pytest.mark.exhaustive
def test_the_lecture_runs_from_the_first_command_to_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from analysis import lecture  # noqa: PLC0415 - as the command imports it

    monkeypatch.setattr(lecture, "OUTPUTS", str(tmp_path / "outputs"))
    assert lecture.main() == 0
    said = capsys.readouterr().out
    assert all(step.statement in said for step in STEPS)


def test_blocks_of_other_languages_are_no_commands() -> None:
    text = "## One\n\n```sh\npython -m a 'b c'\n```\n\n```python\nx\n```\n\n## Two\n"
    assert steps(text) == [Step("One", ("-m", "a", "b c"))]
