"""Signals must be those of the start and of the last diagnosis of the runs that are meant."""

from pathlib import Path

from ffnn_lab.report.measures.signals import signals_of
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep
from tests.support.report.layer_builders import with_layers


def test_signals_are_those_of_the_start_and_the_end(tmp_path: Path) -> None:
    arms = {"sgd": Built(tuned=all_ended([0.1, 0.2])), "adam": Built(tuned=all_ended([0.1, 0.2]))}
    sweep = make_arm_sweep(tmp_path, arms, n_of_replicate=1)
    diagnosed = with_layers(
        sweep,
        lambda arm, replicate, epoch, layer: {
            "active.std": 1000 * (arm == "adam") + 100 * replicate + 10 * epoch + layer
        },
        n_layers=2,
    )
    rows = diagnosed.rows
    own = signals_of(
        diagnosed.layers, rows[(rows["arm"] == "adam") & (rows["stage"] == "confirm")]
    )
    table = own.set_index(["replicate", "moment", "layer"])["active.std"]
    assert table.to_dict() == {
        (0, "start", 1): 1001,
        (0, "start", 2): 1002,
        (0, "end", 1): 1021,
        (0, "end", 2): 1022,
        (1, "start", 1): 1101,
        (1, "start", 2): 1102,
        (1, "end", 1): 1121,
        (1, "end", 2): 1122,
    }
    assert own["dead"].isna().all()
