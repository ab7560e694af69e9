"""The view of a study in which a pruner judges one setting.

A setting is compared with the finished settings of earlier batches, and with no other. So the
verdict does not depend on which worker trains the other settings of the batch, nor on any
interruption.
"""

from collections.abc import Sequence

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState, create_trial

from ffnn_lab.sweeper.studies import private


class Judgment:
    """A pruner's judgment of one setting, in a copy of its study that is kept in memory."""

    def __init__(
        self,
        name: str,
        earlier: Sequence[FrozenTrial],
        *,
        number: int,
        n_parallel: int,
        pruner: BasePruner,
    ) -> None:
        """Copy the trials that the pruner may see.

        Args:
            name: The study's name; Hyperband draws a bracket by this name and the setting's
                number.
            earlier: The trials of the study with lower numbers, in order.
            number: The setting's number.
            n_parallel: Number of settings in a batch.
            pruner: A pruner for this setting alone, because pruners keep state.
        """
        self._number = number
        self._pruner = pruner
        self._verdicts: list[bool] = []
        self._view = optuna.create_study(
            study_name=name, storage=optuna.storages.InMemoryStorage(), direction="minimize"
        )
        n_earlier = number - number % n_parallel
        for trial in earlier[:n_earlier]:
            self._view.add_trial(_seen(trial))
        for _ in range(n_earlier, number + 1):  # its batch up to itself, so that it has its number
            self._view.add_trial(create_trial(state=TrialState.RUNNING))

    @property
    def trial(self) -> FrozenTrial:
        """Return the setting's trial, with its reported values and the pruner's attributes."""
        return private.trial_of(self._view, self._number)

    def should_prune(self, scores: Sequence[float]) -> bool:
        """Return True if the setting should stop after the last of its scores.

        Args:
            scores: The setting's score after each epoch, from the first one on. Epochs that were
                judged in an earlier call are not judged again.
        """
        for epoch in range(len(self._verdicts) + 1, len(scores) + 1):
            trial = private.report(self._view, self.trial, epoch, scores[epoch - 1])
            self._verdicts.append(self._pruner.prune(self._view, trial))
        return self._verdicts[len(scores) - 1]


def _seen(trial: FrozenTrial) -> FrozenTrial:
    """Copy the parts of a trial that pruners read; a trial that has not ended is copied empty."""
    if not trial.state.is_finished():
        return create_trial(state=TrialState.RUNNING)
    return create_trial(
        state=trial.state,
        value=trial.value,
        intermediate_values=trial.intermediate_values,
        system_attrs=trial.system_attrs,
    )
