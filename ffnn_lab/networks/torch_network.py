"""Any ``nn.Module`` as a network of a population: derivatives by autograd, draws by our streams.

Members are walked one after another, each on tensors of its own, so that a member's numbers do not
depend on its company; or, by ``vmap``, all at once, which rounds otherwise.
"""

from __future__ import annotations

import copy
import functools
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap
from torch.nn.utils.parametrize import ParametrizationList

from ffnn_lab.config import ConfigError
from ffnn_lab.networks.network import ALIGNMENT, Network, Part, Role, Site, Walk
from ffnn_lab.seeds import torch_seed

if TYPE_CHECKING:
    from ffnn_lab.config import RunConfig
    from ffnn_lab.losses import Loss
    from ffnn_lab.tasks.data.task import Interface

Make = Callable[[], nn.Module]
"""Makes a module, which may draw its start from torch's global generator."""
N_TRIED = 2
"""Examples of the pass by which a module is looked at."""
N_EVALUATED = 256
"""Examples that are evaluated at a time."""
BYTES_ALIGNED = 64
_WHOLE_CHANNELS = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
_NORMS = (
    nn.modules.batchnorm._NormBase,  # noqa: SLF001 - torch has no public name for all of them
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
)


class _Mask(nn.Module):
    """Stands where the module had a dropout: multiplies by the mask that a step hands in."""

    mask: Tensor

    def __init__(self, *, drops_channels: bool) -> None:
        super().__init__()
        self.drops_channels = drops_channels
        self.register_buffer("mask", torch.ones(()), persistent=False)

    def forward(self, units: Tensor) -> Tensor:
        return units * self.mask if self.training else units


class TorchNetwork(Network):
    """A network whose members are copies of one module, each with its own numbers."""

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
        """Look at a module that ``make`` makes, by one pass of a few examples.

        Args:
            make: Makes the module; it is called again for each that is exported.
            interface: What the module takes and gives.
            dtype: What its numbers are in.
            description: See `Network.description`.
            asked: How the user asked for it, for messages.
            walk: How members are walked.

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
        self._skeleton = _with_masks(module, {}).to(dtype)
        frozen = {n: p for n, p in self._skeleton.named_parameters() if not p.requires_grad}
        for parameter in self._skeleton.parameters():
            parameter.requires_grad_(False)  # noqa: FBT003 - torch names it otherwise than its stubs
        self._sites = _sites_of(self._skeleton, interface, dtype, asked)
        self._parts = list(_parts_of(self._skeleton, frozen))
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

    @property
    def parts(self) -> Sequence[Part]:
        """Return the module's parameters, each at an aligned place."""
        return self._parts

    @functools.cached_property
    def n_stored(self) -> int:
        """Return how many numbers a member's row has."""
        return super().n_stored

    @property
    def sites(self) -> Sequence[Site]:
        """Return a site for each dropout of the module."""
        return [site for _, site in self._sites]

    @property
    def buffers(self) -> Mapping[str, Tensor]:
        """Return buffers, such as running statistics, and parameters that are not trained."""
        return self._buffers

    @functools.cached_property
    def n_activations(self) -> int:
        """Return how many numbers the outputs of all innermost modules have, for one example."""
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
            self._skeleton(_example(1, self._interface, self._dtype))
        for hook in hooks:
            hook.remove()
        return sum(counts)

    @property
    def n_evaluated(self) -> int:
        """Return how many examples are evaluated at a time; see `Network.n_evaluated`."""
        return N_EVALUATED

    @property
    def needs_batches(self) -> bool:
        """Return True if it normalizes over the examples of a batch, which one alone has not."""
        norm = nn.modules.batchnorm._BatchNorm  # noqa: SLF001 - torch has no public name for it
        return any(isinstance(each, norm) for each in self._skeleton.modules())

    @property
    def walk(self) -> Walk:
        """Return how members are walked."""
        return self._walk

    def start_(self, row: Tensor, config: RunConfig) -> None:
        """Write a member's start into its row; what is the module's own, drawn for its seed."""
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
        return isinstance(self._owner(part), _NORMS)

    def prepare(self, inputs: Tensor) -> Tensor:
        """Return inputs in the shape that the module takes, ``(N, *shape)``."""
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
        """Compute losses and gradients by autograd; see `Network`."""
        del precision  # which is full, see ``ffnn_lab.models.of_torch``
        if self._walk == "vmap":
            return self._together(rows, buffers, examples, masks, loss)
        grads, losses = torch.zeros_like(rows), []
        inputs, labels = examples
        skeleton = self._own_skeleton().train()
        # A view's `data` counts its changes by itself: autograd does not take what another thread
        # writes into the row of another member for a change of this one.
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
        """Compute all members' losses and gradients at once."""
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
        """Return one member's mean loss, over all labels of its batch."""
        each = outputs.reshape(1, -1, self._interface.n_outputs)
        return loss.value(each, labels.reshape(1, -1)).mean()

    def _masks_of(self, masks: Sequence[Tensor | None]) -> dict[str, Tensor]:
        """Return masks by name in the shape that each site multiplies by."""
        return {
            f"{name}.mask": mask.view(*mask.shape[:-1], *site.shape)
            for (name, site), mask in zip(self._sites, masks, strict=True)
            if mask is not None
        }

    def outputs(self, rows: Tensor, buffers: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Compute every member's outputs on the same examples; see `Network`."""
        skeleton, found = self._own_skeleton().eval(), []
        with torch.no_grad():
            for m, row in enumerate(rows):
                given = {part.name: part.view(row[None])[0] for part in self._parts}
                given |= {name: each[m] for name, each in buffers.items()}
                outputs = functional_call(skeleton, given, (inputs,))
                found.append(outputs.reshape(-1, self._interface.n_outputs))
        return torch.stack(found)

    def _own_skeleton(self) -> nn.Module:
        """Return this thread's copy of the module: a call exchanges its tensors for a while."""
        if not hasattr(self._skeletons, "own"):
            self._skeletons.own = copy.deepcopy(self._skeleton)
        own: nn.Module = self._skeletons.own
        return own

    @property
    def tells_hidden_units(self) -> bool:
        """Return True if some weight has as many units as there are outputs."""
        return self.output_weight is not None

    @property
    def output_weight(self) -> Part | None:
        """Return the weight of the output's units: the last one that has as many as there are."""
        n_outputs = self._interface.n_outputs
        found = [p for p in self._parts if p.role == "weight" and p.shape[0] == n_outputs]
        return found[-1] if found else None

    def hidden_weights(self, rows: Tensor) -> list[Tensor]:
        """Return the weights of hidden units; a word's vector is none.

        A transposed convolution is left out, whose first axis is its inputs.
        """
        others = (nn.Embedding, nn.EmbeddingBag, nn.modules.conv._ConvTransposeNd)  # noqa: SLF001
        hidden = [
            part
            for part in self._parts
            if part.role == "weight"
            and part != self.output_weight
            and not isinstance(self._owner(part), others)
        ]
        return [part.view(rows).flatten(2) for part in hidden]

    def export(self, row: Tensor, buffers: Mapping[str, Tensor]) -> nn.Module:
        """Return one member as the module that ``make`` makes, in evaluation mode."""
        with _apart(seed=0):
            module = self._make().to(self._dtype)
        state = {part.name: part.view(row[None])[0] for part in self._parts} | dict(buffers)
        kept = module.state_dict()
        # Parameters that share memory are one part; the others of their names follow by it.
        module.load_state_dict({k: v for k, v in state.items() if k in kept}, strict=False)
        return module.eval()

    @property
    def description(self) -> Mapping[str, object]:
        """Return what the module is made of; see `Network`."""
        return self._description


@contextmanager
def _apart(seed: int) -> Iterator[None]:
    """Let torch's global generator start from a seed, and put it back as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _with_masks(module: nn.Module, made: dict[nn.Module, _Mask]) -> nn.Module:
    """Exchange every dropout of a module for a `_Mask`, in place.

    Args:
        module: The module.
        made: To each dropout its mask; one that has several places keeps them.
    """
    if isinstance(module, nn.Dropout | nn.Dropout1d | nn.Dropout2d | nn.Dropout3d):
        mask = _Mask(drops_channels=isinstance(module, _WHOLE_CHANNELS))
        return made.setdefault(module, mask)
    for name, child in list(module._modules.items()):  # noqa: SLF001 - named_children skips twins
        if child is not None:
            setattr(module, name, _with_masks(child, made))
    return module


def _sites_of(
    skeleton: nn.Module, interface: Interface, dtype: torch.dtype, asked: str
) -> list[tuple[str, Site]]:
    """Find where units are dropped, by one pass.

    Raises:
        ConfigError: If what the module computes would depend on more than its numbers and inputs.
    """
    named = [(name, each) for name, each in skeleton.named_modules() if isinstance(each, _Mask)]
    seen: dict[str, list[tuple[int, ...]]] = {name: [] for name, _ in named}
    hooks = [
        each.register_forward_hook(
            lambda _module, _inputs, outputs, name=name: seen[name].append(tuple(outputs.shape))
        )
        for name, each in named
    ]
    before = torch.get_rng_state()
    kept = {name: buffer.clone() for name, buffer in skeleton.named_buffers()}
    held = _held(skeleton)
    skeleton.train()
    try:
        with torch.no_grad():
            outputs = skeleton(_example(N_TRIED, interface, dtype))
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
        msg = (
            f"{asked} must make a module that takes {(N_TRIED, *interface.inputs)}, for {N_TRIED} "
            f"examples; it raised {type(error).__name__}: {first}"
        )
        raise ConfigError(msg) from error
    finally:
        for hook in hooks:
            hook.remove()
    changed = sorted(name for name, what in _held(skeleton).items() if held.get(name) != what)
    if changed:
        msg = (
            f"{asked} must make a module that keeps nothing of a batch but in buffers, which it "
            f"changes in place (self.mean.mul_(...)); {changed[0]} is another tensor after a batch"
        )
        raise ConfigError(msg)
    for name, buffer in skeleton.named_buffers():
        buffer.copy_(kept[name])
    if not torch.equal(before, torch.get_rng_state()):
        torch.set_rng_state(before)
        msg = (
            f"{asked} must make a module that draws nothing by itself: F.dropout, "
            "nn.LSTM(dropout=...) and the like draw from torch's global generator, which no run's "
            "seed rules; write nn.Dropout() as a module there, whose rate is dropout.hidden"
        )
        raise ConfigError(msg)
    expected = (N_TRIED, *interface.labels, interface.n_outputs)
    found = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
    if found != expected:
        msg = (
            f"{asked} must make a module that maps {(N_TRIED, *interface.inputs)} to {expected}, "
            f"for {N_TRIED} examples; it gives {found}"
        )
        raise ConfigError(msg)
    return list(_numbered(named, seen, asked))


def _numbered(
    named: Sequence[tuple[str, _Mask]], seen: Mapping[str, Sequence[tuple[int, ...]]], asked: str
) -> Iterator[tuple[str, Site]]:
    """Give each dropout its stream: 0 for that of the input, 1 and so on for the others."""
    n_hidden, has_input = 0, False
    for name, mask in named:
        if len(seen[name]) > 1:
            msg = (
                f"{asked} must make a module that applies each dropout once; {name} was applied "
                f"{len(seen[name])} times to a batch, and its units would be dropped alike"
            )
            raise ConfigError(msg)
        if not seen[name]:
            continue
        ((n_first, *rest),) = seen[name]
        if n_first != N_TRIED:
            msg = (
                f"{asked} must make a module whose dropouts see the examples of a batch on their "
                f"first axis; {name} sees {(n_first, *rest)} of {N_TRIED} examples"
            )
            raise ConfigError(msg)
        shape = tuple(rest)
        if mask.drops_channels:
            shape = (shape[0], *[1] * (len(shape) - 1))
        is_input = name.rpartition(".")[2].startswith("input")
        is_first_input = is_input and not has_input
        has_input, n_hidden = has_input or is_input, n_hidden + (not is_first_input)
        stream = 0 if is_first_input else n_hidden
        rate: Literal["input", "hidden"] = "input" if is_input else "hidden"
        yield name, Site(stream, shape, rate, math.prod(shape))


def _held(module: nn.Module) -> dict[str, int]:
    """Return which tensors a module's own attributes and buffers are, by name."""
    held: dict[str, int] = {}
    for name, each in module.named_modules():
        own = {**each._buffers, **vars(each)}  # noqa: SLF001 - as named_buffers has them
        for attribute, value in own.items():
            values = value if isinstance(value, tuple | list) else [value]
            for place, one in enumerate(values):
                if isinstance(one, Tensor):
                    held[f"{name}.{attribute}".lstrip(".") + (f"[{place}]" if place else "")] = id(
                        one
                    )
    return held


def _parts_of(skeleton: nn.Module, frozen: Mapping[str, Tensor]) -> Iterator[Part]:
    """Walk the parameters that are trained: how each starts, and its place in a row."""
    start, layer = 0, -1
    layers: dict[str, tuple[int, int, int]] = {}
    """To each weight that a bias belongs to, its layer and fans."""
    for name, parameter in skeleton.named_parameters():
        if name in frozen:
            continue
        owner, _, own = name.rpartition(".")
        module, shape = skeleton.get_submodule(owner), tuple(parameter.shape)
        is_ours = _is_layer(module) and not isinstance(module, _NORMS)
        weight = f"{owner}.{own.replace('bias', 'weight')}"
        role: Role = "own"
        if is_ours and len(shape) > 1:
            layer += 1
            role = "weight"
            layers[f"{owner}.{own}"] = (layer, *_fans(module, own, shape))
        elif is_ours and "bias" in own:
            role = "bias"
            if weight not in layers:  # which it shares with another layer
                layer += 1
                shared = getattr(module, "weight", parameter)
                layers[weight] = (layer, *_fans(module, "weight", tuple(shared.shape)))
        at, fan_in, fan_out = layers.get(weight, (0, 0, 0)) if role != "own" else (0, 0, 0)
        part = Part(name, start, shape or (1,), shape or (1,), role, at, fan_in, fan_out)
        yield part
        start = -(-part.stop // ALIGNMENT) * ALIGNMENT


def _is_layer(module: nn.Module) -> bool:
    """Return True for a layer of torch's, or the user's own kind of one."""
    others = (nn.Module, nn.Sequential, nn.ModuleList, nn.ModuleDict)
    return any(
        each.__module__.startswith("torch.nn") and each not in others
        for each in type(module).__mro__
    )


def _fans(module: nn.Module, name: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return inputs and outputs of each unit of a weight; of a gate, not of all together."""
    field = math.prod(shape[2:])
    if len(shape) < 2:  # noqa: PLR2004 - of a layer whose weight is no matrix
        return shape[0], shape[0]
    if isinstance(module, nn.RNNBase) and name.startswith("weight_hr"):
        return shape[1], shape[0]
    if isinstance(module, nn.RNNBase | nn.RNNCellBase):
        return shape[1], module.hidden_size
    if isinstance(module, nn.Embedding | nn.EmbeddingBag):
        return 1, shape[1]  # one word is there at a time
    if isinstance(module, nn.modules.conv._ConvTransposeNd):  # noqa: SLF001 - as above
        return shape[0] // module.groups * field, shape[1] * field
    groups: int = getattr(module, "groups", 1)
    return shape[1] * field, shape[0] // groups * field


def _example(n: int, interface: Interface, dtype: torch.dtype) -> Tensor:
    """Return inputs of ``n`` examples to try a module on."""
    return torch.zeros(n, *interface.inputs, dtype=torch.int64 if interface.n_words else dtype)


def _aligned(inputs: Tensor) -> Tensor:
    """Return inputs at an aligned place: elsewhere sums may be taken in another order."""
    is_aligned = inputs.is_contiguous() and inputs.data_ptr() % BYTES_ALIGNED == 0
    return inputs if is_aligned else inputs.clone(memory_format=torch.contiguous_format)


def _n_numbers(outputs: object) -> int:
    if isinstance(outputs, Tensor):
        return outputs.numel()
    return sum(map(_n_numbers, outputs)) if isinstance(outputs, tuple | list) else 0
