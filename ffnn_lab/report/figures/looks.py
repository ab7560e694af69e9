"""The look of each arm in every figure: its color, line and marker."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import cycle, islice
from zlib import crc32

from ffnn_lab.definition import Definition
from ffnn_lab.look import Look
from ffnn_lab.report.data.arms import methods_of

_DRAWN: ContextVar[Definition | None] = ContextVar("drawn", default=None)
"""The sweep whose figures are being drawn."""

OTHERS = (
    Look("#332288", "-", "o"),
    Look("#CC6677", "--", "s"),
    Look("#117733", "-.", "D"),
    Look("#6699CC", ":", "^"),
    Look("#882255", (0, (5, 1)), "v"),
    Look("#44AA99", (0, (3, 1, 1, 1)), "P"),
    Look("#AA4499", (0, (1, 0.6)), "X"),
    Look("#999933", (0, (6, 2, 1, 2)), "*"),
)
"""Tol's muted palette, for arms without an optimizer and for optimizers without a look."""

VERDICTS = {
    "supported": Look("#0072B2", "-", "o"),
    "contradicted": Look("#D55E00", "--", "X"),
    "inconclusive": Look("#777777", ":", "D"),
    "one tuning": Look("#AAAAAA", "-.", "s"),
}
"""Looks of the verdicts on claims; markers distinguish them without color, too."""

MARKERS = (*(look.marker for look in OTHERS), "p")
"""Markers of arms: one more than colors and lines, so that combinations do not repeat soon."""


def turns(palette: Sequence[Look] = OTHERS) -> list[Look]:
    """Return the looks of a palette, then new combinations of their colors, lines and markers.

    Of the first 57 looks of `OTHERS`, no two agree in color and line, in color and marker, or in
    line and marker.
    """
    n = len(palette)
    lines = [look.line for look in palette]
    return [
        Look(palette[i].color, lines[(i + turn) % n], MARKERS[(i + 5 * turn) % len(MARKERS)])
        for turn in range(n)
        for i in range(n)
    ]


def variants_of(look: Look) -> list[Look]:
    """Return looks of one color for the variants of an optimizer, its own look the first.

    No two agree in line and marker, and neither do the first seven variants of the registered
    optimizers among one another.
    """
    known = list(registered_looks().values())
    shapes = {(each.line, each.marker) for each in known}
    palette = known if (look.line, look.marker) in shapes else list(OTHERS)
    lines, markers = [each.line for each in palette], [each.marker for each in palette]
    n, first = len(lines), lines.index(look.line)
    shift = markers.index(look.marker) - first
    return [
        Look(look.color, lines[(first + k) % n], markers[(first + shift + 2 * k + k // n) % n])
        for k in range(n * n)
    ]


@contextmanager
def arms_of(definition: Definition) -> Iterator[None]:
    """Take the optimizers of arms that are drawn inside the ``with`` block from a definition."""
    token = _DRAWN.set(definition)
    try:
        yield
    finally:
        _DRAWN.reset(token)


def registered_looks() -> dict[str, Look]:
    """Return the look of each optimizer whose option has one.

    The colors are Okabe and Ito's palette, which color-blind readers can distinguish; those of
    adaptive methods are warm.
    """
    from ffnn_lab.optimizers import OPTIMIZERS  # noqa: PLC0415 - loads every option

    return {name: each.look for name, each in OPTIMIZERS.items() if each.look is not None}


def _optimizers_of(names: Iterable[str]) -> dict[str, str]:
    """Return the optimizer of each arm, by name; empty if it has none.

    An arm that is not in the definition of `arms_of`, or is drawn without one, has the optimizer
    with whose name its own begins.
    """
    drawn = _DRAWN.get()
    arms = drawn.arms if drawn else ()
    known = {name: arm.optimizer for arm in arms for name in (arm.name, arm.base)}
    return {name: known.get(name) or _named_after(name) for name in names}


def _named_after(arm: str) -> str:
    """Return the optimizer that an arm is named after: ``adam`` of ``adam`` and ``adam_lr``."""
    from ffnn_lab.optimizers import OPTIMIZERS  # noqa: PLC0415 - loads every option

    named = [each for each in OPTIMIZERS if arm == each or arm.startswith(f"{each}_")]
    # With optimizers adam and adam_mini, the arm adam_mini is no variant of adam.
    return max(named, key=len, default="")


def looks_of(arms: Iterable[str]) -> dict[str, Look]:
    """Return the look of every arm: that of its optimizer, or else the next of `turns`.

    Further variants of an optimizer (``adam_coupled``, ``adam_decoupled``) keep its color and take
    the next line and marker in turn. An optimizer whose option has no look takes a color by its
    name. The optimizers are those of the definition of `arms_of`.

    Args:
        arms: The names of all arms in the definition's order, drawn or not, so that an arm looks
            the same in every figure of a sweep. Arms without an optimizer avoid the lines and
            colors of those with one.
    """
    names = list(arms)
    optimizers = _optimizers_of(names)
    own = _own_looks(optimizers.values())
    of_variants = {optimizer: _in_turn(look) for optimizer, look in own.items()}
    found = {name: next(of_variants[each]) for name, each in optimizers.items() if each}
    lines = {look.line for look in found.values()}
    colors = {look.color for look in own.values()}
    free = [look for look in turns() if look.color not in colors] or turns()
    # Those whose line no optimizer has come first; the order is kept otherwise.
    others = cycle(sorted(free, key=lambda look: look.line in lines))
    return {name: found.get(name) or next(others) for name in names}


def _in_turn(look: Look) -> Iterator[Look]:
    """Yield the looks of an optimizer's arms, its own first; others are computed when needed."""
    yield look
    yield from islice(cycle(variants_of(look)), 1, None)


def _own_looks(optimizers: Iterable[str]) -> dict[str, Look]:
    """Return the first look of each optimizer.

    An optimizer whose option has no look takes one by the hash of its name, or the next free one.
    """
    drawn = _DRAWN.get()
    found: dict[str, Look] = {}
    for optimizer in dict.fromkeys(each for each in optimizers if each):
        start = crc32(optimizer.encode()) % len(OTHERS)
        in_turn = list(islice(cycle(OTHERS), start, start + len(OTHERS)))
        free = [look for look in in_turn if look not in found.values()]
        method = methods_of(drawn).get(optimizer) if drawn else None
        own = method.look if method else registered_looks().get(optimizer)
        found[optimizer] = own or (free or in_turn)[0]
    return found


def need_markers(drawn: Iterable[Look]) -> bool:
    """Return whether some looks share a line style, so that gray print needs their markers."""
    lines = [look.line for look in drawn]
    return len(set(lines)) < len(lines)
