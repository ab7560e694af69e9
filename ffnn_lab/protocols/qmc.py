"""``qmc``: a quasi-random sequence, which covers a space more evenly than independent draws."""

import zlib
from collections.abc import Sequence

from ffnn_lab.protocols.option import Protocol, Search, Standing, Values
from ffnn_lab.protocols.points import from_unit
from ffnn_lab.registry import register
from ffnn_lab.seeds import stream


class QuasiRandom(Protocol):
    """Proposes the points of a scrambled Sobol sequence (Owen 1998, as in scipy)."""

    def propose(
        self,
        search: Search,
        known: Sequence[Values],
        standing: Standing | None,  # noqa: ARG002 - the interface's
    ) -> Values | None:
        """Return the next point of the sequence; see `Protocol.propose`."""
        number, n_axes = len(known), len(search.space)
        if number >= search.n_settings:
            return None
        from scipy.stats import qmc  # noqa: PLC0415 - most of a second of import

        rng = stream(search.seed, "proposal", zlib.crc32(search.arm.encode()))
        sequence = qmc.Sobol(max(1, n_axes), rng=rng)
        if number > 0:  # scipy cannot forward by nothing
            sequence.fast_forward(number)
        place = [float(each) for each in sequence.random(1)[0, :n_axes]]
        return from_unit(search.space, place)


register(QuasiRandom(name="qmc", order=3, description="points of a scrambled Sobol sequence"))
