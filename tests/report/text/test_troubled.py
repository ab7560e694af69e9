"""A report counts the runs that ended in trouble, and shows what one of them says."""

from dataclasses import replace
from pathlib import Path

from ffnn_lab.records import LayerPoint, RecordWriter
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.text.notes import notes
from tests.support.report.builders import (
    CONFIRM,
    load_sweep,
    make_config,
    make_result,
    write_sweep,
)
from tests.support.report.words import worded

DEAD = LayerPoint(2, 14, 1, "0", 9, {"dead": 1.0, "difference": 0.3})
HEALTHY = LayerPoint(2, 14, 1, "0", 9, {"dead": 0.0, "difference": 0.3})


def write_diagnoses(folder: Path) -> None:
    """Add diagnoses of all confirmed runs, of which the first of Adam has a dead layer."""
    results, is_first = [], True
    for _, arm, setting, seed, last in CONFIRM:
        point = DEAD if arm == "adam" and is_first and not isinstance(last, str) else HEALTHY
        is_first = is_first and point is HEALTHY
        result = make_result(make_config(arm, setting, seed), last)
        results.append(replace(result, layers=[point]))
    RecordWriter(folder, worker="1").write(results)


def test_runs_in_trouble_are_counted_and_one_is_shown(tmp_path: Path) -> None:
    before = Numbers(load_sweep(write_sweep(tmp_path / "small")))
    assert "n_troubled" not in before.arms
    assert "runs in trouble" not in worded("arms", before.arms)
    write_diagnoses(tmp_path / "small")
    numbers = Numbers(load_sweep(tmp_path / "small"))
    counted = numbers.arms.set_index("arm")["n_troubled"]
    assert counted.to_dict() == {"sgd": 0, "adam": 1}
    assert worded("arms", numbers.arms)["runs in trouble"].tolist() == ["0", "1"]
    told = [
        line for line in notes(numbers.sweep, numbers.winners, numbers.arms) if "trouble" in line
    ]
    (line,) = told
    assert line.startswith("adam: 1 of ")
    assert "ended in trouble; for example run " in line
    assert "layer 1: all 9 units are dead at epoch 2" in line
