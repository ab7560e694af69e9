"""The display of a sweep: plain lines if the output is no terminal, else a live picture."""

import io
from dataclasses import replace

from rich.console import Console

from ffnn_lab.progress import Progress
from ffnn_lab.records import LayerPoint
from ffnn_lab.sweeper.display import RunDisplay, SweepDisplay, print_result
from tests.support.builders import make_run
from tests.support.report.builders import make_config, make_result
from tests.support.sweeps import make_definition

ASKED = {"tune": 12, "confirm": 6}


def test_lines_tell_what_is_recorded() -> None:
    """Lines are printed at the start and at the end, and between them only at long intervals."""
    told = io.StringIO()
    with SweepDisplay(make_definition("grid"), Console(file=told, width=200)) as display:
        for tune, confirm in ((0, 0), (4, 0), (8, 0), (12, 6)):
            display.progress(Progress({"tune": tune, "confirm": confirm}, ASKED))
        display.notice("a line [not markup] :smile:")
    lines = told.getvalue().splitlines()
    assert lines[0] == "tune: 0 of 12 runs recorded, confirm: 0 of 6 runs recorded, 0 s"
    assert lines[1].startswith("tune: 12 of 12 runs recorded, confirm: 6 of 6 runs recorded, ")
    assert lines[2:] == ["a line [not markup] :smile:"]


def test_a_terminal_shows_a_picture() -> None:
    """Runs in training count as done, in the first stage that is not complete."""
    told = io.StringIO()
    console = Console(file=told, force_terminal=True, width=120)
    with SweepDisplay(make_definition("grid"), console) as display:
        display.progress(Progress({"tune": 6, "confirm": 0}, ASKED, {"sgd": 0.125}))
        display.in_training({"one": 2.5, "other": 1.0})
    shown = told.getvalue()
    assert "12.50%" in shown
    assert "9/12" in shown
    assert "runs recorded" not in shown
    assert shown.endswith("\x1b[?25h")  # the cursor is back


def test_a_run_tells_its_trouble_below_its_table() -> None:
    healthy = make_result(make_config("sgd", 0, 0), (0.01, 0.02, 0.03))
    dead = LayerPoint(2, 14, 1, "0", 9, {"dead": 1.0, "difference": 0.3})
    for layers, expected in (([], None), ([dead], "layer 1: all 9 units are dead at epoch 2")):
        told = io.StringIO()
        print_result(replace(healthy, layers=layers), "here", Console(file=told, width=200))
        lines = told.getvalue().splitlines()
        assert lines[-1].startswith("completed after 2 epochs")
        if expected is None:
            assert lines[-2].strip().startswith("test")
        else:
            assert lines[-2].startswith(expected)


def test_a_single_run_is_silent_without_a_terminal() -> None:
    told = io.StringIO()
    with RunDisplay(make_run(), Console(file=told)):
        pass
    assert told.getvalue() == ""
