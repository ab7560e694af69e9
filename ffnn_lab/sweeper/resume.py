"""Prepare a sweep's folder before work starts or goes on in it."""

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ffnn_lab.definition import (
    Definition,
    differences,
    essence,
    read_definition,
    short_hash,
    write_definition,
)
from ffnn_lab.records import (
    SOLUTIONS,
    RecordError,
    RecordWriter,
    environment,
    read_curves,
    read_directions,
    read_layers,
    read_runs,
)
from ffnn_lab.sweeper.studies.storage import Storage

_CODE = ("version.ffnn_lab", "git.commit", "version.torch", "version.numpy")


def settle_folder(definition: Definition, outputs: Path, *, if_changed: str) -> Definition:
    """Choose the folder of a sweep, and return the definition with the name of that folder.

    The folder is the one of the definition's name, unless another definition is stored there: one
    that the sweep neither repeats nor extends, see `is_other`. Nothing is written or deleted.

    Args:
        definition: The definition that is asked for.
        outputs: Folder of all sweeps.
        if_changed: What to do if another definition is stored: ``refuse`` raises an error,
            ``fork`` chooses a new folder, whose name ends in the definition's short hash, and
            ``discard`` chooses the folder all the same, to be emptied by `prepare`.

    Returns:
        The definition, with a new name if the sweep is forked, or with the stored
        ``settled_after`` if the same sweep is stored.

    Raises:
        RecordError: If another definition is stored and ``if_changed`` is ``refuse``; the message
            shows the differences and what to do.
    """
    folder = outputs / definition.name
    stored = read_definition(folder, is_whole=True)
    if stored is not None and essence(stored) == essence(definition):
        return replace(definition, settled_after=stored.settled_after)
    if stored is None or not is_other(stored, definition) or if_changed == "discard":
        return definition
    if if_changed == "fork":
        return replace(
            definition,
            name=f"{definition.name}-{short_hash(definition)}",
            command=f"{definition.command} hydra.sweeper.if_changed=fork",
        )
    lines = "\n  ".join(differences(stored, definition))
    msg = (
        f"{folder} holds a sweep with another definition (-: stored there, +: asked for now):\n"
        f"  {lines}\n"
        "The sweep there can only be continued with more settings, seeds or arms. Choose one of:\n"
        "  hydra.sweeper.if_changed=fork     uses a new folder, into which equal runs are copied\n"
        "  hydra.sweeper.if_changed=discard  deletes the records there, and starts again\n"
        "  hydra.sweeper.name=NAME           gives the new sweep another name"
    )
    raise RecordError(msg)


def prepare(
    definition: Definition,
    outputs: Path,
    storage: Storage,
    *,
    is_worked_on: bool,
    retry_failed: bool,
    notice: Callable[[str], None],
) -> None:
    """Prepare a sweep's folder, to begin the sweep, go on with it, or extend its definition.

    Needs the sweep's lock. If another definition is stored in the folder, see `is_other`, its
    records are deleted. The definition is written. If no other process is at work, runs that are
    recorded only in part are removed from the records, so that they are trained again.

    Args:
        definition: The definition that is asked for, with the name that `settle_folder` chose.
        outputs: Folder of all sweeps.
        storage: The storage of the sweep's studies.
        is_worked_on: True if other processes are at work on the sweep.
        retry_failed: True if failed runs are to be trained again.
        notice: Receives lines for the user.

    Raises:
        RecordError: If the definition or the runs would change while other processes are at work.
    """
    folder = outputs / definition.name
    stored = read_definition(folder, is_whole=True)
    if stored is not None and is_other(stored, definition):
        _alone(folder, is_worked_on=is_worked_on)
        discard(folder, definition.name, storage)
        stored = None
    if stored is None:
        _take_over(definition, outputs)
        write_definition(folder, replace(definition, sessions=(_session(),)))
        return
    sessions = list(stored.sessions)
    now = _session()
    if sessions and any(now[key] != sessions[-1].get(key) for key in _CODE):
        before = ", ".join(f"{key} {sessions[-1].get(key)}" for key in _CODE)
        notice(
            f"this sweep was last worked on with other code: {before}. Each run's row records the "
            "code that trained it."
        )
        sessions.append(now)
    if essence(stored) != essence(definition):
        _alone(folder, is_worked_on=is_worked_on)
        if stored.tune_seeds != definition.tune_seeds:
            # The studies have scores over fewer seeds; the records have the score of each seed.
            storage.delete(f"{definition.name}/")
        # The winner and its edges may change: rows of confirm are written anew, its runs stay.
        RecordWriter(folder).forget_trials("confirm")
    if retry_failed:
        _alone(folder, is_worked_on=is_worked_on)
        storage.delete(f"{definition.name}/")  # the studies count these runs as failed
    runs = read_runs(folder)
    _tell_untracked(stored, definition, folder, n_recorded=len(runs), notice=notice)
    if not is_worked_on:
        has_failed = retry_failed & (runs["status"] == "failed")
        forgotten = set(runs.loc[_lost_in_part(folder, runs) | has_failed, "run_id"])
        RecordWriter(folder).forget(forgotten)
        if retry_failed:
            notice(f"{int(has_failed.sum())} failed runs are tried again")
    is_same = essence(stored) == essence(definition) and not retry_failed
    settled_after = stored.settled_after if is_same else None
    write_definition(
        folder, replace(definition, sessions=tuple(sessions), settled_after=settled_after)
    )


def _lost_in_part(folder: Path, runs: pd.DataFrame) -> "pd.Series[bool]":
    """Return a mask of the runs that lack rows of ``curves``, ``directions`` or ``layers``.

    Rows are missing if a part of such a table, which is a parquet file, was deleted.

    Args:
        folder: The sweep's folder.
        runs: The table ``runs``.
    """
    has_curve = runs["run_id"].isin(read_curves(folder)["run_id"]) | (runs["n_epochs"] == 0)
    has_cosines = runs[[f"cosine.{name}" for name in SOLUTIONS]].notna().any(axis=1)
    has_directions = runs["run_id"].isin(read_directions(folder)["run_id"])
    is_diagnosed = runs["trainer.diagnose_every"].notna() & (runs["n_epochs"] > 0)
    has_layers = runs["run_id"].isin(read_layers(folder)["run_id"])
    return ~has_curve | (has_cosines & ~has_directions) | (is_diagnosed & ~has_layers)


def _tell_untracked(
    stored: Definition,
    definition: Definition,
    folder: Path,
    *,
    n_recorded: int,
    notice: Callable[[str], None],
) -> None:
    """Print that runs which were recorded without tracking are not tracked afterwards.

    The line is printed only if tracking is asked for now and was not before.

    Args:
        stored: The definition that is stored.
        definition: The definition that is asked for.
        folder: The sweep's folder.
        n_recorded: Number of recorded runs.
        notice: Receives the line.
    """
    mode = definition.arms[0].config.tracking.mode
    before = {arm.config.tracking.mode for arm in stored.arms}
    if n_recorded and mode != "off" and mode not in before:
        notice(
            f"tracking={mode} applies to runs that are still to be trained; {n_recorded} runs "
            f"were recorded without it, and python -m ffnn_lab.track {folder} hands them to W&B"
        )


def discard(folder: Path, name: str, storage: Storage) -> None:
    """Delete a sweep's studies, its definition and claims, and all folders in its folder.

    Other files stay, such as the journal from which the studies are deleted.

    Args:
        folder: The sweep's folder.
        name: The sweep's name.
        storage: The storage of the sweep's studies.
    """
    storage.delete(f"{name}/")
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name in ("definition.json", "claims.json"):
            path.unlink()


def is_other(stored: Definition, definition: Definition) -> bool:
    """Return True if a definition is neither the stored definition nor an extension of it.

    An extension has the stored arms and seeds, and more arms, seeds, replicates or settings.
    """
    before, after = essence(stored), essence(definition)
    arms = {name: arm for name, arm in after["arms"].items() if name in before["arms"]}
    grown = {**after, "arms": arms}
    for stage in ("tune", "confirm"):
        if set(before[stage]["seeds"]) <= set(after[stage]["seeds"]):
            grown[stage] = before[stage]
    if "until" not in after and before.get("replicates", 1) <= after.get("replicates", 1):
        grown = {key: value for key, value in grown.items() if key != "replicates"}
        grown |= {key: value for key, value in before.items() if key == "replicates"}
    grown["protocol"] = dict(after["protocol"])
    for key in definition.way.limits:
        if after["protocol"][key] >= before["protocol"][key]:
            grown["protocol"][key] = before["protocol"][key]
    return grown != before


def _alone(folder: Path, *, is_worked_on: bool) -> None:
    if is_worked_on:
        msg = (
            f"{folder} is being worked on by other processes, and this command would change what "
            "they work on: wait until they are done (python -m ffnn_lab.status), or stop them"
        )
        raise RecordError(msg)


def _take_over(definition: Definition, outputs: Path) -> None:
    """Copy recorded runs into a forked sweep's folder from the folder that it was forked from.

    Copied runs that the forked sweep needs are not trained again. Runs that were pruned or failed
    are not copied. For a sweep that is not forked, nothing is done.

    Args:
        definition: The sweep; the name of a forked sweep ends in the definition's short hash.
        outputs: Folder of all sweeps.
    """
    suffix = f"-{short_hash(definition)}"
    origin = outputs / definition.name.removesuffix(suffix)
    if not definition.name.endswith(suffix) or not (origin / "definition.json").exists():
        return
    for table in ("curves", "directions", "layers", "correct", "runs"):
        if (origin / table).is_dir():
            target = outputs / definition.name / table
            shutil.copytree(origin / table, target, dirs_exist_ok=True)
    # Runs that were pruned or failed there are not taken over.
    runs = read_runs(outputs / definition.name)
    RecordWriter(outputs / definition.name).forget(
        set(runs.loc[~runs["status"].isin(["completed", "diverged"]), "run_id"])
    )


def _session() -> dict[str, str]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return {"started": now, **environment()}
