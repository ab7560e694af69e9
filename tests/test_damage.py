"""Damaged records are noticed by all that read them; one line names them and says what to do."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ffnn_lab.definition import essence, read_definition, write_definition
from ffnn_lab.definition.stored import from_json
from ffnn_lab.records import RecordError, read_directions, read_runs
from ffnn_lab.replay import main as replay
from ffnn_lab.report.claims.declaration import declare, when_declared
from ffnn_lab.report.command import main as analyze
from ffnn_lab.status import main as show_status
from ffnn_lab.sweeper.resume import is_other
from tests.support import damage
from tests.support.exhaustive import first
from tests.support.parts import flip
from tests.support.sweeps import Stopper, make_definition, tables, work
from tests.test_records_of import OLD, stored_definition


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the default sweep's records, written by the present code."""
    folder = tmp_path_factory.mktemp("outputs") / "default"
    damage.write_anew(damage.DEFAULT_SWEEP, folder)
    return folder


@pytest.mark.parametrize("n_flips", first(1, [21, 300]))
def test_no_bit_of_a_part_changes_a_number_in_silence(written: Path, n_flips: int) -> None:
    expected = damage.published(written)
    found = damage.flip_all(written, damage.bits_of_parts(written, n_flips, 0), expected)
    assert len(found) == n_flips
    for path, bit, outcome, message in found:
        assert outcome in ("noticed", "harmless"), (path, bit, message)
        if outcome == "noticed":
            assert message.startswith(f"{path} "), message
            assert "restore it" in message
            assert "\n" not in message


@pytest.mark.parametrize("n_flips", first(1, [40, 200]))
def test_no_bit_of_a_definition_changes_it_in_silence(written: Path, n_flips: int) -> None:
    stored = read_definition(written)
    path = written / "definition.json"
    for _, bit in damage.bits_of_definition(written, n_flips, 0):
        flip(path, bit)
        try:
            assert read_definition(written) == stored, bit
        except RecordError as error:
            assert str(error).startswith(f"{path} cannot be read ("), bit  # noqa: PT017
            assert "restore it" in str(error)  # noqa: PT017
        finally:
            flip(path, bit)


def flip_in(path: Path) -> None:
    flip(path, 8 * (path.stat().st_size // 2))


@pytest.mark.parametrize("table", ["runs", "trials", "curves", "definition.json"])
def test_the_whole_lab_names_what_is_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    """Report, status and replay end with one line and exit code 2.

    A resumed sweep, with its workers, raises an error of one line.
    """
    definition = make_definition("grid", confirm_seeds=())
    folder = work(tmp_path, definition)
    run = str(read_runs(folder)["run_id"].iloc[0])
    damaged = folder / table if table.endswith("json") else next((folder / table).glob("part-*"))
    flip_in(damaged)
    calls: list[Callable[[], int]] = [
        lambda: analyze(["test", "--outputs", str(tmp_path)]),
        lambda: show_status(["test", "--outputs", str(tmp_path)]),
    ]
    if table in ("runs", "curves"):  # replay needs no other table
        calls.append(lambda: replay([run, "--outputs", str(tmp_path)]))
    for call in calls:
        if table == "curves" and call is calls[1]:
            continue  # status needs curves only for a mean of the last epochs
        assert call() == 2
        said = capsys.readouterr().err.splitlines()
        assert str(damaged) in said[-1]
        assert sum(len(line) > 0 for line in said) <= 2
        assert not any("Traceback" in line for line in said)
    with pytest.raises(RecordError, match="cannot be read") as raised:
        work(tmp_path, definition)
    assert str(damaged) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_after_a_damaged_definition_is_deleted_the_same_command_goes_on(tmp_path: Path) -> None:
    """As the message promises, what is recorded stays, and nothing is trained."""
    definition = make_definition("grid", confirm_seeds=(1000,))
    folder = work(tmp_path, definition)
    before = tables(folder)
    stored = (folder / "definition.json").read_bytes()
    (folder / "definition.json").unlink()
    stopper = Stopper()
    work(tmp_path, definition, stopper)
    assert stopper.n_trained == 0
    for one, two in zip(before, tables(folder), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)
    again = json.loads((folder / "definition.json").read_bytes())
    assert {**again, "sessions": 0, "sha256": 0} == {
        **json.loads(stored),
        "sessions": 0,
        "sha256": 0,
    }


def test_directions_of_a_part_that_is_deleted_are_trained_again(tmp_path: Path) -> None:
    folder = tmp_path / "separable-30b585"
    shutil.copytree(OLD / folder.name, folder)
    before = read_directions(folder)
    (part,) = (folder / "directions").glob("part-*")
    part.unlink()
    work(tmp_path, stored_definition(folder))
    keys = ["run_id", "epoch"]
    after = read_directions(folder)
    assert after[keys].sort_values(keys).to_numpy().tolist() == (
        before[keys].sort_values(keys).to_numpy().tolist()
    )


# --- definitions ---------------------------------------------------------------------------------


def test_a_definition_that_was_edited_is_refused(tmp_path: Path) -> None:
    write_definition(tmp_path, make_definition())
    path = tmp_path / "definition.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(RecordError, match="do not match the checksum"):
        read_definition(tmp_path)


def test_a_checksum_whose_name_is_damaged_is_no_definition_without_one(tmp_path: Path) -> None:
    write_definition(tmp_path, make_definition())
    path = tmp_path / "definition.json"
    path.write_text(path.read_text().replace('"sha256"', '"sha257"'))
    with pytest.raises(RecordError, match=r"sha257 is a field that this .* does not know"):
        read_definition(tmp_path)


def mutations(contents: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """Yield copies of a JSON value, each with one thing in it removed, renamed or replaced."""
    if isinstance(contents, dict):
        for key in contents:
            rest = {name: value for name, value in contents.items() if name != key}
            yield rest
            yield {**rest, f"{key}x": contents[key]}
            for changed in mutations(contents[key]):
                yield {**contents, key: changed}
    elif isinstance(contents, list) and contents:
        yield contents[1:]
        for changed in mutations(contents[0]):
            yield [changed, *contents[1:]]
    replacements: tuple[Any, ...] = (None, "x", 3, [], {})
    for odd in replacements:
        if odd != contents:
            yield copy.deepcopy(odd)


def test_a_definition_whose_structure_is_off_ends_in_one_message(tmp_path: Path) -> None:
    """Definitions of 9b2446f have no checksum; reading them raises no KeyError or TypeError."""
    stored = json.loads((OLD / "mixed" / "definition.json").read_text())
    stored["arms"] = {"sgd": stored["arms"]["sgd"]}
    asked = from_json(stored)
    n_refused = 0
    for changed in mutations(stored):
        (tmp_path / "definition.json").write_text(json.dumps(changed))
        try:
            read = read_definition(tmp_path, is_whole=True)
        except RecordError as error:
            assert "definition.json cannot be read (" in str(error)  # noqa: PT017
            n_refused += 1
            continue
        assert read is not None
        essence(read)
        is_other(read, asked)
    assert n_refused > 300


# --- claims --------------------------------------------------------------------------------------


def test_no_bit_of_claims_json_changes_it_in_silence(tmp_path: Path) -> None:
    declare(tmp_path, n_runs=3, hashes={"one": "ab" * 32, "other": "cd" * 32})
    path = tmp_path / "claims.json"
    for bit in range(0, 8 * path.stat().st_size, 7):
        flip(path, bit)
        try:
            assert when_declared(tmp_path, "one", digest="ab" * 32) == "after 3 runs", bit
            assert when_declared(tmp_path, "other", digest="cd" * 32) == "after 3 runs", bit
        except RecordError as error:
            assert "claims.json cannot be read (" in str(error)  # noqa: PT017
        flip(path, bit)


def test_claims_of_9b2446f_have_no_checksum_and_are_read(tmp_path: Path) -> None:
    stored = (OLD / "default" / "claims.json").read_text()
    (tmp_path / "claims.json").write_text(stored)
    name, entry = next(iter(json.loads(stored).items()))
    assert when_declared(tmp_path, name, digest=entry["sha256"]) == "before"
    declare(tmp_path, n_runs=5, hashes={"new": "ab" * 32})
    assert when_declared(tmp_path, name, digest=entry["sha256"]) == "before"
    assert when_declared(tmp_path, "new", digest="ab" * 32) == "after 5 runs"
