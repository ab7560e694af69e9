"""``random``: settings drawn uniformly and independently of one another."""

import zlib
from collections.abc import Sequence

from ffnn_lab.protocols.option import Protocol, Search, Standing, Values, has_intervals, n_points
from ffnn_lab.protocols.points import from_unit, grid_point, uniform_place
from ffnn_lab.registry import register
from ffnn_lab.seeds import stream


class Random(Protocol):
    """Draws every setting uniformly, on a log scale where an axis has one."""

    def propose(
        self,
        search: Search,
        known: Sequence[Values],
        standing: Standing | None,  # noqa: ARG002 - the interface's
    ) -> Values | None:
        """Return the next draw; see `Protocol.propose`.

        If the values of all axes are listed, every combination is returned once, in random order.
        """
        number = len(known)
        if number >= search.n_settings:
            return None
        if has_intervals(search.space):
            return from_unit(search.space, uniform_place(search, number, len(search.space)))
        rng = stream(search.seed, "proposal", zlib.crc32(search.arm.encode()))
        return grid_point(search, int(rng.permutation(n_points(search.space))[number]), n_draws=1)


register(
    Random(
        name="random",
        order=2,
        description="independent uniform draws",
        is_independent=True,
    )
)
