"""Any ``nn.Module`` as the network of a population, with derivatives by autograd.

All random numbers come from the lab's named streams (``ffnn_lab.seeds``). Members are computed
one after another, each on tensors of its own, so that a member's numbers do not depend on the
other members; or all at once by ``vmap``, which rounds differently.
"""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, grad_and_value, vmap
from torch.nn.utils.parametrize import ParametrizationList

from ffnn_lab.config import ConfigError
from ffnn_lab.networks.module_parts import NORMS, parts_of
from ffnn_lab.networks.module_signals import noted_calls
from ffnn_lab.networks.module_sites import N_TRIED, example_of, sites_of, with_masks
from ffnn_lab.networks.network import Network, Part, Signals, Site, Walk
from ffnn_lab.outside import first_line, slip_in
from ffnn_lab.seeds import torch_seed

if TYPE_CHECKING:
    from ffnn_lab.config import RunConfig
    from ffnn_lab.losses import Loss
    from ffnn_lab.tasks.data.task import Interface

Make = Callable[[], nn.Module]
"""A function that returns a new module, and may draw initial values from torch's global
generator."""
N_EVALUATED = 256
"""Number of examples that are evaluated at a time."""
BYTES_ALIGNED = 64


class TorchNetwork(Network):
    """A network whose members are copies of one module, each with parameters of its own."""

    def __init__(
        self,
        make: Make,
        interface: Interface,
        dtype: torch.dtype,
        *,
        description: Mapping[str, object],
        asked: str = "the factory",
        walk: Walk = "one_by_one",
    ) -> None:
        """Inspect a module that ``make`` returns, by one forward pass of a few examples.

        Args:
            make: Function that returns a new module; it is called again for each member that is
                exported, or whose initial values the module draws.
            interface: The shapes of the task's inputs and outputs.
            dtype: The dtype of the module's parameters.
            description: All that is needed to make the module again, see `Network.description`.
            asked: The override by which the user chose the module, for messages.
            walk: The way members are computed; see `Walk`.

        Raises:
            ConfigError: If the module cannot be trained so that its numbers depend on its config
                alone; the message says why, and what to write instead.
        """
        self._make, self._interface, self._dtype = make, interface, dtype
        self._description, self._walk = description, walk
        self._skeletons = threading.local()
        with _apart(seed=0):
            module: object = make()
        if not isinstance(module, nn.Module):
            msg = f"{asked} must make a torch.nn.Module; it made {type(module).__name__}"
            raise ConfigError(msg)
        if any(isinstance(each, ParametrizationList) for each in module.modules()):
            msg = f"{asked} must make a module without parametrizations (torch.nn.utils)"
            raise ConfigError(msg)
        self._skeleton = with_masks(module, {}).to(dtype)
        frozen = {n: p for n, p in self._skeleton.named_parameters() if not p.requires_grad}
        for parameter in self._skeleton.parameters():
            parameter.requires_grad_(False)  # noqa: FBT003 - torch names it otherwise than its stubs
        self._sites = sites_of(self._skeleton, interface, dtype, asked)
        self._parts = list(parts_of(self._skeleton, frozen))
        if not self._parts:
            msg = f"{asked} must make a module with parameters to train; it has none"
            raise ConfigError(msg)
        masks = {f"{name}.mask" for name, _ in self._sites}
        self._buffers = {
            name: buffer.clone()
            for name, buffer in (*self._skeleton.named_buffers(), *frozen.items())
            if name not in masks
        }
        has_memory = any(isinstance(each, nn.RNNBase) for each in self._skeleton.modules())
        if walk == "vmap" and has_memory:
            msg = (
                "trainer.walk must be one_by_one with recurrent layers, for which vmap takes "
                "longer; got vmap"
            )
            raise ConfigError(msg)
        if walk == "vmap":
            self._try_vmap(asked)

    def _try_vmap(self, asked: str) -> None:
        """Take a gradient of two members by ``vmap``, which some operations refuse.

        Args:
            asked: The override by which the user chose the module.

        Raises:
            ConfigError: If it fails, for example because a function that the user wrote branches
                on the contents of a tensor.
        """
        skeleton = self._own_skeleton().train()

        def of_one(
            params: Mapping[str, Tensor], rest: Mapping[str, Tensor], inputs: Tensor
        ) -> Tensor:
            outputs: Tensor = functional_call(skeleton, {**params, **rest}, (inputs,))
            return outputs.square().sum()

        rows = torch.zeros(2, self.n_stored, dtype=self._dtype)
        params = {part.name: part.view(rows) for part in self._parts}
        rest = {name: torch.stack([each, each]) for name, each in self._buffers.items()}
        inputs = example_of(N_TRIED, self._interface, self._dtype)
        try:
            vmap(grad(of_one))(params, rest, torch.stack([inputs, inputs]))
        except Exception as error:
            msg = (
                f"trainer.walk must be one_by_one with {asked}, which vmap cannot compute: "
                f"{slip_in(error) or first_line(error)}"
            )
            raise ConfigError(msg) from error

    @property
    def parts(self) -> Sequence[Part]:
        """Return the module's trained parameters, each at an aligned place in the row."""
        return self._parts

    @functools.cached_property
    def n_stored(self) -> int:
        """Return the length of a member's row."""
        return super().n_stored

    @property
    def sites(self) -> Sequence[Site]:
        """Return a site for each dropout of the module."""
        return [site for _, site in self._sites]

    @property
    def buffers(self) -> Mapping[str, Tensor]:
        """Return buffers, such as running statistics, and untrained parameters, by name.

        The values are those with which each member starts.
        """
        return self._buffers

    @functools.cached_property
    def n_activations(self) -> int:
        """Return the number of outputs of all innermost modules together, for one example."""
        counts: list[int] = []
        leaves = [each for each in self._skeleton.modules() if not any(each.children())]
        hooks = [
            each.register_forward_hook(
                lambda _module, _inputs, outputs: counts.append(_n_numbers(outputs))
            )
            for each in leaves
        ]
        self._skeleton.eval()
        with torch.no_grad():
            self._skeleton(example_of(1, self._interface, self._dtype))
        for hook in hooks:
            hook.remove()
        return sum(counts)

    @property
    def n_evaluated(self) -> int:
        """Return the number of examples evaluated at a time; see `Network.n_evaluated`."""
        return N_EVALUATED

    @property
    def needs_batches(self) -> bool:
        """Return True if the module normalizes over a batch, which needs more than one example."""
        norm = nn.modules.batchnorm._BatchNorm  # noqa: SLF001 - torch has no public name for it
        return any(isinstance(each, norm) for each in self._skeleton.modules())

    @property
    def walk(self) -> Walk:
        """Return the way members are computed; see `Walk`."""
        return self._walk

    def start_(self, row: Tensor, config: RunConfig) -> None:
        """Write a member's initial values into its row.

        Initial values that the module itself draws depend on the seed of the member's run alone.
        See `Network.start_` for the arguments.
        """
        super().start_(row, config)
        module = self._skeleton
        if any(part.role == "own" and not self._is_of_norm(part) for part in self._parts):
            with _apart(torch_seed(config.seed, "init", 0, 2)):  # 0, 1: weights and biases
                module = self._make()
        for part in self._parts:
            place = part.view(row[None])[0]
            if part.role == "own":
                place.copy_(module.get_parameter(part.name).detach().view(part.shape))
            padding = getattr(self._owner(part), "padding_idx", None)
            if padding is not None:
                place[padding] = 0  # as torch has it, which gives this row no gradient

    def _owner(self, part: Part) -> nn.Module:
        return self._skeleton.get_submodule(part.name.rpartition(".")[0])

    def _is_of_norm(self, part: Part) -> bool:
        return isinstance(self._owner(part), NORMS)

    def prepare(self, inputs: Tensor) -> Tensor:
        """Return inputs, ``(N, n_features)``, in the shape that the module takes, ``(N, ...)``."""
        return inputs.view(len(inputs), *self._interface.inputs)

    def gradients(
        self,
        rows: Tensor,
        buffers: Mapping[str, Tensor],
        examples: tuple[Tensor, Tensor],
        masks: Sequence[Tensor | None],
        loss: Loss,
        precision: str,
    ) -> tuple[Tensor, list[Tensor]]:
        """Compute losses and gradients by autograd.

        See `Network.gradients` for the arguments and the result.
        """
        del precision  # which is full, see ``ffnn_lab.models.of_torch``
        if self._walk == "vmap":
            return self._together(rows, buffers, examples, masks, loss)
        grads, losses = torch.zeros_like(rows), []
        inputs, labels = examples
        skeleton = self._own_skeleton().train()
        # The `data` of a view has a version counter of its own: else autograd would take another
        # thread's write to another member's row for a change of this one.
        for m, (row, into) in enumerate(zip(rows, grads, strict=True)):
            params = {
                part.name: part.view(row[None])[0].data.requires_grad_() for part in self._parts
            }
            given = {
                **params,
                **{name: each[m].data for name, each in buffers.items()},
                **self._masks_of([None if mask is None else mask[m] for mask in masks]),
            }
            with torch.enable_grad():
                outputs = functional_call(skeleton, given, (_aligned(inputs[m]),))
                value = self._loss(outputs, labels[m], loss)
                slopes = torch.autograd.grad(value, list(params.values()), allow_unused=True)
            losses.append(value.detach())
            for part, slope in zip(self._parts, slopes, strict=True):
                if slope is not None:
                    part.view(into[None])[0].copy_(slope)
        return torch.stack(losses), [grads]

    def _together(
        self,
        rows: Tensor,
        buffers: Mapping[str, Tensor],
        examples: tuple[Tensor, Tensor],
        masks: Sequence[Tensor | None],
        loss: Loss,
    ) -> tuple[Tensor, list[Tensor]]:
        """Compute losses and gradients of all members at once, by ``vmap``; see `gradients`."""
        skeleton = self._own_skeleton().train()
        params = {part.name: part.view(rows) for part in self._parts}

        def of_one(
            params: Mapping[str, Tensor],
            rest: Mapping[str, Tensor],
            inputs: Tensor,
            labels: Tensor,
        ) -> Tensor:
            outputs = functional_call(skeleton, {**params, **rest}, (inputs,))
            return self._loss(outputs, labels, loss)

        rest = {**buffers, **self._masks_of(masks)}
        found, losses = vmap(grad_and_value(of_one))(params, rest, *examples)
        grads = torch.zeros_like(rows)
        for part in self._parts:
            part.view(grads).copy_(found[part.name])
        return losses, [grads]

    def _loss(self, outputs: Tensor, labels: Tensor, loss: Loss) -> Tensor:
        """Return one member's mean loss, a scalar, over all labels of its batch.

        Args:
            outputs: Outputs of the module, ``(B, ..., n_outputs)``.
            labels: Labels, ``(B, ...)``.
            loss: The loss that the member is trained on.
        """
        each = outputs.reshape(1, -1, self._interface.n_outputs)
        return loss.value(each, labels.reshape(1, -1)).mean()

    def _masks_of(self, masks: Sequence[Tensor | None]) -> dict[str, Tensor]:
        """Return the masks by the name of their buffer in the module, in the shape of their site.

        Args:
            masks: The mask of each site, ``(..., n_stored)``; None where no units are dropped.
        """
        return {
            f"{name}.mask": mask.view(*mask.shape[:-1], *site.shape)
            for (name, site), mask in zip(self._sites, masks, strict=True)
            if mask is not None
        }

    def outputs(self, rows: Tensor, buffers: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Compute every member's outputs on the same examples; see `Network.outputs`."""
        skeleton, found = self._own_skeleton().eval(), []
        with torch.no_grad():
            for m, row in enumerate(rows):
                given = {part.name: part.view(row[None])[0] for part in self._parts}
                given |= {name: each[m] for name, each in buffers.items()}
                outputs = functional_call(skeleton, given, (inputs,))
                found.append(outputs.reshape(-1, self._interface.n_outputs))
        return torch.stack(found)

    def signals(
        self,
        rows: Tensor,
        buffers: Mapping[str, Tensor],
        inputs: Tensor,
        labels: Tensor,
        loss: Loss | None,
    ) -> tuple[list[Signals], Tensor]:
        """Compute every layer's signals of a single member; see `Network.signals`."""
        skeleton, grads = self._own_skeleton().train(), torch.zeros_like(rows)
        params = {
            part.name: part.view(rows)[0].detach().requires_grad_(loss is not None)
            for part in self._parts
        }
        layers: dict[str, list[Part]] = {}
        for part in self._parts:
            if part.role != "own":
                layers.setdefault(part.name.rpartition(".")[0], []).append(part)
        given = {**params, **{name: each[0] for name, each in buffers.items()}}
        with noted_calls(skeleton, layers) as calls, torch.set_grad_enabled(loss is not None):
            outputs = functional_call(skeleton, given, (inputs,))
        slopes: list[Tensor | None] = [None] * len(calls)
        if loss is not None:
            value = self._loss(outputs, labels, loss)
            wanted = [*params.values(), *(call.outputs for call in calls)]
            found = torch.autograd.grad(value, wanted, allow_unused=True)
            slopes = list(found[len(params) :])
            for part, slope in zip(self._parts, found, strict=False):
                if slope is not None:
                    part.view(grads)[0].copy_(slope)
        return [
            call.signals(layers[call.name], slope)
            for call, slope in zip(calls, slopes, strict=True)
        ], grads

    def _own_skeleton(self) -> nn.Module:
        """Return the current thread's copy of the module, whose tensors each call replaces."""
        if not hasattr(self._skeletons, "own"):
            self._skeletons.own = copy.deepcopy(self._skeleton)
        own: nn.Module = self._skeletons.own
        return own

    @property
    def tells_hidden_units(self) -> bool:
        """Return True if the output layer's weight is known; see `output_weight`."""
        return self.output_weight is not None

    @property
    def output_weight(self) -> Part | None:
        """Return the output layer's weight: the last one with a unit for each output, or None."""
        n_outputs = self._interface.n_outputs
        found = [p for p in self._parts if p.role == "weight" and p.shape[0] == n_outputs]
        return found[-1] if found else None

    def hidden_weights(self, rows: Tensor) -> list[Tensor]:
        """Return the weights of each hidden layer's units as views, ``(M, n_units, n_inputs)``.

        Embeddings have no units, and transposed convolutions have inputs on their first axis:
        both are left out.
        """
        others = (nn.Embedding, nn.EmbeddingBag, nn.modules.conv._ConvTransposeNd)  # noqa: SLF001 - as above
        hidden = [
            part
            for part in self._parts
            if part.role == "weight"
            and part != self.output_weight
            and not isinstance(self._owner(part), others)
        ]
        return [part.view(rows).flatten(2) for part in hidden]

    def export(self, row: Tensor, buffers: Mapping[str, Tensor]) -> nn.Module:
        """Return one member as a new module, made by ``make``, in evaluation mode.

        See `Network.export` for the arguments.
        """
        with _apart(seed=0):
            module = self._make().to(self._dtype)
        state = {part.name: part.view(row[None])[0] for part in self._parts} | dict(buffers)
        kept = module.state_dict()
        # Parameters that share memory are one part; loading it by one name sets all of them.
        module.load_state_dict({k: v for k, v in state.items() if k in kept}, strict=False)
        return module.eval()

    @property
    def description(self) -> Mapping[str, object]:
        """Return the description that was given to the constructor; see `Network.description`."""
        return self._description


@contextmanager
def _apart(seed: int) -> Iterator[None]:
    """Seed torch's global generator within the block, and restore its state afterward."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _aligned(inputs: Tensor) -> Tensor:
    """Return inputs, copied unless they are contiguous and at a multiple of `BYTES_ALIGNED`.

    At other addresses, sums may be taken in another order.
    """
    is_aligned = inputs.is_contiguous() and inputs.data_ptr() % BYTES_ALIGNED == 0
    return inputs if is_aligned else inputs.clone(memory_format=torch.contiguous_format)


def _n_numbers(outputs: object) -> int:
    if isinstance(outputs, Tensor):
        return outputs.numel()
    return sum(map(_n_numbers, outputs)) if isinstance(outputs, tuple | list) else 0
