"""The agenda of a sweep: what is left to train in all replicates, as one worker knows it.

A worker stays with one replicate, and shares it with other workers only where there are fewer
replicates than workers. A replicate is opened when a worker needs it, and closed when nothing is
left to train in it. A sweep that may end before its last replicate (``until=settled``) is tested
after a few numbers of replicates that are fixed in advance, see
`ffnn_lab.report.statistics.sequential`. The outcome of such a test, or look, depends on the
records alone, so it is the same for any number of workers.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ffnn_lab.definition import Definition, stored_definition, write_definition
from ffnn_lab.progress import Progress, count_progress
from ffnn_lab.records import RecordWriter, TrialRow
from ffnn_lab.sweeper.ledger import Ledger
from ffnn_lab.sweeper.replicate import ReplicateAgenda
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.studies.study import Study
from ffnn_lab.sweeper.units import Planned, Unit
from ffnn_lab.sweeper.weights import Again


@dataclass(frozen=True)
class Closed:
    """The summary of a replicate in which nothing is left to train."""

    n_proposed: Mapping[str, int]
    """Number of settings that were proposed, by arm."""
    best: Mapping[str, int]
    """Number of the best setting, by arm."""
    best_scores: Mapping[str, float]
    """Tuning score of the best setting, by arm."""


def looks_of(definition: Definition) -> list[int]:
    """Return the numbers of replicates after which a sweep is tested or ends, in ascending order.

    A sweep that runs all of its replicates, or that is settled already, has only the number at
    which it ends.
    """
    if definition.until == "all" or definition.settled_after is not None:
        return [definition.n_wanted]
    from ffnn_lab.report.statistics import looks_until  # noqa: PLC0415 - loads scipy

    return looks_until(definition.n_replicates)


class Agenda:
    """One worker's view of a sweep: its records, its open replicates, and their work."""

    def __init__(self, definition: Definition, folder: Path, storage: Storage) -> None:
        """Open the records; replicates are opened later.

        Args:
            definition: The sweep.
            folder: The sweep's folder.
            storage: The storage of the sweep's studies.
        """
        self._definition = definition
        self._looks = looks_of(definition)
        self._folder = folder
        self._storage = storage
        self.reopen()

    def reopen(self) -> None:
        """Discard everything that was read, so that records and studies are read again."""
        self.ledger = Ledger(self._definition, self._folder)
        self._open: dict[int, ReplicateAgenda] = {}
        self._closed: dict[int, Closed] = {}
        self.again = Again(self._definition, self._folder)
        """The recorded runs that are to be trained again because their weights are missing."""

    @property
    def is_done(self) -> bool:
        """Return True if, at the last call of `take`, nothing in the sweep was left to train."""
        is_trained = len(self._looks) == 1 and len(self._closed) == self._looks[0]
        return is_trained and not self.again.is_left

    def study_of(self, replicate: int, arm: str) -> Study:
        """Return the study of an arm in a replicate, which must be open."""
        return self._open[replicate].study_of(arm)

    def unit_of(self, replicate: int, arm: str, number: int) -> Unit:
        """Return all runs of a setting of the tune stage, recorded or not.

        The result is empty if the setting is scored already.

        Args:
            replicate: Number of a replicate that is open.
            arm: Name of the arm.
            number: Number of the setting.
        """
        return self._open[replicate].unit_of(arm, number)

    def look(self, writer: RecordWriter | None = None) -> None:
        """Read what was recorded and proposed since the last call, and score complete settings.

        Args:
            writer: Writer of the records if this process holds the sweep's lock. Then scores of
                settings whose runs are all recorded are also told to their study, and missing rows
                of ``trials`` are written. None if the process does not hold the lock: then all
                replicates that have records are opened and followed.
        """
        self.ledger.refresh()
        if writer is None:
            for replicate in sorted({key[0] for key in self.ledger.noted} - self._open.keys()):
                self._open[replicate] = self._agenda_of(replicate)
        elif not self._open:
            for replicate in self._unclosed():
                self._opened(replicate)
                break
        for agenda in self._open.values():
            agenda.see(may_complete=writer is not None)
        if writer is not None:
            self.note_known(writer)
        for agenda in self._open.values():
            agenda.score(may_tell=writer is not None)

    def take(
        self,
        n_places: int,
        held: Mapping[str, str],
        me: str,
        writer: RecordWriter,
        *,
        partition: str | None = None,
    ) -> list[Planned]:
        """Choose the runs to train next, all of one partition: runs that can be trained together.

        Must be called under the sweep's lock, after a `look` under it. Runs that are trained again
        only for their weights are chosen once nothing else is left.

        Args:
            n_places: Number of runs wanted. A few more may be chosen, because settings are not
                split.
            held: Maps the id of each run that a living worker holds to that worker's name.
            me: Name of this worker.
            writer: Writes the rows of ``trials`` that recorded runs lack.
            partition: The `partition_key` of the runs; None for the partition with the most runs.

        Returns:
            The chosen runs; empty if there are none.
        """
        while True:
            if partition is not None:
                agendas = iter(list(self._open.values()))
            else:
                agendas = self._by_preference(held, me)
            for agenda in agendas:
                self.note_known(writer)  # before settings are scored, and forgotten
                agenda.score(may_tell=True)
                chosen = agenda.take(n_places, held, me, partition=partition)
                self.note_known(writer)
                if chosen:
                    return chosen
                agenda.score(may_tell=True)
                if agenda.is_done:
                    self._close(agenda)
            if partition is not None:
                return []
            if not self._goes_on_after_a_look():
                break
        # Runs that are trained again for their weights come last, so that they move no proposal.
        return self.again.take(max(n_places, self._definition.population_size), held)

    def share(self, n_workers: int) -> int:
        """Return the most runs that a worker may hold at a time, at least 1.

        Workers that share a replicate divide equally the runs that are not recorded there.
        """
        n_replicates = self._looks[0] - len(self._closed)
        n_left = max((agenda.n_left for agenda in self._open.values()), default=1)
        return max(1, math.ceil(n_left / math.ceil(n_workers / max(1, n_replicates))))

    def rows_of(self, runs: Iterable[str]) -> list[TrialRow]:
        """Return the rows of ``trials`` that runs still lack, and count these rows as written.

        Args:
            runs: Ids of the runs.
        """
        return self.ledger.rows_to_note(self._open_units(), runs)

    def note_known(self, writer: RecordWriter) -> None:
        """Write the rows of ``trials`` that recorded runs of open replicates lack.

        A run may serve several settings, and each of them needs a row.
        """
        known = self.ledger.known_but_not_noted(self._open_units())
        if known:
            writer.write([], self.rows_of(known))

    def progress(self) -> Progress:
        """Return the progress of the sweep over all replicates."""
        known: dict[int, ReplicateAgenda | Closed] = {**self._closed, **self._open}
        counts = count_progress(
            self._definition,
            self.ledger.noted,
            self.ledger.recorded,
            {(r, arm): best for r, each in known.items() for arm, best in each.best.items()},
            n_proposed={
                (r, arm): n for r, each in known.items() for arm, n in each.n_proposed.items()
            },
        )
        best: dict[str, float] = {}
        for each in known.values():
            for arm, score in each.best_scores.items():
                best[arm] = min(score, best.get(arm, math.inf))
        return Progress.of(counts, best)

    def is_finished(self) -> bool:
        """Return True if all runs that the sweep needs are recorded. Needs the sweep's lock."""
        self.ledger.refresh()
        while True:
            for replicate in self._unclosed():
                agenda = self._opened(replicate)
                agenda.score(may_tell=True)
                if not agenda.is_finished:
                    return False
                self._close(agenda)
            if not self._goes_on_after_a_look():
                return True

    def _goes_on_after_a_look(self) -> bool:
        """Test whether the sweep is settled, if such a test is due now.

        Needs the sweep's lock. If the sweep is settled, the number of its replicates is stored in
        its definition.

        Returns:
            True if a test was due and the sweep is not settled, so that further replicates follow.
        """
        n_replicates = self._looks[0]
        if len(self._looks) == 1 or len(self._closed) < n_replicates:
            return False
        from ffnn_lab.report.measures.settled import is_settled  # noqa: PLC0415 - loads statistics

        if not is_settled(self._folder, n_replicates):
            del self._looks[0]
            return True
        self._definition = replace(self._definition, settled_after=n_replicates)
        self._looks = [n_replicates]
        stored = stored_definition(self._folder)
        write_definition(self._folder, replace(stored, settled_after=n_replicates))
        return False

    def _close(self, agenda: ReplicateAgenda) -> None:
        """Replace the agenda of a replicate by the summary from which progress is computed."""
        self._closed[agenda.number] = Closed(
            agenda.n_proposed, dict(agenda.best), agenda.best_scores
        )
        del self._open[agenda.number]

    def _agenda_of(self, replicate: int) -> ReplicateAgenda:
        definition = self._definition.of_replicate(replicate)
        return ReplicateAgenda(definition, self._folder, self._storage, self.ledger)

    def _opened(self, replicate: int) -> ReplicateAgenda:
        """Return the agenda of a replicate. Needs the sweep's lock.

        If the replicate is not open, it is opened first, and its studies are restored from the
        records.
        """
        if replicate not in self._open:
            agenda = self._agenda_of(replicate)
            agenda.restore()
            agenda.see(may_complete=True)
            self._open[replicate] = agenda
        return self._open[replicate]

    def _unclosed(self) -> Iterator[int]:
        """Yield the numbers of the replicates that are not closed, first those that are open."""
        yield from list(self._open)
        for replicate in range(self._looks[0]):
            if replicate not in self._open and replicate not in self._closed:
                yield replicate

    def _by_preference(self, held: Mapping[str, str], me: str) -> Iterator[ReplicateAgenda]:
        """Yield the agendas of unclosed replicates, first those where no other worker trains.

        Args:
            held: Maps the id of each run that a living worker holds to that worker's name.
            me: Name of this worker.
        """
        shared = []
        for replicate in self._unclosed():
            agenda = self._opened(replicate)
            if agenda.is_joined(held, me):
                shared.append(agenda)
            else:
                yield agenda
        yield from shared

    def _open_units(self) -> Iterator[Unit]:
        for agenda in self._open.values():
            yield from agenda.open_units()
