"""The study of one arm: the settings that were proposed, and the scores that were reported to it.

A protocol computes each setting from its number, or names a sampler of Optuna. The sampler is made
anew for each proposal, seeded by the protocol's seed, the arm and the setting's number. So an
interrupted sweep proposes the same settings as a sweep that was not interrupted, and no proposal
is repeated.
"""

import functools
import math
from collections.abc import Mapping, Sequence

from optuna.trial import FrozenTrial, TrialState

from ffnn_lab.definition import Arm, Definition
from ffnn_lab.protocols import Standing, Values
from ffnn_lab.sweeper.studies import private
from ffnn_lab.sweeper.studies.judgment import Judgment
from ffnn_lab.sweeper.studies.sampling import (
    from_stored,
    pruner_of,
    running_trial,
    sampler_of,
    suggest,
    to_stored,
)
from ffnn_lab.sweeper.studies.storage import Storage


class Study:
    """The Optuna study of one arm in one replicate; each setting is a trial."""

    def __init__(self, storage: Storage, definition: Definition, arm: Arm) -> None:
        """Open the study, or create it.

        Args:
            storage: The storage of the sweep's studies.
            definition: The definition of the replicate.
            arm: The arm.
        """
        self.optuna = storage.open_study(definition.study_name(arm))
        self._make_pruner = functools.partial(pruner_of, definition, arm)
        self._n_parallel = definition.protocol.n_parallel
        self._judgments: dict[int, Judgment] = {}
        """The pruner's view of each setting in training, by number."""
        self._space = arm.space
        self._search = definition.search_of(arm)
        self._protocol = definition.way

    def __len__(self) -> int:
        """Return the number of settings, including settings that were cut off while proposed."""
        return len(self._trials())

    def is_whole(self, n_settings: int) -> bool:
        """Return True if the study has at least ``n_settings`` settings, all of them complete."""
        trials = self._trials()
        return len(trials) >= n_settings and all(map(self._is_complete, trials))

    def settings(self, start: int, *, may_complete: bool) -> list[Values]:
        """Return the settings from the number ``start`` on, in order.

        Args:
            start: The number of the first setting.
            may_complete: True if the sweep's lock is held: then a setting that was cut off while
                it was proposed is completed. Otherwise the list ends before such a setting, which
                another process may be proposing.
        """
        found = []
        for trial in self._trials()[start:]:
            if not self._is_complete(trial) and not may_complete:
                break
            found.append(self._setting(trial))
        return found

    def restore(self, recorded: Mapping[int, Values]) -> None:
        """Complete settings that were cut off while they were proposed. Needs the sweep's lock.

        Args:
            recorded: The settings that the records have, by number.
        """
        for trial in self._trials():
            self._setting(trial, recorded.get(trial.number))

    def ask(self, known: Sequence[Values], standing: Standing | None) -> Values | None:
        """Propose the next setting, and begin its trial. Needs the sweep's lock.

        Args:
            known: The settings that the study has, in order; listing them here would be slow.
            standing: The ranking of the settings of a growing grid, if all of them are scored;
                else None.

        Returns:
            The setting; None if there is nothing to propose for now.
        """
        number = len(known)
        if self._protocol.is_sampled:
            if number >= self._search.n_settings:
                return None
            self.optuna.sampler = sampler_of(self._protocol, self._search, number)
            return suggest(self.optuna.ask(), self._space)
        values = self._protocol.propose(self._search, known, standing)
        if values is not None:
            self.begin(values)
        return values

    def begin(self, values: Values) -> None:
        """Add a trial of known values. Needs the sweep's lock.

        If the protocol has a sampler, the sampler draws values here as well, because it stores on
        a trial what it needs for the next trial; the values of the trial are the known ones all
        the same. Without a sampler, the trial is written as a whole or not at all.

        Args:
            values: The value on each axis.
        """
        if not self._protocol.is_sampled:
            self.optuna.add_trial(running_trial(self._space, values))
            return
        self.optuna.sampler = sampler_of(self._protocol, self._search, len(self))
        number = self.optuna.ask().number
        self._setting(private.trial_of(self.optuna, number), values)

    def tell(
        self,
        number: int,
        score: float,
        *,
        spread: float,
        seeds: Mapping[int, float],
        n_diverged: int,
        has_failed: bool,
    ) -> None:
        """Report the score of a setting whose runs are all recorded, unless this was done before.

        Args:
            number: The setting's number.
            score: The setting's score; infinite if a run was pruned.
            spread: Standard deviation of the score over seeds.
            seeds: The value of the objective for each seed.
            n_diverged: Number of runs that diverged.
            has_failed: True if any run failed.
        """
        trial = private.trial_of(self.optuna, number)
        if trial.state.is_finished():
            return
        notes = {
            "spread": _finite(spread),
            "seeds": {str(seed): _finite(value) for seed, value in seeds.items()},
            "n_diverged": n_diverged,
        }
        private.note(self.optuna, trial, "score", notes)
        self._judgments.pop(number, None)
        if has_failed:
            self.optuna.tell(number, state=TrialState.FAIL)
        elif math.isfinite(score):
            self.optuna.tell(number, score)
        else:  # an infinite value would poison the sampler; pruned counts as worst
            self.optuna.tell(number, state=TrialState.PRUNED)

    def lacks_reports(self, number: int, n_epochs: int) -> bool:
        """Return True if a setting has no final score, and scores of too few epochs were reported.

        Args:
            number: The setting's number.
            n_epochs: Number of epochs after which a score should have been reported.
        """
        trial = private.trial_of(self.optuna, number)
        return not trial.state.is_finished() and (trial.last_step or 0) < n_epochs

    def should_prune(self, number: int, scores: Sequence[float]) -> bool:
        """Report the last score of a setting, and return True if the pruner stops the setting.

        Args:
            number: The setting's number.
            scores: The setting's score after each epoch, from the first one on.
        """
        if number not in self._judgments:
            self._judgments[number] = Judgment(
                self.optuna.study_name,
                self._trials()[:number],
                number=number,
                n_parallel=self._n_parallel,
                pruner=self._make_pruner(),
            )
        judgment = self._judgments[number]
        is_pruned = judgment.should_prune(scores)
        trial = private.trial_of(self.optuna, number)
        trial = private.report(self.optuna, trial, len(scores), scores[-1])
        private.copy_notes(self.optuna, trial, judgment.trial)
        return is_pruned

    def _trials(self) -> list[FrozenTrial]:
        return self.optuna.get_trials(deepcopy=False)

    def _is_complete(self, trial: FrozenTrial) -> bool:
        return set(trial.params) == set(self._space)

    def _setting(self, trial: FrozenTrial, recorded: Values | None = None) -> Values:
        """Return a trial's setting; complete a setting that was cut off while it was proposed.

        Args:
            trial: A trial of the study.
            recorded: The setting in the records; None if they do not have it.
        """
        if self._is_complete(trial):
            return {key: from_stored(trial.params[key], ax) for key, ax in self._space.items()}
        self.optuna.sampler = sampler_of(self._protocol, self._search, trial.number)
        opened = private.open_trial(self.optuna, trial)
        if recorded is not None:
            _ = opened.relative_params  # This makes the sampler store what it needs.
            fixed = {key: to_stored(recorded[key], ax) for key, ax in self._space.items()}
            private.fix_values(self.optuna, trial, fixed)
            opened = private.open_trial(self.optuna, trial)
        else:
            for key in filter(trial.params.__contains__, self._space):
                private.draw_again(opened, key)
        return suggest(opened, self._space)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
