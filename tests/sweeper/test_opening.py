"""A sweep can be joined while other processes work on it, and changed while none does."""

from dataclasses import replace
from pathlib import Path

import pytest

from ffnn_lab.definition import Definition, stored_definition
from ffnn_lab.records import RecordError
from ffnn_lab.sweeper import leases
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.leases import Leases, workers_of
from ffnn_lab.sweeper.opening import open_sweep
from ffnn_lab.sweeper.studies.storage import Storage
from tests.support.sweeps import make_definition, work
from tests.support.workers import Listener


def grown(definition: Definition) -> Definition:
    """Return the definition with one more tuning seed."""
    return replace(definition, tune_seeds=(*definition.tune_seeds, 2))


def beat_of(folder: Path, definition: Definition, me: Identity) -> None:
    """Write a heartbeat of a process into the sweep's journal."""
    Leases(Storage(folder, None).open_attributes(workers_of(definition.name)), me)._beat()


def test_a_sweep_at_work_is_joined_but_not_changed(tmp_path: Path) -> None:
    definition, listener = make_definition("grid"), Listener()
    folder = work(tmp_path, definition)

    def open_it(asked: Definition, *, retry_failed: bool = False) -> None:
        open_sweep(asked, tmp_path, storage_url=None, retry_failed=retry_failed, watcher=listener)

    beat_of(folder, definition, replace(Identity.of_this_process(), name="other"))
    open_it(definition)
    assert listener.notices == ["1 processes are at work on this sweep: joining them"]
    with pytest.raises(RecordError, match="is being worked on by other processes"):
        open_it(grown(definition))
    with pytest.raises(RecordError, match="is being worked on by other processes"):
        open_it(definition, retry_failed=True)
    assert stored_definition(folder).tune_seeds == definition.tune_seeds


def test_a_sweep_whose_workers_on_another_machine_died_can_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A beat is left of a worker that died with its machine; after the lease it must not count."""
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.3)
    monkeypatch.setattr(leases, "LOOK_SECONDS", 0.05)
    definition, listener = make_definition("grid"), Listener()
    folder = work(tmp_path, definition)
    beat_of(folder, definition, Identity("far", "elsewhere", 1))
    open_sweep(grown(definition), tmp_path, storage_url=None, retry_failed=False, watcher=listener)
    assert listener.notices == []
    assert stored_definition(folder).tune_seeds == (0, 1, 2)
