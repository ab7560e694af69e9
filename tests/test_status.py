"""The status of a sweep: counts worked out on paper, a sweep at work, slips."""

import dataclasses
import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from ffnn_lab.definition import Definition, write_definition, write_sealed
from ffnn_lab.population import Member
from ffnn_lab.progress import Progress
from ffnn_lab.protocols.space import Choice, Interval, Space
from ffnn_lab.records import RecordError, RecordWriter
from ffnn_lab.status import (
    ArmStatus,
    SweepStatus,
    age_text,
    main,
    read_all,
    read_status,
    show_all,
    show_one,
)
from ffnn_lab.sweeper import presence
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.leases import LEASE_SECONDS, workers_of
from ffnn_lab.sweeper.presence import JOURNAL, Presence
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.worker import StoppedError, Watcher
from tests.support import sweeps as working
from tests.support.command_line import run_module
from tests.support.definitions import write_stored
from tests.support.report.builders import (
    CONFIRM,
    DEFAULT,
    MEAN_LAST,
    TUNE,
    Row,
    make_definition,
    write_run,
    write_sweep,
)

STARTED = 1_000_000.0


def write_at(folder: Path, seconds: float) -> None:
    """Set the time at which a folder's tables were changed."""
    for table in ("runs", "trials", "curves"):
        os.utime(folder / table, (seconds, seconds))


def rounded(arms: Sequence[ArmStatus]) -> list[ArmStatus]:
    """Return arms with rounded scores, since scores are means of numbers with few decimals."""
    return [
        dataclasses.replace(arm, best=None if arm.best is None else round(arm.best, 12))
        for arm in arms
    ]


def row_of(text: str, *words: str) -> str:
    """Return the one line that begins with these words, with its columns one blank apart."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    (row,) = (line for line in lines if line.startswith(" ".join(words) + " "))
    return row


def test_counts_and_scores_of_a_finished_sweep(tmp_path: Path) -> None:
    status = read_status(write_sweep(tmp_path / "small"))
    assert rounded(status.arms) == [
        ArmStatus("tune", "sgd", 3, 3, 6, 6, 1, 0, 0, best=0.11),
        ArmStatus("tune", "adam", 3, 3, 6, 6, 0, 0, 0, best=0.05),
        # The winner and the untuned default.
        ArmStatus("confirm", "sgd", 2, 2, 6, 6, 0, 0, 0, best=0.11),
        # A diverged run counts as chance: (0.06 + 0.06 + 0.9) / 3. The default's 0.05 is lower.
        ArmStatus("confirm", "adam", 2, 2, 6, 6, 1, 0, 0, best=0.34),
    ]
    assert (status.n_runs, status.n_runs_asked, status.state) == (24, 24, "finished")


def test_an_arm_without_axes_confirms_one_setting(tmp_path: Path) -> None:
    arms = make_definition()["arms"]
    arms["adam"]["space"] = {}
    definition = make_definition(arms=arms)
    status = read_status(write_sweep(tmp_path, definition=definition, rows=TUNE[:2]))
    asked = {(arm.stage, arm.arm): arm.n_runs_asked for arm in status.arms}
    assert asked["confirm", "sgd"] == 2 * 3
    assert asked["confirm", "adam"] == 3
    assert asked["tune", "adam"] == 2


def test_a_former_winner_is_no_part_of_what_is_asked(tmp_path: Path) -> None:
    """A widened sweep confirms again: runs of a former winner do not count for the new one."""
    former: list[Row] = [(*row[:2], 0, *row[3:]) for row in CONFIRM if row[1] == "sgd"]
    keep = [row for row in (*TUNE, *CONFIRM, *DEFAULT) if row[:4] != ("confirm", "sgd", 1, 1002)]
    status = read_status(write_sweep(tmp_path, rows=[*keep, *former]))
    confirm = status.arms[2]
    assert (confirm.arm, confirm.n_runs, confirm.n_settings) == ("sgd", 5, 1)
    assert status.state == "unfinished"


def test_runs_that_were_pruned_or_failed_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A setting with such a run scores infinity; the best of sgd is the third setting, 0.11."""
    lost = {("tune", "sgd", 0, 0): "pruned", ("tune", "sgd", 2, 1): "failed"}
    rows: list[Row] = [(*row[:4], lost.get(row[:4], row[4])) for row in TUNE]
    folder = write_sweep(tmp_path / "small", rows=[*rows, *CONFIRM, *DEFAULT])
    status = read_status(folder)
    assert rounded(status.arms)[0] == ArmStatus("tune", "sgd", 3, 3, 6, 6, 0, 1, 1, best=0.11)
    assert (status.n_failed, status.state) == (1, "finished")
    assert main(["small", "--outputs", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("sweep small: finished (1 failed), 24 of 24 runs recorded")
    assert row_of(said, "stage") == (
        "stage arm settings runs recorded diverged pruned failed best score"
    )
    assert row_of(said, "tune", "sgd") == "tune sgd 3 of 3 6 of 6 0 1 1 11.00%"
    assert main(["--outputs", str(tmp_path)]) == 0
    assert row_of(capsys.readouterr().out, "small").startswith("small finished (1 failed) 24 of")


def test_an_arm_whose_settings_all_lack_a_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: list[Row] = [(*row[:4], "pruned") for row in TUNE]
    write_sweep(tmp_path / "small", rows=rows)
    assert main(["small", "--outputs", str(tmp_path)]) == 0
    assert row_of(capsys.readouterr().out, "tune", "sgd") == "tune sgd 3 of 3 6 of 6 0 6 inf"


def test_a_mean_of_the_last_epochs_reads_the_curves(tmp_path: Path) -> None:
    """The error is 0.5 at epoch 1 and, over seeds, 0.05 at epoch 2.

    Other moments read no curves.
    """
    folder = write_sweep(tmp_path, definition=make_definition(objective=MEAN_LAST))
    best = {(arm.stage, arm.arm): arm.best for arm in read_status(folder).arms}
    assert best["tune", "adam"] == pytest.approx((0.5 + 0.05) / 2)
    damaged = next((folder / "curves").glob("part-*"))
    damaged.write_bytes(b"torn")
    with pytest.raises(RecordError, match="cannot be read"):
        read_status(folder)
    write_stored(folder, make_definition())
    assert read_status(folder).state == "finished"


def test_a_setting_counts_when_all_its_seeds_are_in(tmp_path: Path) -> None:
    """Without seed 1 of sgd's best setting, its other seed of 0.10 must not win."""
    missing = ("tune", "sgd", 1, 1)
    folder = write_sweep(tmp_path, rows=TUNE, keep=lambda row: row[:4] != missing)
    sgd, _, confirm, _ = read_status(folder).arms
    assert (sgd.n_settings, sgd.n_runs) == (2, 5)
    assert sgd.best == pytest.approx(0.15)
    assert (confirm.n_settings, confirm.n_runs, confirm.best) == (0, 0, None)
    assert read_status(folder).state == "unfinished"


@pytest.mark.parametrize("missing", [TUNE[-1], CONFIRM[0], DEFAULT[-1]])
def test_one_missing_run_leaves_a_sweep_unfinished(tmp_path: Path, missing: Row) -> None:
    folder = write_sweep(tmp_path, keep=lambda row: row != missing)
    assert read_status(folder).state == "unfinished"


def test_a_sweep_without_confirm_is_finished_when_it_is_tuned(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path, rows=TUNE, definition=make_definition(confirm={"seeds": []}))
    status = read_status(folder)
    assert {arm.stage for arm in status.arms} == {"tune"}
    assert status.state == "finished"


def test_a_sweep_that_has_only_begun(tmp_path: Path) -> None:
    write_stored(tmp_path, make_definition())
    os.utime(tmp_path / "definition.json", (STARTED, STARTED))
    status = read_status(tmp_path)
    assert (status.n_runs, status.n_runs_asked) == (0, 24)
    assert status.changed == STARTED
    assert [arm.best for arm in status.arms] == [None] * 4


def test_a_trial_whose_run_is_still_in_training_does_not_count(tmp_path: Path) -> None:
    write_sweep(tmp_path, rows=TUNE[:2])
    (part,) = (tmp_path / "runs").glob("part-*")
    part.rename(part.with_name(f".{part.name}"))
    assert read_status(tmp_path).n_runs == 0


def test_progress_is_seen_while_a_sweep_is_at_work(tmp_path: Path) -> None:
    """After every population, the status has all runs trained so far; at the end, all planned."""
    definition = working.make_definition(confirm_seeds=(1000,))
    folder = tmp_path / definition.name
    seen: list[int] = []

    class Observer(Watcher):
        def progress(self, progress: Progress) -> None:
            status = read_status(folder)
            seen.append(status.n_runs)
            assert status.n_runs == sum(progress.n_done.values())
            assert status.n_runs_asked == sum(progress.n_asked.values())
            assert (status.state == "finished") == (seen[-1] == 2 * (4 * 2 + 2))

    working.work(tmp_path, definition, Observer())
    assert len(set(seen)) > 3
    assert read_status(folder).state == "finished"


class StopAfter(Watcher):
    """A watcher that calls another watcher, and stops the sweep after some epochs."""

    def __init__(self, other: Watcher, n_epochs: int) -> None:
        self._other, self._left = other, n_epochs

    def epoch(self, members: Sequence[Member]) -> None:
        """Call the other watcher, and count."""
        self._other.epoch(members)
        self._left -= 1
        if self._left == 0:
            raise StoppedError


class At(Watcher):
    """A watcher that reads the status once while the sweep works, after some epochs."""

    def __init__(self, folder: Path, after: int) -> None:
        self._folder, self._left = folder, after
        self.seen: SweepStatus | None = None
        self.said = ""

    def epoch(self, members: object) -> None:  # noqa: ARG002 - a watcher's
        """Count, and read the status when the count is reached."""
        self._left -= 1
        if self._left == 0:
            journal = (self._folder / "study.journal").read_bytes()
            self.seen = read_status(self._folder)
            told = StringIO()
            show_one(self.seen, Console(file=told, width=1000), now=time.time())
            self.said = told.getvalue().splitlines()[0]
            assert (self._folder / "study.journal").read_bytes() == journal  # only read


def test_a_sweep_at_work_is_told_from_one_at_rest(tmp_path: Path) -> None:
    """Heartbeats of workers show that it is at work; the time left follows from recorded runs."""
    definition = working.make_definition("grid", confirm_seeds=(1000,), population_size=6)
    folder = tmp_path / definition.name
    at_first, later = At(folder, after=1), At(folder, after=4)
    with pytest.raises(StoppedError):
        working.work(tmp_path, definition, StopAfter(at_first, n_epochs=2))
    assert at_first.seen is not None
    assert (at_first.seen.state, at_first.seen.seconds_left) == ("running", None)
    assert ": running (1 worker), 0 of 16 runs recorded" in at_first.said
    stopped = read_status(folder)
    assert (stopped.state, stopped.seconds_left) == ("stopped", None)
    told = StringIO()
    show_one(stopped, Console(file=told, width=1000), now=time.time() + 600)
    assert f"sweep {definition.name}: stopped (10 min ago), 0 of 16" in told.getvalue()
    working.work(tmp_path, definition, later)
    assert later.seen is not None
    assert later.seen.state == "running"
    assert ": running (1 worker, about " in later.said
    assert read_status(folder).state == "finished"


def status_of(*arms: ArmStatus, presence: Presence | None) -> SweepStatus:
    return SweepStatus("small", "", "error", arms, STARTED, presence)


def test_the_time_left_is_worked_out_by_arm() -> None:
    """Left are 2 of 6 runs of sgd, at 1 s each, and 6 of adam, at the mean of all records, 1 s."""
    sgd = ArmStatus("tune", "sgd", 2, 3, 4, 6, 0, 0, 0, best=0.1, seconds=1.0)
    adam = ArmStatus("tune", "adam", 0, 3, 0, 6, 0, 0, 0, best=None)
    dear = ArmStatus("tune", "dear", 1, 2, 4, 8, 0, 0, 0, best=None, seconds=10.0)
    alone, two = Presence(1, 0.0, STARTED), Presence(2, 0.0, STARTED)
    assert status_of(sgd, adam, presence=alone).seconds_left == 2 + 6
    assert status_of(sgd, adam, presence=two).seconds_left == 4
    assert status_of(sgd, dear, presence=two).seconds_left == (2 * 1 + 4 * 10) / 2
    assert status_of(sgd, adam, presence=Presence(1, 3.5, STARTED)).seconds_left == 8 - 3.5
    assert status_of(sgd, adam, presence=Presence(1, 50.0, STARTED)).seconds_left == 0
    assert status_of(adam, presence=alone).seconds_left is None
    for nobody in (None, Presence(0, 0.0, STARTED)):
        assert status_of(sgd, adam, presence=nobody).seconds_left is None


def test_who_was_silent_for_long_is_taken_for_dead(tmp_path: Path) -> None:
    """A killed process leaves its last heartbeat; on another machine only silence shows that."""
    definition = working.make_definition("grid")
    with closing(Storage(tmp_path, None)) as storage:
        notes = storage.open_attributes(workers_of(definition.name))
        beat = {"number": 1, "progress": 1.5, "is_worker": True, "pid": 1}
        elsewhere = {**asdict(Identity("far", "far", 1)), **beat, "name": "far", "host": "far"}
        notes.write("beat/far", elsewhere)
        notes.write("beat/lead", {**elsewhere, "name": "lead", "is_worker": False, "progress": 0})
    now = (tmp_path / JOURNAL).stat().st_mtime
    seen = presence.look(tmp_path, definition.name, now=now + 1)
    assert seen == Presence(1, 1.5, now)
    late = now + presence.SILENT_SECONDS + 1
    assert presence.look(tmp_path, definition.name, now=late) == Presence(0, 0.0, now)
    assert (presence.JOURNAL, presence.SILENT_SECONDS) == (JOURNAL, LEASE_SECONDS)
    (tmp_path / JOURNAL).write_text("no journal\n\n")
    assert presence.look(tmp_path, definition.name, now=now) is None


@pytest.mark.parametrize("protocol", ["grid", "random", "tpe"])
@pytest.mark.parametrize(
    "space",
    [
        {},
        {"optimizer.lr": Choice((0.1, 0.2, 0.3))},
        {"optimizer.lr": Choice((0.1, 0.2, 0.3)), "dropout.hidden": Choice((0.0, 0.5))},
        {"optimizer.lr": Choice((0.1, 0.2)), "dropout.hidden": Interval(0.0, 0.5, log=False)},
    ],
)
def test_what_is_asked_for_is_what_the_worker_tries(
    tmp_path: Path, protocol: str, space: Space
) -> None:
    whole = working.make_definition(protocol)
    arm = dataclasses.replace(whole.arms[0], space=space)
    definition: Definition = dataclasses.replace(whole, arms=(arm,))
    write_definition(tmp_path, definition)
    tune, confirm = read_status(tmp_path).arms
    assert tune.n_settings_asked == definition.n_settings_of(arm)
    assert tune.n_runs_asked == 2 * definition.n_settings_of(arm)
    n_confirmed = 2 if space else 1
    assert (confirm.n_settings_asked, confirm.n_runs_asked) == (n_confirmed, 3 * n_confirmed)


def test_one_sweep_in_plain_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sweep(tmp_path / "small", rows=TUNE)
    assert main(["small", "--outputs", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("sweep small: unfinished, 12 of 24 runs recorded, the last ")
    assert "python -m ffnn_lab.run -m sweeps=small" in said.splitlines()
    assert row_of(said, "tune", "sgd") == "tune sgd 3 of 3 6 of 6 1 0 11.00%"
    assert row_of(said, "confirm", "adam") == "confirm adam 0 of 2 0 of 6 0 0 -"
    assert "failed" not in said
    assert said.isascii()
    assert "\x1b" not in said


def test_a_loss_is_no_percentage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    objective = {"split": "dev", "metric": "loss", "moment": "last", "aggregate": "mean"}
    write_sweep(tmp_path / "small", definition=make_definition(objective=objective))
    assert main(["small", "--outputs", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    # The builder's losses are twice its errors.
    assert row_of(said, "tune", "adam").endswith(" 0.1000")
    assert row_of(said, "confirm", "adam").endswith(" inf")


def test_all_sweeps_the_newest_on_top_and_damage_named(tmp_path: Path) -> None:
    write_at(write_sweep(tmp_path / "older"), STARTED)
    write_at(write_sweep(tmp_path / "newer", rows=TUNE), STARTED + 3600)
    write_run(tmp_path / "run-0123")
    broken = write_sweep(tmp_path / "broken")
    next((broken / "runs").glob("part-*")).write_bytes(b"torn")
    told = StringIO()
    show_all(*read_all(tmp_path), Console(file=told, width=1000), now=STARTED + 2 * 3600)
    lines = [" ".join(line.split()) for line in told.getvalue().splitlines()]
    command = "python -m ffnn_lab.run -m sweeps=small"
    assert lines[1] == f"newer unfinished 12 of 24 1 h ago {command}"
    assert lines[2] == f"older finished 24 of 24 2 h ago {command}"
    assert lines[3].startswith("broken: ")
    assert "cannot be read" in lines[3]
    assert len(lines) == 4


def test_on_a_terminal_there_is_a_table_in_its_width(tmp_path: Path) -> None:
    told = StringIO()
    console = Console(file=told, force_terminal=True, width=70)
    status = read_status(write_sweep(tmp_path / "small"))
    show_one(status, console, now=status.changed)
    show_all(*read_all(tmp_path), console, now=status.changed)
    lines = Text.from_ansi(told.getvalue()).plain.splitlines()
    assert sum(line.startswith("┏") for line in lines) == 2
    assert max(len(line) for line in lines if line[0] in "┏┃┡│└") <= 70


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1.0, "0 s ago"),
        (59.4, "59 s ago"),
        (60.0, "1 min ago"),
        (3599.0, "59 min ago"),
        (7200.0, "2 h ago"),
        (3 * 86400.0, "3 d ago"),
    ],
)
def test_ages_have_their_largest_unit(seconds: float, text: str) -> None:
    assert age_text(seconds) == text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["large"], "large is not a sweep under {}; there are: small"),
        (["run-0123"], "run-0123 is not a sweep under {}; there are: small"),
        (
            ["small", "--outputs", "nowhere"],
            "small is not a sweep under nowhere; nowhere has none",
        ),
        (["--outputs", "nowhere"], "nowhere has no sweeps"),
    ],
)
def test_slips(
    words: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sweep(tmp_path / "small")
    write_run(tmp_path / "run-0123")
    assert main(["--outputs", str(tmp_path), *words]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"error: {expected.format(tmp_path)}")
    assert said.out == ""


def test_a_definition_of_something_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sealed(tmp_path / "odd" / "definition.json", {"name": "odd"})
    assert main(["odd", "--outputs", str(tmp_path)]) == 2
    assert "definition.json cannot be read (command is missing)" in capsys.readouterr().err


def test_it_needs_nothing_heavy_and_reads_the_environment(tmp_path: Path) -> None:
    write_sweep(tmp_path / "kept" / "small")
    RecordWriter(tmp_path / "kept" / "small").compact()
    code = (
        "import sys\n"
        "from ffnn_lab.status import main\n"
        "assert main([]) == main(['small']) == 0\n"
        "print(sorted({'torch', 'hydra', 'omegaconf', 'optuna', 'wandb'} & set(sys.modules)))\n"
    )
    (tmp_path / "probe.py").write_text(code)
    said = run_module("probe", (), tmp_path, {"FFNN_LAB_OUTPUTS": "kept"})
    assert said.out.splitlines()[-1] == "[]", said.error
    assert "24 of 24" in said.out
