"""``grid``: every combination of the listed values."""

from collections.abc import Mapping, Sequence

from ffnn_lab.config import ConfigError
from ffnn_lab.protocols.option import Protocol, Search, Standing, Values, has_intervals, n_points
from ffnn_lab.protocols.points import grid_point
from ffnn_lab.protocols.space import Interval, Space
from ffnn_lab.registry import register


class Grid(Protocol):
    """Proposes every combination of the listed values; the last axis changes fastest."""

    def check(self, spaces: Mapping[str, Space]) -> None:
        """Check that no axis is an interval; see `Protocol.check`."""
        intervals = [
            key
            for space in spaces.values()
            for key, axis in space.items()
            if isinstance(axis, Interval)
        ]
        if intervals:
            msg = (
                f"{self.written} needs finitely many values on every axis; {intervals[0]} is an "
                "interval: list its values, or use random, qmc or tpe"
            )
            raise ConfigError(msg)
        super().check(spaces)

    def n_settings(self, space: Space, limit: int) -> int:
        """Return the number of combinations; see `Protocol.n_settings`."""
        return limit if has_intervals(space) else n_points(space)

    def propose(
        self,
        search: Search,
        known: Sequence[Values],
        standing: Standing | None,  # noqa: ARG002 - the interface's
    ) -> Values | None:
        """Return the next combination; see `Protocol.propose`."""
        if len(known) >= search.n_settings:
            return None
        return grid_point(search, len(known), n_draws=search.n_settings // n_points(search.space))


register(
    Grid(
        name="grid",
        order=0,
        description="every combination of listed values",
        limits=("max_points",),
    )
)
