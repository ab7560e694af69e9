"""What an arm's name says, and which pairs of arms were to be compared before anything was run.

An arm is named after its optimizer, ``adam``, or after optimizer and variant, ``adam_coupled``;
arms of one variant differ in their optimizer alone. This is the one place that says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ffnn_lab.optimizers import OPTIMIZERS

ADAPTIVE = tuple(name for name, each in OPTIMIZERS.items() if each.family == "adaptive")
"""Methods that scale each coordinate's step: Wilson et al.'s three."""
PLAIN = tuple(name for name, each in OPTIMIZERS.items() if each.family == "plain")
"""Methods that scale all coordinates alike, which the adaptive ones are compared with."""


@dataclass(frozen=True)
class Contrast:
    """A comparison that was declared: an arm against another, at equal seeds."""

    arm: str
    against: str

    def __str__(self) -> str:
        return f"{self.arm} - {self.against}"


def parts(arm: str) -> tuple[str, str]:
    """Split an arm's name into its optimizer and its variant.

    Returns:
        Both, the variant empty where the name is the optimizer's; an empty optimizer and the
        whole name where it begins with none.
    """
    named = [each for each in OPTIMIZERS if arm == each or arm.startswith(f"{each}_")]
    # With optimizers adam and adam_mini, the arm adam_mini is no variant of adam.
    optimizer = max(named, key=len, default="")
    return optimizer, arm[len(optimizer) + 1 :] if optimizer else arm


def variants(arms: Iterable[str]) -> dict[str, dict[str, str]]:
    """Sort arms by variant: to each variant its arms, by their optimizer.

    Arms that are not named after an optimizer have no place in it.
    """
    found: dict[str, dict[str, str]] = {}
    for arm in arms:
        optimizer, variant = parts(arm)
        if optimizer:
            found.setdefault(variant, {})[optimizer] = arm
    return found


def contrasts(arms: Iterable[str]) -> list[Contrast]:
    """List the declared contrasts: each adaptive method against SGD, and against heavy ball.

    Args:
        arms: The arms of a sweep; those of different variants are not compared.
    """
    return [
        Contrast(arm, of_variant[plain])
        for of_variant in variants(arms).values()
        for plain in PLAIN
        if plain in of_variant
        for optimizer, arm in of_variant.items()
        if optimizer in ADAPTIVE
    ]


def baseline_of(arm: str, arms: Iterable[str]) -> str:
    """Name the arm that another is compared with.

    It is SGD of its variant, or else heavy ball of its variant. Where there is neither, or the arm
    is that one itself, it is the sweep's own: the first arm that so serves a variant, or else the
    first of all.

    Returns:
        The name; the arm's own if it is the sweep's baseline.
    """
    names = list(arms)
    plain = {
        variant: next((of_variant[each] for each in PLAIN if each in of_variant), "")
        for variant, of_variant in variants(names).items()
    }
    optimizer, variant = parts(arm)
    own = plain[variant] if optimizer else ""
    return (
        own if own not in ("", arm) else next((each for each in plain.values() if each), names[0])
    )
