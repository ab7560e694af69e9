"""Batches of an arm's settings: what is proposed, or judged, without one another's scores.

Batch ``b`` holds the numbers from ``b * n_parallel`` on, ``n_parallel`` of them, cut off at the
last setting. Which settings know of which is so a matter of numbers alone, and not of who trains
them, on how many workers, or when one of these was killed.
"""

from collections.abc import Iterable


class Batches:
    """The batches of a sweep in which some settings are not scored yet."""

    def __init__(self, unscored: Iterable[tuple[str, int]], n_parallel: int) -> None:
        """Find the first such batch of each arm.

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
            n_asked: Its settings that were proposed.
            n_settings: Its settings in all.
        """
        if not self.knows_enough(arm, n_asked):
            return 0
        return min(max(0, n_settings - n_asked), self._n_parallel - n_asked % self._n_parallel)
