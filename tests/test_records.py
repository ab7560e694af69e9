"""Records: one schema, whole parts, nothing dropped in silence."""

import dataclasses
import json
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffnn_lab.config import GROUPS, RunConfig, leaves, run_id, with_values
from ffnn_lab.config.fields import leaf_fields, type_hints
from ffnn_lab.records import (
    CurvePoint,
    RecordError,
    RecordWriter,
    RunResult,
    TrialRow,
    read_curves,
    read_definition,
    read_runs,
    read_trials,
    runs_schema,
    write_definition,
)
from tests.builders import make_run
from tests.catalog import OPTIMIZERS


def _result(config: RunConfig, *, status: str = "completed", n_epochs: int = 2) -> RunResult:
    curve = [
        CurvePoint(epoch, 10 * epoch, split, loss=1 / (1 + epoch), error=error, lr=0.1)
        for epoch, errors in enumerate([(0.9, 0.9, 0.9), (0.3, 0.2, 0.5), (0.1, 0.4, 0.05)])
        for split, error in zip(("train", "dev", "test"), errors, strict=True)
        if epoch <= n_epochs
    ]
    return RunResult(
        config=config,
        run_id=run_id(config),
        status=status,
        n_epochs=n_epochs,
        n_steps=10 * n_epochs,
        diverged_step=17 if status == "diverged" else None,
        seconds=0.5,
        chance_error=0.9,
        curve=curve,
    )


def test_schema_has_every_leaf_of_every_option() -> None:
    names = set(runs_schema().names)
    for group, hint in type_hints(RunConfig).items():
        for part in GROUPS.get(group, {"": hint}).values():
            if dataclasses.is_dataclass(part):
                expected = {key for key, _, _ in leaf_fields(cast("type", part), f"{group}.")}
                assert expected <= names


def test_unequal_optimizers_keep_all_their_columns(tmp_path: Path) -> None:
    """A folder of parts of different optimizers must not lose what only one of them has."""
    configs = [make_run(seed=i, optimizer=row.config) for i, row in enumerate(OPTIMIZERS.values())]
    for config in configs:
        RecordWriter(tmp_path).write([_result(config)])
    runs = read_runs(tmp_path).set_index("run_id")
    assert len(runs) == len(configs)
    for config in configs:
        row = runs.loc[run_id(config)]
        for key, value in leaves(config).items():
            if value is None or key == "model.widths":
                continue
            assert row[key] == (str(value) if key == "trainer.batch_size" else value), key
        assert json.loads(str(row["config_json"])) == leaves(config)


def test_dev_best_epoch_ignores_the_test_split() -> None:
    """Dev error is lowest at epoch 1 (0.2), test error at epoch 2 (0.05): best is epoch 1."""
    metrics = _result(make_run()).metrics()
    assert metrics["best.epoch"] == 1
    assert metrics["best.test.error"] == 0.5
    assert metrics["last.test.error"] == 0.05
    assert metrics["last.dev.error"] == 0.4


def test_ties_in_dev_error_go_to_the_lower_dev_loss() -> None:
    result = _result(make_run())
    curve = [dataclasses.replace(p, error=0.2) for p in result.curve]
    assert dataclasses.replace(result, curve=curve).metrics()["best.epoch"] == 2


def test_a_diverged_run_has_no_metrics_but_keeps_its_curve(tmp_path: Path) -> None:
    result = _result(make_run(), status="diverged", n_epochs=1)
    RecordWriter(tmp_path).write([result])
    row = read_runs(tmp_path).iloc[0]
    assert row["status"] == "diverged"
    assert row["diverged_step"] == 17
    assert row[[c for c in row.index if c.startswith(("last.", "best."))]].isna().all()
    assert read_curves(tmp_path)["epoch"].max() == 1


def test_a_part_that_was_not_renamed_is_not_read(tmp_path: Path) -> None:
    RecordWriter(tmp_path).write([_result(make_run(seed=0))])
    (tmp_path / "runs" / ".part-0-1.parquet").write_bytes(b"torn")
    assert len(read_runs(tmp_path)) == 1


def test_compaction_keeps_every_row_once(tmp_path: Path) -> None:
    writer = RecordWriter(tmp_path)
    for seed in range(3):
        config = make_run(seed=seed)
        writer.write([_result(config)], [TrialRow("tune", "a", 0, seed, run_id(config))])
    before = read_runs(tmp_path), read_trials(tmp_path), read_curves(tmp_path)
    writer.compact()
    after = read_runs(tmp_path), read_trials(tmp_path), read_curves(tmp_path)
    for one, two in zip(before, after, strict=True):
        assert one.equals(two)
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_rows_standing_twice_are_read_once(tmp_path: Path) -> None:
    """As after a crash between a compaction and the removal of its parts."""
    for worker in ("0", "1"):
        RecordWriter(tmp_path, worker).write([_result(make_run())])
    assert len(read_runs(tmp_path)) == 1
    assert len(read_curves(tmp_path)) == 9


def test_a_part_that_is_compacted_away_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another process may read while a sweep ends."""
    writer = RecordWriter(tmp_path)
    for seed in range(2):
        writer.write([_result(make_run(seed=seed))])
    read = pq.read_table

    def read_late(path: Path) -> pa.Table:
        monkeypatch.setattr(pq, "read_table", read)
        writer.compact()
        return read(path)

    monkeypatch.setattr(pq, "read_table", read_late)
    assert len(read_runs(tmp_path)) == 2


def test_one_run_may_serve_several_arms(tmp_path: Path) -> None:
    config = make_run()
    rows = [TrialRow("tune", arm, 0, 0, run_id(config)) for arm in ("a", "b")]
    RecordWriter(tmp_path).write([_result(config)], rows)
    assert read_trials(tmp_path)["arm"].tolist() == ["a", "b"]
    assert len(read_runs(tmp_path)) == 1


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    RecordWriter(tmp_path).write([_result(make_run())])
    part = next((tmp_path / "runs").glob("part-*.parquet"))
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(RecordError, match=r"part-0-0\.parquet cannot be read .*delete it"):
        read_runs(tmp_path)


def test_a_part_of_another_schema_is_named(tmp_path: Path) -> None:
    RecordWriter(tmp_path).write([_result(make_run())])
    part = next((tmp_path / "runs").glob("part-*.parquet"))
    pq.write_table(pq.read_table(part).drop_columns(["seconds"]), part)
    with pytest.raises(RecordError, match=r"columns differ \(seconds\)"):
        read_runs(tmp_path)


def test_a_damaged_definition_is_named(tmp_path: Path) -> None:
    write_definition(tmp_path, {"name": "x"})
    assert read_definition(tmp_path) == {"name": "x"}
    (tmp_path / "definition.json").write_text('{"name": ')
    with pytest.raises(RecordError, match=r"definition\.json cannot be read"):
        read_definition(tmp_path)


def test_reading_nothing_gives_empty_tables(tmp_path: Path) -> None:
    assert read_runs(tmp_path).empty
    assert list(read_runs(tmp_path).columns) == runs_schema().names
    assert read_definition(tmp_path) is None


def test_values_survive_to_the_bit(tmp_path: Path) -> None:
    config = with_values(make_run(), {"optimizer.lr": 0.1 + 0.2})
    RecordWriter(tmp_path).write([_result(config)])
    assert read_runs(tmp_path)["optimizer.lr"].iloc[0] == 0.1 + 0.2
