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
"""Definition of the sweep whose figures are being drawn, which `arms_of` sets."""

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
"""Tol's muted palette, for arms without an optimizer and for optimizers whose option has no
look."""

VERDICTS = {
    "supported": Look("#0072B2", "-", "o"),
    "contradicted": Look("#D55E00", "--", "X"),
    "inconclusive": Look("#777777", ":", "D"),
    "one tuning": Look("#AAAAAA", "-.", "s"),
}
"""Looks of the verdicts on claims; markers distinguish them without color, too."""

MARKERS = (*(look.marker for look in OTHERS), "p")
"""Markers of arms. There is one more than there are colors and lines, so that combinations do not
repeat soon."""


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
    """Return looks of one color for the arms of one optimizer; the first is ``look`` itself.

    No two of these looks have both line and marker in common. The same holds for the first seven
    looks of all registered optimizers taken together.
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
    """Set the sweep in whose definition `looks_of` finds the optimizers of arms.

    The setting holds inside the ``with`` block.

    Args:
        definition: The definition of the sweep.
    """
    token = _DRAWN.set(definition)
    try:
        yield
    finally:
        _DRAWN.reset(token)


def registered_looks() -> dict[str, Look]:
    """Return the looks of the optimizers whose options have a look, by name of the optimizer.

    The colors are Okabe and Ito's palette, which color-blind readers can distinguish; those of
    adaptive methods are warm.
    """
    from ffnn_lab.optimizers import OPTIMIZERS  # noqa: PLC0415 - loads every option

    return {name: each.look for name, each in OPTIMIZERS.items() if each.look is not None}


def _optimizers_of(names: Iterable[str]) -> dict[str, str]:
    """Return the name of each arm's optimizer, by arm; the empty string for an arm without one.

    The optimizer is the one in the definition that `arms_of` has set. If the definition lacks the
    arm, or none is set, it is the optimizer with whose name the arm's name begins.
    """
    drawn = _DRAWN.get()
    arms = drawn.arms if drawn else ()
    known = {name: arm.optimizer for arm in arms for name in (arm.name, arm.base)}
    return {name: known.get(name) or _named_after(name) for name in names}


def _named_after(arm: str) -> str:
    """Return the optimizer that an arm is named after; the empty string if there is none.

    For example, this is ``adam`` for the arms ``adam`` and ``adam_lr``.
    """
    from ffnn_lab.optimizers import OPTIMIZERS  # noqa: PLC0415 - loads every option

    named = [each for each in OPTIMIZERS if arm == each or arm.startswith(f"{each}_")]
    # With optimizers adam and adam_mini, the arm adam_mini is no variant of adam.
    return max(named, key=len, default="")


def looks_of(arms: Iterable[str]) -> dict[str, Look]:
    """Return the look of every arm, by its name.

    The first arm of an optimizer has the look of the optimizer's option. Further arms of it, such
    as ``adam_coupled`` beside ``adam``, keep the color and take the next line and marker in turn.
    An optimizer whose option has no look takes a color that its name decides. Arms without an
    optimizer take the looks of `turns` one after the other, and so do several arms that all have
    the same optimizer, since its color would not distinguish them. `arms_of` sets the definition
    in which the optimizers of arms are looked up.

    Args:
        arms: The names of all arms in the definition's order, drawn or not, so that an arm looks
            the same in every figure of a sweep. Arms without an optimizer avoid the lines and
            colors of those with one.
    """
    names = list(arms)
    optimizers = _optimizers_of(names)
    if len(names) > 1 and len(set(optimizers.values())) == 1:
        optimizers = dict.fromkeys(names, "")  # the color of the one optimizer would tell nothing
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
    """Yield the looks of an optimizer's arms; the first is ``look``, that of the first arm."""
    yield look
    yield from islice(cycle(variants_of(look)), 1, None)


def _own_looks(optimizers: Iterable[str]) -> dict[str, Look]:
    """Return the look of the first arm of each optimizer, by name of the optimizer.

    An optimizer whose option has no look takes a look of `OTHERS` that no optimizer before it has;
    the hash of its name decides where in `OTHERS` the search begins.
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
    """Return True if two looks share a line style, so that print in gray needs their markers."""
    lines = [look.line for look in drawn]
    return len(set(lines)) < len(lines)
