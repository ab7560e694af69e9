"""Open a sweep: create its folder and studies, or check that work can go on in them."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from ffnn_lab.definition import Definition, read_definition, stored_definition, write_definition
from ffnn_lab.records import RecordError
from ffnn_lab.sweeper import notices
from ffnn_lab.sweeper.identity import Identity, this_host
from ffnn_lab.sweeper.leases import Leases, workers_of
from ffnn_lab.sweeper.resume import prepare
from ffnn_lab.sweeper.studies.server import Patience
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.worker import Watcher

OWNER = "owner"
"""Key of the note that names the folder to which a sweep's studies on a server belong."""


def open_sweep(
    definition: Definition,
    outputs: Path,
    *,
    storage_url: str | None,
    retry_failed: bool,
    watcher: Watcher,
    patience_seconds: float = 0.0,
) -> None:
    """Create a sweep's folder and studies, or check that work can go on in them.

    Args:
        definition: The sweep, with the name that `settle_folder` chose.
        outputs: The folder of all sweeps.
        storage_url: URL of the PostgreSQL server; None for a journal in the sweep's folder.
        retry_failed: True if failed runs are to be trained again.
        watcher: Receives lines for the user.
        patience_seconds: Seconds for which a call is repeated, before it fails, if the server does
            not answer.

    Raises:
        UserError: If the sweep cannot be opened.
    """
    patience = Patience(patience_seconds, watcher.notice)
    storage = Storage(outputs / definition.name, storage_url, patience)

    def opened() -> None:
        with _owned(definition, outputs, storage):
            living = _leases_in(storage, definition).living()
            if living:
                watcher.notice(f"{len(living)} processes are at work on this sweep: joining them")
            else:
                notices.forget(outputs / definition.name)
            prepare(
                definition,
                outputs,
                storage,
                is_worked_on=bool(living),
                retry_failed=retry_failed,
                notice=watcher.notice,
            )

    with closing(storage), storage.trouble_said():
        storage.patiently(lambda: _leases_in(storage, definition).bury(watcher.notice))
        storage.decide(definition.name, opened)


def _leases_in(storage: Storage, definition: Definition) -> Leases:
    """Return the leases of a sweep's workers, for a process that only reads or removes them."""
    attributes = storage.open_attributes(workers_of(definition.name))
    return Leases(attributes, Identity.of_this_process())


@contextmanager
def _owned(definition: Definition, outputs: Path, storage: Storage) -> Iterator[None]:
    """Check that the studies on a server belong to the sweep's folder, and record that they do.

    Otherwise sweeps of the same name in several folders would take each other's settings for their
    own. The sweep's lock must be held. The check is made before the ``with`` block, in which the
    folder is prepared, and the record after it.

    Raises:
        RecordError: If the studies belong to another folder's sweep.
    """
    folder = (outputs / definition.name).resolve()
    if not storage.is_shared:
        yield
        return
    attributes = storage.open_attributes(workers_of(definition.name))
    owner = attributes.read().get(OWNER)
    stored = read_definition(folder)
    own_id = stored.id if stored is not None else ""
    here = {"host": this_host(), "path": str(folder)}
    if owner is not None and owner["id"] != own_id:
        # Another machine may have the same name and a folder at the same path.
        is_elsewhere = {key: owner[key] for key in here} != here
        if is_elsewhere or _leases_in(storage, definition).living():
            msg = (
                f"hydra.sweeper.storage={storage.place} already has a sweep {definition.name}, "
                f"which belongs to another folder, {owner['path']} on {owner['host']}: choose "
                "another hydra.sweeper.name, or another database"
            )
            raise RecordError(msg)
        storage.delete(f"{definition.name}/")  # that folder was this one, and was deleted
    yield
    own_id = own_id or secrets.token_hex(8)
    write_definition(folder, replace(stored_definition(folder), id=own_id))
    attributes = storage.open_attributes(workers_of(definition.name))  # which may be new
    if attributes.read().get(OWNER, {}).get("id") != own_id:
        attributes.write(OWNER, {"id": own_id, **here})
