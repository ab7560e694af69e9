"""Ours: ``trainer.train`` itself, timed from one of its reports to the next."""

from collections.abc import Callable, Sequence

from benchmarks.ways.turns import Taken, Turn
from benchmarks.workloads import Work
from ffnn_lab.config import with_values
from ffnn_lab.population import Member
from ffnn_lab.trainer import train

N_SHARED_SEEDS = 4


class EnoughError(Exception):
    """Raised when everything that is timed has been trained."""


class Epochs:
    """Adds up the time of epochs, each from the report before it to its own.

    ``train`` may train its members as several populations in turn. The first epoch of each is not
    timed: it touches the population's memory for the first time, while the other ways continue in
    theirs. Neither is the last, which ends in an evaluation.
    """

    def __init__(self, *, n_members: int, n_epochs: int, clock: Callable[[], float]) -> None:
        """Prepare to time epochs 2 to ``n_epochs`` + 1 of all populations together."""
        self.seconds = 0.0
        self.n_epochs_of_members = 0
        self._wanted = n_members * n_epochs
        self._timed = range(2, n_epochs + 2)
        self._clock = clock
        self._reported = clock()

    def __call__(self, members: Sequence[Member]) -> None:
        """Take a report of ``train``.

        Raises:
            EnoughError: After the last epoch that is timed, so that nothing is trained in vain.
            FloatingPointError: If a member diverged.
        """
        now = self._clock()
        if any(member.diverged_step is not None for member in members):
            msg = "a member diverged, and what it took says nothing"
            raise FloatingPointError(msg)
        if members and members[0].epoch in self._timed:
            self.seconds += now - self._reported
            self.n_epochs_of_members += len(members)
            if self.n_epochs_of_members == self._wanted:
                raise EnoughError
        self._reported = self._clock()


def ours(work: Work, *, compiled: bool, shares_seeds: bool = False) -> Turn:
    """Train all members by ``train``, anew in each turn.

    Making networks, their evaluation at epoch 0 and at the end, and records are not timed. What
    the trainer does once an epoch is: permutations, learning rates, the search for divergence.

    Args:
        work: The members and their data.
        compiled: Whether steps are compiled.
        shares_seeds: Whether the members have only a few different seeds, as the settings of a
            sweep do, and so share batches and draws.
    """
    configs = [with_values(config, {"trainer.compile": compiled}) for config in work.configs]
    if shares_seeds:
        configs = [
            with_values(config, {"seed": m % N_SHARED_SEEDS}) for m, config in enumerate(configs)
        ]
    epoch_seconds: float | None = None

    def turn(seconds: float) -> Taken:
        nonlocal epoch_seconds
        n_epochs = max(1, round(seconds / epoch_seconds)) if epoch_seconds else 1
        beyond = {"trainer.max_epochs": n_epochs + 2, "trainer.evaluate_every": n_epochs + 2}
        epochs = Epochs(n_members=len(configs), n_epochs=n_epochs, clock=work.clock)
        try:
            train([with_values(config, beyond) for config in configs], work.task, on_epoch=epochs)
        except EnoughError:
            pass
        else:
            msg = f"train ended after {epochs.n_epochs_of_members} epochs of members"
            raise RuntimeError(msg)
        epoch_seconds = epochs.seconds / n_epochs
        return Taken(epochs.seconds, epochs.n_epochs_of_members * work.n_steps, 0.0)

    return turn
