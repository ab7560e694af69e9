"""Optimizers of the scopes ``layer`` and ``member``, which the tests add to the registry."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping

import pytest
import torch
from torch import Tensor, nn

from ffnn_lab.config import OptimizerConfig
from ffnn_lab.optimizers import Optimizer
from tests import catalog
from tests.support.options import put_option

SCOPES = ("layer", "member")


@dataclasses.dataclass(kw_only=True)
class TrustConfig(OptimizerConfig):
    """Config of an optimizer of the tests: momentum with steps scaled by norms, as in LARS."""


def start(params: Tensor) -> dict[str, Tensor]:
    """Return the state before the first step."""
    return {"velocity": torch.zeros_like(params), "n_steps": params.new_zeros(params.shape[0])}


def step_(params: Tensor, grads: Tensor, state: Mapping[str, Tensor], *, lr: Tensor) -> None:
    """Take a step, scaled by the norm of the parameters over the norm of the gradients."""

    def over_all(each: Tensor) -> Tensor:
        return each.view(-1, *[1] * (params.ndim - 1))

    def norm(each: Tensor) -> Tensor:
        return over_all((each * each).flatten(1).sum(dim=1).sqrt())

    state["n_steps"].add_(1)
    state["velocity"].mul_(0.5).add_(grads)
    trust = (norm(params) + 0.1) / (norm(grads) + 1e-3) / over_all(state["n_steps"])
    params.sub_(over_all(lr) * trust * state["velocity"])


class PlainTrust(torch.optim.Optimizer):
    """The same optimizer in ordinary PyTorch, for one network."""

    def __init__(self, params: Iterable[nn.Parameter], config: OptimizerConfig) -> None:
        super().__init__(params, {"lr": config.lr})
        self._is_whole = config.name == "trust_member"
        self._n_steps = 0

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take one step."""
        assert closure is None
        (group,) = self.param_groups
        self._n_steps += 1
        each = group["params"]
        for together in [each] if self._is_whole else [[one] for one in each]:
            size = nn.utils.parameters_to_vector(together).norm()
            slope = nn.utils.parameters_to_vector([one.grad for one in together]).norm()
            trust = (size + 0.1) / (slope + 1e-3) / self._n_steps
            for one in together:
                velocity = self.state[one].setdefault("velocity", torch.zeros_like(one))
                velocity.mul_(0.5).add_(one.grad)
                one.sub_(group["lr"] * trust * velocity)


def put_scopes(patch: pytest.MonkeyPatch) -> None:
    """Register an optimizer ``trust_SCOPE`` for each scope, which must equal `PlainTrust`."""
    for scope in SCOPES:
        name = f"trust_{scope}"
        option = Optimizer(
            name=name,
            config=TrustConfig,
            start=start,
            step_=step_,
            hyperparameters=("lr",),
            scope=scope,  # type: ignore[arg-type]
        )
        put_option(patch, option)
        config = TrustConfig(name=name, lr=0.02, weight_decay=0.0, decay="decoupled")
        row = catalog.OptimizerRow(config, PlainTrust, stable_lr=0.02)
        patch.setitem(catalog.OPTIMIZERS, name, row)
