"""The interface of an optimizer: its config class, functions, scope, and look in figures."""

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
"""The state of an optimizer: tensors by name, each with the members on its leading axis."""
Scope = Literal["number", "layer", "member"]
"""The part of a member that a step must see at once.

``number``: each number is updated by itself; a step gets any columns of the members' rows, ``(M,
n)``, with padding of zeros that it must keep. ``layer``: a step gets one weight ``(M, fan_out,
fan_in)`` or one bias ``(M, fan_out)``, without padding, and start and step are called for each.
``member``: a step gets whole rows, ``(M, n_stored)``, with padding of zeros that it must keep.
"""


FAMILIES = ("adaptive", "plain", "")


@dataclass(frozen=True, kw_only=True, eq=False)
class Optimizer(Choice):
    """An optimizer: its config, and the functions by which a whole population starts and steps."""

    kind: ClassVar[str] = "optimizer"
    start: Callable[[Tensor], State]
    """Function of the parameters, cut as ``scope`` says, that returns the state before the first
    step. Each tensor of the state is shaped like the parameters, or ``(M,)``."""
    step_: Callable[..., None]
    """Function that takes a step: it changes parameters and state in place. Its arguments are
    ``(params, grads, state, *, lr, ...)``, with one keyword for each hyperparameter."""
    hyperparameters: tuple[str, ...] = ()
    """Names of the fields of ``config`` that ``step_`` takes, each as a tensor with one number per
    member, ``(M,)``. If none are named, these are all ``float`` fields but ``weight_decay``."""
    scope: Scope = "number"
    """The part of a member that ``step_`` must see at once. With ``trainer.compile``, steps of
    scope ``number`` are compiled, and others run as they are written."""
    family: str = ""
    """``adaptive`` for optimizers that scale each coordinate's step by itself, ``plain`` for those
    that scale all coordinates alike, empty for others; reports compare the two families."""
    look: Look | None = None
    """Color, line and marker of the optimizer in figures; None to choose free ones by its name."""

    def __post_init__(self) -> None:
        """Fill in the hyperparameters if none are named, and check the family.

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
