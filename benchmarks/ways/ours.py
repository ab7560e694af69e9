"""The lab's own ways: ``trainer.train`` itself, timed between its reports at the end of epochs."""

from collections.abc import Callable, Sequence

from benchmarks.ways.turns import Taken, Turn
from benchmarks.workloads import Work
from ffnn_lab.config import with_values
from ffnn_lab.population import Member
from ffnn_lab.trainer import train

N_SHARED_SEEDS = 4


class EnoughError(Exception):
    """Raised when every epoch that is to be timed has been trained."""


class Epochs:
    """Adds up the time of epochs, as a callback of ``train``, which reports the end of each epoch.

    ``train`` may train its members as several populations in turn. The first epoch of each
    population is not timed: it touches the population's memory for the first time, while the other
    ways continue in memory that they have touched before. The last epoch is not timed either,
    since it ends in an evaluation.
    """

    def __init__(self, *, n_members: int, n_epochs: int, clock: Callable[[], float]) -> None:
        """Prepare to time epochs 2 to ``n_epochs`` + 1 of all populations together.

        Args:
            n_members: Number of members of all populations.
            n_epochs: Number of epochs to time.
            clock: Function that returns seconds.
        """
        self.seconds = 0.0
        self.n_epochs_of_members = 0
        self._wanted = n_members * n_epochs
        self._timed = range(2, n_epochs + 2)
        self._clock = clock
        self._reported = clock()

    def __call__(self, members: Sequence[Member]) -> None:
        """Add the time since the last report, if the epoch that ended is to be timed.

        Args:
            members: The members of the population that trained the epoch.

        Raises:
            EnoughError: After the last epoch that is timed, so that ``train`` stops.
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
    """Return the turns of training all members by ``train``, anew in each turn.

    Making networks, their evaluation at epoch 0 and at the end, and records are not timed. What
    the trainer does once an epoch is timed: permutations, learning rates, the search for
    divergence.

    Args:
        work: The members and their data.
        compiled: True to compile the steps.
        shares_seeds: True to use only `N_SHARED_SEEDS` different seeds, as the settings of a sweep
            do: members with equal seeds share batches and random numbers.
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
