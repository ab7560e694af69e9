"""Batches of an arm's settings, which are proposed or judged without one another's scores.

Batch ``b`` has ``n_parallel`` settings, from number ``b * n_parallel`` on; the last batch may have
fewer. So the scores on which a proposal may depend follow from numbers alone, and not from who
trains the settings, from the number of workers, or from when a worker was killed.
"""

from collections.abc import Iterable


class Batches:
    """The batches of a sweep in which some settings are not scored yet."""

    def __init__(self, unscored: Iterable[tuple[str, int]], n_parallel: int) -> None:
        """Find the first batch of each arm that has an unscored setting.

        Args:
            unscored: The settings that were proposed and are not scored, by arm and number.
            n_parallel: Settings of a batch.
        """
        self._n_parallel = n_parallel
        self._first: dict[str, int] = {}
        for arm, number in unscored:
            batch = number // n_parallel
            self._first[arm] = min(batch, self._first.get(arm, batch))

    def knows_enough(self, arm: str, number: int) -> bool:
        """Return True if all batches before that of a setting are scored."""
        batch = number // self._n_parallel
        return self._first.get(arm, batch) >= batch

    def n_askable(self, arm: str, n_asked: int, n_settings: int) -> int:
        """Count the settings that can be proposed before another one is scored.

        Args:
            arm: Name of the arm.
            n_asked: Number of the arm's settings that were proposed.
            n_settings: Number of all of the arm's settings.
        """
        if not self.knows_enough(arm, n_asked):
            return 0
        return min(max(0, n_settings - n_asked), self._n_parallel - n_asked % self._n_parallel)
