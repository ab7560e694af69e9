"""The figure ``error_against_dropout``: errors against the rate of dropout."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.along_axis import AlongAxis

if TYPE_CHECKING:
    from ffnn_lab.report.measures.numbers import Numbers


class ErrorAgainstDropout(AlongAxis):
    """Tuning scores by rate on the left; test errors of the arms' best settings on the right."""

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the ids of the tuning runs, and of the runs on fresh seeds that are shown."""
        behind = {arm: list(run_ids) for arm, run_ids in super().behind(numbers).items()}
        points = self.drawn(numbers)
        if points is not None:
            for arm in points.loc[points["shown"] == "confirmed", "arm"]:
                behind[arm] += numbers.reported[arm]
        return behind


register(ErrorAgainstDropout(name="error_against_dropout", order=4))
