"""Runs recorded without their networks are trained again for them, and no record changes."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.config import with_values
from ffnn_lab.definition import Definition
from ffnn_lab.models import open_network
from ffnn_lab.records import read_runs, read_trials
from ffnn_lab.sweeper.weights import lacks_weights, runs_without_weights
from ffnn_lab.sweeper.worker import StoppedError, Watcher
from tests.support.sweeps import Stopper, make_definition, tables, work


def small(*, saves: bool, protocol: str = "grid", **changes: Any) -> Definition:  # noqa: ANN401 - any field
    """Define two arms of a few settings, each trained for one epoch; a setting of sgd diverges."""
    definition = dataclasses.replace(make_definition(protocol, confirm_seeds=(1000,)), **changes)
    values = {"trainer.save_weights": saves, "trainer.max_epochs": 1}
    arms = [arm.with_config(with_values(arm.config, dict(values))) for arm in definition.arms]
    return dataclasses.replace(definition, arms=tuple(arms))


class Notices(Watcher):
    """A watcher that keeps the notices to the user."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def notice(self, text: str) -> None:
        """Keep a notice."""
        self.said.append(text)


def parts(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every part of the records, by path."""
    return {str(path): path.read_bytes() for path in folder.rglob("part-*.parquet")}


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of the saved networks, by file name."""
    return {path.name: path.read_bytes() for path in (folder / "weights").iterdir()}


@pytest.mark.parametrize("protocol", ["grid", "tpe"])
def test_a_finished_sweep_makes_the_networks_that_it_would_have_made(
    tmp_path: Path, protocol: str
) -> None:
    """Each completed run gets its network, equal to the last bit; the records are not touched."""
    at_once = work(tmp_path / "at-once", small(saves=True, protocol=protocol))
    folder = work(tmp_path / "later", small(saves=False, protocol=protocol))
    assert not (folder / "weights").exists()
    before = parts(folder)
    watcher = Notices()
    work(tmp_path / "later", small(saves=True, protocol=protocol), watcher)
    runs = read_runs(folder)
    completed = runs.loc[runs["status"] == "completed", "run_id"]
    assert set(contents(folder)) == {f"{run}.pt" for run in completed}
    made = contents(at_once)
    assert all(made[name] == network for name, network in contents(folder).items())
    assert parts(folder) == before
    assert watcher.said == []
    assert runs_without_weights(small(saves=True, protocol=protocol), folder) == []


def _delete(path: Path) -> None:
    path.unlink()


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _flip_a_weight(path: Path) -> None:
    weight = open_network(path).state_dict()["0.weight"]
    stored = weight.numpy().tobytes()[:64]
    whole = path.read_bytes()
    place = whole.index(stored)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])


@pytest.mark.parametrize("harm", [_delete, _cut_short, _flip_a_weight])
def test_a_network_that_is_lost_or_damaged_is_made_again(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    definition = small(saves=True)
    folder = work(tmp_path, definition)
    before = contents(folder)
    completed = read_runs(folder).query("status == 'completed'")["run_id"]
    path = folder / "weights" / f"{completed.iloc[0]}.pt"
    harm(path)
    assert lacks_weights(folder, path.stem)
    (planned,) = runs_without_weights(definition, folder)
    assert planned.run_id == path.stem
    work(tmp_path, definition)
    assert contents(folder) == before


def test_half_of_a_sweep_goes_on_as_the_whole(tmp_path: Path) -> None:
    """Runs that were recorded without a network do not change the later proposals."""
    whole = work(tmp_path / "whole", small(saves=True, protocol="tpe", population_size=4))
    stopper = Stopper(after=2)
    with pytest.raises(StoppedError):
        work(tmp_path / "half", small(saves=False, protocol="tpe", population_size=4), stopper)
    folder = work(tmp_path / "half", small(saves=True, protocol="tpe", population_size=4))
    runs, trials, *_ = tables(folder)
    of_whole, trials_of_whole, *_ = tables(whole)
    assert runs["run_id"].tolist() == of_whole["run_id"].tolist()
    assert trials.equals(trials_of_whole)
    completed = runs.loc[runs["status"] == "completed", "run_id"]
    assert all(not lacks_weights(folder, run) for run in completed)


def test_an_interruption_loses_no_records(tmp_path: Path) -> None:
    folder = work(tmp_path, small(saves=False))
    before = tables(folder)

    class Impatient(Watcher):
        def epoch(self, members: object) -> None:  # noqa: ARG002 - a watcher's
            raise StoppedError

    with pytest.raises(StoppedError):
        work(tmp_path, small(saves=True), Impatient())
    assert all(now.equals(then) for now, then in zip(tables(folder), before, strict=True))
    work(tmp_path, small(saves=True))
    assert runs_without_weights(small(saves=True), folder) == []
    assert len(read_trials(folder)) == len(before[1])


def test_other_numbers_than_recorded_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = work(tmp_path, small(saves=False))
    n_completed = int((read_runs(folder)["status"] == "completed").sum())
    recorded = read_runs(folder).assign(**{"last.test.error": 0.123})
    monkeypatch.setattr("ffnn_lab.sweeper.weights.read_runs", lambda _: recorded)
    watcher = Notices()
    work(tmp_path, small(saves=True), watcher)
    counts = [int(text.split()[0]) for text in watcher.said]
    assert sum(counts) == n_completed
    assert all("gave other numbers than recorded" in text for text in watcher.said)
