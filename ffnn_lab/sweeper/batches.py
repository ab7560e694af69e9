"""Batches of an arm's settings: scores of a batch influence only settings of later batches.

Batch ``b`` has ``n_parallel`` settings, from number ``b * n_parallel`` on; the last batch may have
fewer. So the number of a setting decides which scores of others may influence its proposal, or
whether a pruner stops it. The worker that trains the setting, the number of workers, and the time
at which a worker was killed make no difference.
"""

from collections.abc import Iterable


class Batches:
    """The batches of one replicate's arms, and which of them have settings without a score."""

    def __init__(self, unscored: Iterable[tuple[str, int]], n_parallel: int) -> None:
        """Find the first batch of each arm that has an unscored setting.

        Args:
            unscored: The settings that were proposed and are not scored, by arm and number.
            n_parallel: Number of settings in a batch.
        """
        self._n_parallel = n_parallel
        self._first: dict[str, int] = {}
        for arm, number in unscored:
            batch = number // n_parallel
            self._first[arm] = min(batch, self._first.get(arm, batch))

    def knows_enough(self, arm: str, number: int) -> bool:
        """Return True if all batches of an arm before the batch of a setting are scored.

        Args:
            arm: Name of the arm.
            number: Number of the setting, which need not be proposed yet.
        """
        batch = number // self._n_parallel
        return self._first.get(arm, batch) >= batch

    def n_askable(self, arm: str, n_asked: int, n_settings: int) -> int:
        """Count the settings of an arm that can be proposed before any further setting is scored.

        Args:
            arm: Name of the arm.
            n_asked: Number of the arm's settings that were proposed.
            n_settings: Number of all settings that the arm is to try.
        """
        if not self.knows_enough(arm, n_asked):
            return 0
        return min(max(0, n_settings - n_asked), self._n_parallel - n_asked % self._n_parallel)
