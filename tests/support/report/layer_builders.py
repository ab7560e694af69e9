"""Records of a sweep with diagnoses of layers that a test gives."""

from collections.abc import Callable, Mapping

import pyarrow as pa

from ffnn_lab.records.parts import write_part
from ffnn_lab.records.schema import schema_of
from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.builders import load_sweep

Diagnosed = Callable[[str, int, int, int], Mapping[str, float]]
"""A function that returns the statistics of a layer from (arm, replicate, epoch, layer)."""


def with_layers(sweep: Sweep, diagnosed: Diagnosed, *, n_layers: int = 5) -> Sweep:
    """Add diagnoses of each confirmed run to the records of a sweep, and load it again.

    Args:
        sweep: A sweep without diagnoses.
        diagnosed: The statistics of a layer, at the epochs 0 and 2.
        n_layers: Number of layers.
    """
    rows = sweep.rows[sweep.rows["stage"] == "confirm"]
    contents = [
        {
            "run_id": run_id,
            "epoch": epoch,
            "step": 7 * epoch,
            "layer": layer,
            "module": str(2 * layer - 2),
            "n_units": 4,
            **diagnosed(arm, replicate, epoch, layer),
        }
        for run_id, arm, replicate in zip(
            rows["run_id"], rows["arm"], rows["replicate"], strict=True
        )
        for epoch in (0, 2)
        for layer in range(1, n_layers + 1)
    ]
    table = pa.Table.from_pylist(contents, schema=schema_of("layers"))
    write_part(sweep.folder, "diagnosed", "layers", table)
    return load_sweep(sweep.folder)
