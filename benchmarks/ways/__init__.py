"""The ways of training the same networks that are timed side by side.

A way is a program that trains the members of a population: the lab's, or a peer's, such as JAX.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.ways.ours import N_SHARED_SEEDS, ours
from benchmarks.ways.plain import plain
from benchmarks.ways.products import products
from benchmarks.ways.turns import Turn
from benchmarks.ways.vmap import stacked
from benchmarks.workloads import Work
from ffnn_lab.library import find_compiler

HAS_COMPILER = find_compiler() is not None
HAS_JAX = importlib.util.find_spec("jax") is not None


@dataclass(frozen=True)
class Way:
    """A way of training."""

    label: str
    """Name of the way in tables and figures."""
    prepare: Callable[[Work], Turn]
    """Function that makes the networks, does everything else that is not timed, and returns the
    function that trains in timed turns."""
    compiles: bool = False
    """True if the first turn compiles."""
    least_members: int = 1
    """Smallest number of members for which the way is measured."""
    is_there: bool = True
    """False if a library or a compiler that the way needs is not installed."""


def _jax(work: Work) -> Turn:
    from benchmarks.ways.jax_scan import jax_scan  # noqa: PLC0415 - an extra that may be missing

    return jax_scan(work)


_SHARED = partial(ours, shares_seeds=True)
_MORE = N_SHARED_SEEDS + 1

WAYS = {
    "plain": Way("plain loop", partial(plain, fused=False)),
    "fused": Way("plain loop, fused", partial(plain, fused=True)),
    "vmap": Way("torch.func.vmap", stacked),
    "jax": Way("JAX jit(vmap(scan))", _jax, compiles=True, is_there=HAS_JAX),
    "eager": Way("ours, eager", partial(ours, compiled=False)),
    "compiled": Way(
        "ours, compiled", partial(ours, compiled=True), compiles=True, is_there=HAS_COMPILER
    ),
    "eager_shared": Way(
        "ours, eager, shared seeds", partial(_SHARED, compiled=False), least_members=_MORE
    ),
    "compiled_shared": Way(
        "ours, compiled, shared seeds",
        partial(_SHARED, compiled=True),
        compiles=True,
        least_members=_MORE,
        is_there=HAS_COMPILER,
    ),
    "products": Way("matrix products alone", products),
}
"""The ways, by the name that they have on the command line and in the CSV."""
