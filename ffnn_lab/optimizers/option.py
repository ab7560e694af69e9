"""The interface of an optimizer: its config class, its functions, its scope, its look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from ffnn_lab.config.fields import type_hints
from ffnn_lab.config.groups import Choice
from ffnn_lab.registry import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from ffnn_lab.look import Look

State = dict[str, "Tensor"]
"""Named tensors, each with the members on its leading axis."""
Scope = Literal["number", "layer", "member"]
"""How much of a member a step must see at once.

``number``: each number is moved by itself; a step gets any columns of the members' rows, ``(M,
n)``, with padding of zeros that it must keep. ``layer``: a step gets one weight ``(M, fan_out,
fan_in)`` or one bias ``(M, fan_out)``, without padding, and start and step are called for each.
``member``: a step gets whole rows, ``(M, n_stored)``, with padding of zeros that it must keep.
"""


FAMILIES = ("adaptive", "plain", "")


@dataclass(frozen=True, kw_only=True, eq=False)
class Optimizer(Choice):
    """An optimizer: how it starts and steps, for a whole population at once."""

    kind: ClassVar[str] = "optimizer"
    start: Callable[[Tensor], State]
    """From parameters, cut as ``scope`` says, to the state before the first step; each of its
    tensors is shaped like the parameters, or ``(M,)``."""
    step_: Callable[..., None]
    """``(params, grads, state, *, lr, ...)``, in place; one keyword for each hyperparameter."""
    hyperparameters: tuple[str, ...] = ()
    """The fields of ``config`` that the step takes, as tensors ``(M,)``; all of its numbers but
    the weight decay if none are named."""
    scope: Scope = "number"
    """How much of a member ``step_`` must see at once. Where ``trainer.compile`` is set, steps of
    scope ``number`` are compiled, and others run as they are written."""
    family: str = ""
    """``adaptive`` for methods that scale each coordinate's step, which reports compare with the
    ``plain`` ones, that scale all coordinates alike; empty for methods that are neither."""
    look: Look | None = None
    """How figures draw it; None takes a free color, line and marker by its name."""

    def __post_init__(self) -> None:
        """Name the hyperparameters if nobody did, and check the family.

        Raises:
            ValueError: If there is no such family.
        """
        if self.family not in FAMILIES:
            msg = f"family must be adaptive, plain or empty; got {self.family}"
            raise ValueError(msg)
        if not self.hyperparameters:
            hints = type_hints(self.config)
            names = tuple(k for k, hint in hints.items() if hint is float and k != "weight_decay")
            object.__setattr__(self, "hyperparameters", names)


OPTIMIZERS = View(Optimizer)
"""All optimizers, by name."""
