"""``grid_until_interior``: a grid that grows along one axis while the best point is at an end."""

from collections.abc import Mapping, Sequence

from ffnn_lab.config import ConfigError
from ffnn_lab.protocols.growth import extension
from ffnn_lab.protocols.option import (
    Protocol,
    Search,
    Standing,
    Values,
    growing_axes,
    has_intervals,
    n_points,
)
from ffnn_lab.protocols.points import grid_point
from ffnn_lab.protocols.space import Space
from ffnn_lab.registry import register


class GridUntilInterior(Protocol):
    """Proposes a grid, then points beyond its edge, until the best setting is not on the edge."""

    def check(self, spaces: Mapping[str, Space]) -> None:
        """Check that each arm has exactly one growing axis; see `Protocol.check`."""
        for arm, space in spaces.items():
            n_growing = len(growing_axes(space))
            if n_growing != 1:
                msg = (
                    f"{self.written} needs one axis that grows in every arm, as optimizer.lr: "
                    f"{{center: 0.1, ratio: 2, n_points: 5}}; arm {arm} has {n_growing}"
                )
                raise ConfigError(msg)

    def n_settings(self, space: Space, limit: int) -> int:
        """Return the size of the grid, times the draws on intervals; see `Protocol.n_settings`.

        Every combination of listed values is tried with the same number of draws on the intervals:
        as many as fit into ``limit``, at least one.
        """
        n_listed = n_points(space)
        return n_listed * (max(1, limit // n_listed) if has_intervals(space) else 1)

    def propose(
        self, search: Search, known: Sequence[Values], standing: Standing | None
    ) -> Values | None:
        """Return the next point of the grid or beyond it; see `Protocol.propose`."""
        if len(known) < search.n_settings:
            n_draws = search.n_settings // n_points(search.space)
            return grid_point(search, len(known), n_draws=n_draws)
        return extension(search, known, standing)


register(
    GridUntilInterior(
        name="grid_until_interior",
        order=1,
        description="a grid that grows until its best setting is interior",
        limits=("max_points",),
        grows=True,
    )
)
