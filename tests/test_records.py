"""Records: one schema, whole parts, nothing dropped in silence."""

import dataclasses
import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffnn_lab.config import GROUPS, RunConfig, leaves, run_id, with_values
from ffnn_lab.config.fields import leaf_fields, type_hints
from ffnn_lab.definition import read_definition
from ffnn_lab.records import (
    DEFAULT_SETTING,
    STATUSES,
    CurvePoint,
    Direction,
    RecordError,
    RecordWriter,
    RunResult,
    TableReader,
    TrialRow,
    read_curves,
    read_directions,
    read_runs,
    read_trials,
    runs_schema,
)
from ffnn_lab.records.schema import FORMAT
from tests.catalog import OPTIMIZERS
from tests.support.builders import make_run
from tests.support.parts import rewrite

OLD = Path(__file__).parent / "records_of" / "9b2446f"


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
    """A folder of parts of different optimizers must not lose columns of only one of them."""
    configs = [make_run(seed=i, optimizer=row.config) for i, row in enumerate(OPTIMIZERS.values())]
    for config in configs:
        RecordWriter(tmp_path).write([_result(config)])
    runs = read_runs(tmp_path).set_index("run_id")
    assert len(runs) == len(configs)
    for config in configs:
        row = runs.loc[run_id(config)]
        for key, value in leaves(config).items():
            if value is None or isinstance(value, list):
                continue
            stored = {"trainer.batch_size": "8", "trainer.compile": "false"}.get(key, value)
            assert row[key] == stored, key
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


DIRECTIONS = [
    Direction(1, 10, {"min_norm": 0.75, "sign": 0.5}),
    Direction(2, 20, {"min_norm": 0.25, "sign": 1.0}),
]


def test_cosines_have_columns_that_are_empty_elsewhere(tmp_path: Path) -> None:
    result = _result(make_run(seed=0))
    told = dataclasses.replace(result, directions=DIRECTIONS)
    RecordWriter(tmp_path).write([told, _result(make_run(seed=1))])
    runs = read_runs(tmp_path).sort_values("seed")
    assert runs["cosine.min_norm"].tolist()[0] == 0.25
    assert runs["cosine.sign"].tolist()[0] == 1.0
    assert runs[["cosine.min_norm", "cosine.sign"]].iloc[1].isna().all()
    assert "cosine.sign" not in result.metrics()


def test_directions_are_a_table_of_runs_that_have_them(tmp_path: Path) -> None:
    assert read_directions(tmp_path).empty
    RecordWriter(tmp_path).write([_result(make_run(seed=0))])
    assert not (tmp_path / "directions").exists()
    told = dataclasses.replace(_result(make_run(seed=1)), directions=DIRECTIONS)
    writer = RecordWriter(tmp_path)
    writer.write([told])
    writer.write([told])  # a run that was recorded twice
    for _ in range(2):
        found = read_directions(tmp_path)
        assert found.to_dict("list") == {
            "run_id": [told.run_id] * 2,
            "epoch": [1, 2],
            "step": [10, 20],
            "cosine.min_norm": [0.75, 0.25],
            "cosine.sign": [0.5, 1.0],
        }
        assert TableReader(tmp_path, "directions").refresh().equals(found)
        writer.compact()


@pytest.mark.parametrize("status", ["diverged", "pruned", "failed"])
def test_only_a_run_that_completed_has_final_cosines(status: str) -> None:
    result = dataclasses.replace(_result(make_run()), directions=DIRECTIONS)
    assert result.cosines == DIRECTIONS[-1].cosines
    assert dataclasses.replace(result, status=status).cosines == {}
    # Nor has a run whose last weights had no direction.
    assert dataclasses.replace(result, directions=DIRECTIONS[:1]).cosines == {}


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
    """Rows stand twice after a crash between a compaction and the removal of its parts."""
    for worker in ("0", "1"):
        RecordWriter(tmp_path, worker).write([_result(make_run())])
    assert len(read_runs(tmp_path)) == 1
    assert len(read_curves(tmp_path)) == 9


def test_a_part_that_is_compacted_away_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may read while a sweep ends."""
    writer = RecordWriter(tmp_path)
    for seed in range(2):
        writer.write([_result(make_run(seed=seed))])
    open_part = Path.read_bytes

    def open_late(path: Path) -> bytes:
        monkeypatch.setattr(Path, "read_bytes", open_part)
        writer.compact()
        return open_part(path)

    monkeypatch.setattr(Path, "read_bytes", open_late)
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
    with pytest.raises(RecordError, match=r"part-0-0-\w+\.parquet cannot be read .*delete it"):
        read_runs(tmp_path)


def test_a_part_of_another_schema_is_named(tmp_path: Path) -> None:
    RecordWriter(tmp_path).write([_result(make_run())])
    part = next((tmp_path / "runs").glob("part-*.parquet"))
    rewrite(part, pq.read_table(part).drop_columns(["seconds"]))
    with pytest.raises(RecordError, match=r"columns differ \(seconds\)"):
        read_runs(tmp_path)


def test_a_damaged_definition_is_named(tmp_path: Path) -> None:
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


def _write(
    folder: Path, seed: int, *, status: str = "completed", worker: str = "0", n_epochs: int = 2
) -> str:
    """Write a part of each table for one run, and return the run's id."""
    config = make_run(seed=seed)
    result = _result(config, status=status, n_epochs=n_epochs)
    row = TrialRow("tune", "a", 0, seed, result.run_id)
    RecordWriter(folder, worker).write([result], [row])
    return result.run_id


def _parts(folder: Path, table: str = "runs") -> list[Path]:
    return sorted((folder / table).glob("part-*.parquet"))


def test_a_failed_run_keeps_its_traceback(tmp_path: Path) -> None:
    """A failed run has no metrics, though it has a curve."""
    failed = dataclasses.replace(
        _result(make_run(seed=0), status="failed", n_epochs=1), traceback="Traceback\nMemoryError"
    )
    RecordWriter(tmp_path).write([failed, _result(make_run(seed=1))])
    runs = read_runs(tmp_path)
    assert runs["traceback"].iloc[0] == "Traceback\nMemoryError"
    assert runs["traceback"].isna().tolist() == [False, True]
    metrics = [str(column) for column in runs if str(column).startswith(("last.", "best."))]
    assert runs[metrics].isna().all(axis=1).tolist() == [True, False]
    assert runs_schema().field("traceback").type == pa.string()


def test_a_confirmed_winner_keeps_its_edges(tmp_path: Path) -> None:
    winner = TrialRow("confirm", "a", 3, 1000, "x", edges="optimizer.lr low")
    default = TrialRow("confirm", "a", DEFAULT_SETTING, 1000, "y")
    RecordWriter(tmp_path).write([], [winner, default])
    trials = read_trials(tmp_path)
    assert list(trials) == [*("stage", "arm", "setting", "seed", "run_id"), "edges", "replicate"]
    assert trials["edges"].tolist() == ["optimizer.lr low", ""]
    assert trials["setting"].tolist() == [3, -1]


@pytest.mark.parametrize("table", ["runs", "trials"])
def test_a_part_from_before_a_column_is_named(tmp_path: Path, table: str) -> None:
    _write(tmp_path, 0)
    column = {"runs": "traceback", "trials": "edges"}[table]
    (part,) = _parts(tmp_path, table)
    rewrite(part, pq.read_table(part).drop_columns([column]))
    read = {"runs": read_runs, "trials": read_trials}[table]
    with pytest.raises(RecordError, match=rf"another version of ffnn_lab: .* \({column}\)"):
        read(tmp_path)
    with pytest.raises(RecordError, match=rf"another version of ffnn_lab: .* \({column}\)"):
        TableReader(tmp_path, table, ["run_id"]).refresh()


def test_a_part_is_named_after_all_of_its_bytes_and_names_its_format(tmp_path: Path) -> None:
    _write(tmp_path, 0)
    for table in ("runs", "trials", "curves"):
        (part,) = _parts(tmp_path, table)
        checksum = hashlib.sha256(part.read_bytes()).hexdigest()[:16]
        assert part.name == f"part-0-0-{checksum}.parquet"
        metadata = pq.read_schema(part).metadata
        assert metadata[b"ffnn_lab.format"] == str(FORMAT).encode()
        # Pages have checksums of their own, for whoever copies a part under another name.
        assert pq.read_table(part, page_checksum_verification=True).num_rows > 0


def test_a_part_that_lost_its_checksum_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, 0)
    (part,) = _parts(tmp_path)
    renamed = part.rename(part.with_name("part-0-0.parquet"))
    with pytest.raises(RecordError, match=r"part-0-0\.parquet was renamed: .* give it back"):
        read_runs(tmp_path)
    renamed.rename(part)
    part.rename(part.with_name("part-7-31" + part.name.removeprefix("part-0-0")))
    assert len(read_runs(tmp_path)) == 1  # worker and number in the name may change


def test_a_part_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, 0)
    (part,) = _parts(tmp_path)
    rows = pq.read_table(part)
    metadata = {**rows.schema.metadata, b"ffnn_lab.format": str(FORMAT + 1).encode()}
    rewrite(part, rows.replace_schema_metadata(metadata))
    said = rf"by a newer version of ffnn_lab \(format {FORMAT + 1}; this one"
    with pytest.raises(RecordError, match=said):
        read_runs(tmp_path)


@pytest.mark.parametrize("has_checksum", [False, True])
def test_columns_of_other_names_are_refused(tmp_path: Path, *, has_checksum: bool) -> None:
    """A flipped bit in a footer can rename columns, also in a part without a checksum."""
    _write(tmp_path, 0)
    (part,) = _parts(tmp_path, "trials")
    rows = pq.read_table(part)
    renamed = rows.rename_columns({"setting": "settinf"})
    twice = rows.rename_columns({"setting": "seed"})
    for odd, message in ((renamed, "settinf"), (twice, "setting")):
        if has_checksum:
            part = rewrite(part, odd)
        else:
            pq.write_table(odd.replace_schema_metadata(None), part)
            part = part.rename(part.with_name("part-0-0.parquet"))
        with pytest.raises(RecordError, match=rf"columns differ \({message}\)"):
            read_trials(tmp_path)


def test_a_part_of_another_table_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, 0)
    (part,) = _parts(tmp_path, "curves")
    part.rename(tmp_path / "trials" / part.name)
    with pytest.raises(RecordError, match=r"columns differ \(epoch, error"):
        read_trials(tmp_path)


def test_columns_of_another_type_are_converted_or_refused(tmp_path: Path) -> None:
    """Parts from before there were checksums may have a damaged footer."""
    _write(tmp_path, 0)
    (part,) = _parts(tmp_path, "trials")
    rows = pq.read_table(part).drop_columns(["replicate"]).replace_schema_metadata(None)
    part.unlink()
    place = rows.column_names.index("setting")
    part = part.with_name("part-0-0.parquet")
    for values, is_read in ((pa.array([0], pa.int8()), True), (pa.array(["x"]), False)):
        pq.write_table(rows.set_column(place, "setting", values), part)
        if is_read:
            assert read_trials(tmp_path)["setting"].tolist() == [0]
            continue
        with pytest.raises(RecordError, match=r"part-0-0\.parquet cannot be read \("):
            read_trials(tmp_path)


def test_numbers_of_parts_go_on_from_those_without_a_checksum(tmp_path: Path) -> None:
    shutil.copytree(OLD / "mixed" / "trials", tmp_path / "trials")
    _write(tmp_path, 0)
    names = sorted(path.name.split("-")[2] for path in _parts(tmp_path, "trials"))
    assert names == ["22.parquet", "23"]
    n_rows = len(read_trials(tmp_path))
    RecordWriter(tmp_path).compact()
    (part,) = _parts(tmp_path, "trials")
    assert part.name.startswith("part-0-24-")
    assert len(read_trials(tmp_path)) == n_rows == 51


@pytest.mark.parametrize("order", list(itertools.permutations(STATUSES)))
def test_the_best_status_of_a_run_is_kept(tmp_path: Path, order: tuple[str, ...]) -> None:
    """The order of the parts does not matter, before and after they are compacted."""
    for status in order:
        _write(tmp_path, 7, status=status)
    _write(tmp_path, 8, status="failed")
    for compact in (False, True):
        if compact:
            RecordWriter(tmp_path).compact()
        statuses = read_runs(tmp_path).set_index("run_id")["status"].to_dict()
        assert statuses == {
            run_id(make_run(seed=7)): "completed",
            run_id(make_run(seed=8)): "failed",
        }


def test_two_workers_may_compact_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(3):
        _write(tmp_path, seed)
    write_table = pq.write_table

    def write_late(table: pa.Table, sink: pa.BufferOutputStream, **options: object) -> None:
        monkeypatch.setattr(pq, "write_table", write_table)
        RecordWriter(tmp_path, "1").compact()
        write_table(table, sink, **options)

    monkeypatch.setattr(pq, "write_table", write_late)
    RecordWriter(tmp_path, "0").compact()
    assert len(read_runs(tmp_path)) == len(read_trials(tmp_path)) == 3
    assert len(read_curves(tmp_path)) == 27


class Listings:
    """Counts the listings of folders, and the parts that are opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n_listings = 0
        self.opened: list[str] = []
        scandir, open_part = os.scandir, Path.read_bytes

        def count(path: Path) -> Any:  # noqa: ANN401 - what os.scandir gives
            self.n_listings += 1
            return scandir(path)

        def note(path: Path) -> bytes:
            self.opened.append(path.name)
            return open_part(path)

        monkeypatch.setattr(os, "scandir", count)
        monkeypatch.setattr(Path, "read_bytes", note)


def test_a_reader_gives_every_row_once(tmp_path: Path) -> None:
    readers = [TableReader(tmp_path, table) for table in ("runs", "trials", "curves")]
    assert [len(reader.refresh()) for reader in readers] == [0, 0, 0]  # nothing is there yet
    for n_new in (1, 3, 0, 2):
        before = len(read_runs(tmp_path))
        new = [_write(tmp_path, before + i, worker=str(i % 2)) for i in range(n_new)]
        runs, trials, curves = (reader.refresh() for reader in readers)
        assert sorted(runs["run_id"]) == sorted(trials["run_id"]) == sorted(new)
        assert len(curves) == 9 * n_new


@pytest.mark.parametrize("table", ["runs", "trials", "curves"])
def test_the_first_refresh_is_the_whole_table(tmp_path: Path, table: str) -> None:
    for seed in range(12):
        _write(tmp_path, seed)
    whole = {"runs": read_runs, "trials": read_trials, "curves": read_curves}[table](tmp_path)
    assert TableReader(tmp_path, table).refresh().equals(whole)


def test_a_reader_reads_the_columns_asked_for(tmp_path: Path) -> None:
    """Columns keep the order asked for, also without the columns that tell rows apart.

    The same holds if there are no rows.
    """
    columns = ["last.dev.error", "model.widths", "optimizer.lr"]
    reader = TableReader(tmp_path, "runs", columns)
    assert list(reader.refresh()) == columns
    _write(tmp_path, 0)
    rows = reader.refresh()
    assert list(rows) == columns
    assert rows["optimizer.lr"].tolist() == [0.1]
    assert [list(widths) for widths in rows["model.widths"]] == [[9]]
    nothing = reader.refresh()
    assert (list(nothing), len(nothing)) == (columns, 0)
    # A caller may change an empty frame, which the reader does not share.
    nothing["odd"] = 1
    assert list(reader.refresh()) == columns


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="odd"):
        TableReader(tmp_path, "runs", ["odd"])


def test_a_part_is_opened_once_and_nothing_new_costs_one_listing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(3):
        _write(tmp_path, seed)
    reader = TableReader(tmp_path, "runs", ["run_id"])
    reader.refresh()
    seen = Listings(monkeypatch)
    for _ in range(5):
        assert reader.refresh().empty
    assert (seen.n_listings, seen.opened) == (5, [])
    name = _write(tmp_path, 3)
    assert reader.refresh()["run_id"].tolist() == [name]
    assert [name.rpartition("-")[0] for name in seen.opened] == ["part-0-3"]


def test_a_compaction_between_refreshes_brings_no_row_again(tmp_path: Path) -> None:
    readers = [TableReader(tmp_path, table) for table in ("runs", "trials", "curves")]
    for seed in range(3):
        _write(tmp_path, seed)
    for reader in readers:
        reader.refresh()
    unread = _write(tmp_path, 3)
    RecordWriter(tmp_path, "1").compact()
    runs, trials, curves = (reader.refresh() for reader in readers)
    assert runs["run_id"].tolist() == trials["run_id"].tolist() == [unread]
    assert set(curves["run_id"]) == {unread}
    assert all(reader.refresh().empty for reader in readers)


@pytest.mark.parametrize("n_opened", range(5))
def test_a_compaction_in_the_middle_of_a_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_opened: int
) -> None:
    """After ``n_opened`` parts were opened, all are compacted: no row is lost or comes twice."""
    old = [_write(tmp_path, seed) for seed in range(2)]
    reader = TableReader(tmp_path, "runs", ["run_id"])
    assert sorted(reader.refresh()["run_id"]) == sorted(old)
    new = [_write(tmp_path, seed) for seed in range(2, 6)]
    n_left = [n_opened]
    open_part = Path.read_bytes

    def open_late(path: Path) -> bytes:
        if n_left[0] == 0:
            monkeypatch.setattr(Path, "read_bytes", open_part)
            RecordWriter(tmp_path, "1").compact()
        n_left[0] -= 1
        return open_part(path)

    monkeypatch.setattr(Path, "read_bytes", open_late)
    assert sorted(reader.refresh()["run_id"]) == sorted(new)
    if n_opened < len(new):
        assert len(_parts(tmp_path)) == 1
    assert reader.refresh().empty
    later = _write(tmp_path, 6)
    assert reader.refresh()["run_id"].tolist() == [later]


@pytest.mark.parametrize("is_incremental", [False, True])
def test_a_listing_that_lacks_a_part_and_its_compaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_incremental: bool
) -> None:
    """A long folder is listed in pieces; parts that are compacted meanwhile may be in none."""
    names = [_write(tmp_path, seed) for seed in range(3)]
    listed = _parts(tmp_path)[:2]
    RecordWriter(tmp_path).compact()
    _write(tmp_path, 3)
    scandir = os.scandir

    class Torn:
        """A listing of the first two of the former parts, though they are gone."""

        def __enter__(self) -> Iterator[Path]:
            monkeypatch.setattr(os, "scandir", scandir)
            return iter(listed)

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", lambda _: Torn())
    reader = TableReader(tmp_path, "runs", ["run_id"])
    runs = reader.refresh() if is_incremental else read_runs(tmp_path)
    assert sorted(runs["run_id"]) == sorted([*names, run_id(make_run(seed=3))])


def test_parts_that_vanish_for_good_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, 0)

    def gone(path: Path) -> bytes:
        raise FileNotFoundError(2, "No such file", str(path))

    monkeypatch.setattr(Path, "read_bytes", gone)
    with pytest.raises(RecordError, match=r"part-0-0-\w+\.parquet cannot be read"):
        TableReader(tmp_path, "runs").refresh()


def test_a_run_comes_again_when_its_status_gets_better(tmp_path: Path) -> None:
    reader = TableReader(tmp_path, "runs", ["run_id", "last.dev.error", "status"])
    seen = []
    for status in ("failed", "failed", "pruned", "completed", "completed", "failed"):
        _write(tmp_path, 0, status=status)
        seen.append(reader.refresh()["status"].tolist())
    assert seen == [["failed"], [], ["pruned"], ["completed"], [], []]
    RecordWriter(tmp_path).compact()
    assert reader.refresh().empty


def test_the_better_of_two_new_rows_of_a_run_comes(tmp_path: Path) -> None:
    for status in ("failed", "completed", "diverged"):
        _write(tmp_path, 0, status=status)
    assert TableReader(tmp_path, "runs", ["status"]).refresh()["status"].tolist() == ["completed"]


def test_of_a_curve_that_went_on_the_rest_comes(tmp_path: Path) -> None:
    """A run failed after epoch 1, and got to epoch 2 when it was tried again."""
    reader = TableReader(tmp_path, "curves", ["split", "epoch"])
    _write(tmp_path, 0, status="failed", n_epochs=1)
    assert sorted(set(reader.refresh()["epoch"])) == [0, 1]
    _write(tmp_path, 0)
    rest = reader.refresh()
    assert rest["split"].tolist() == ["train", "dev", "test"]
    assert rest["epoch"].tolist() == [2, 2, 2]
    assert len(read_curves(tmp_path)) == 9


def test_after_an_error_nothing_counts_as_seen(tmp_path: Path) -> None:
    """The parts before the damaged one are read again when the damage is repaired."""
    names = [_write(tmp_path, seed) for seed in range(3)]
    damaged = _parts(tmp_path)[1]
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:100])
    reader = TableReader(tmp_path, "runs", ["run_id"])
    for _ in range(2):
        with pytest.raises(RecordError, match=r"part-0-1-\w+\.parquet cannot be read"):
            reader.refresh()
    damaged.write_bytes(whole)
    assert sorted(reader.refresh()["run_id"]) == sorted(names)


def test_other_files_are_no_parts(tmp_path: Path) -> None:
    name = _write(tmp_path, 0)
    for odd in (".part-0-1.parquet", "part-0-1.parquet.tmp", "notes.txt"):
        (tmp_path / "runs" / odd).write_bytes(b"torn")
    assert TableReader(tmp_path, "runs", ["run_id"]).refresh()["run_id"].tolist() == [name]


def test_readers_of_one_folder_do_not_know_each_other(tmp_path: Path) -> None:
    _write(tmp_path, 0)
    one, other = (TableReader(tmp_path, "runs", ["seed"]) for _ in range(2))
    assert len(one.refresh()) == len(other.refresh()) == 1


def test_a_reader_keeps_up_with_one_who_writes_and_compacts(tmp_path: Path) -> None:
    def write() -> list[str]:
        names = []
        for seed in range(40):
            names.append(_write(tmp_path, seed, worker="w"))
            if seed % 3 == 0:
                RecordWriter(tmp_path, "w").compact()
        return names

    reader = TableReader(tmp_path, "runs", ["run_id"])
    found: list[str] = []
    n_runs = [0]
    with ThreadPoolExecutor(1) as workers:
        writing = workers.submit(write)
        while not writing.done():
            found += reader.refresh()["run_id"].tolist()
            n_runs.append(len(read_runs(tmp_path)))
    found += reader.refresh()["run_id"].tolist()
    assert sorted(found) == sorted(writing.result())
    assert n_runs == sorted(n_runs)
