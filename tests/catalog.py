"""The catalog: one row for each option of every config group. Shared tests loop over the rows.

A new option is tested by adding its row here; a test compares the rows with
``ffnn_lab.config.GROUPS`` and with the files in ``conf/``.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ffnn_lab.config import InitializerConfig, ModelConfig, OptimizerConfig, ScheduleConfig
from ffnn_lab.config.initializer import SchemeConfig
from ffnn_lab.config.run import TrackingConfig
from ffnn_lab.config.task import TaskConfig
from ffnn_lab.initializers.fixed import ConstantConfig, NormalConfig, UniformConfig
from ffnn_lab.models.char_lstm import CharLSTMConfig
from ffnn_lab.models.cnn import CNNConfig
from ffnn_lab.models.dan import DANConfig
from ffnn_lab.models.mlp import MLPConfig
from ffnn_lab.models.module import ModuleConfig
from ffnn_lab.optimizers.adagrad import AdaGradConfig
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig
from ffnn_lab.optimizers.nesterov import NesterovConfig
from ffnn_lab.optimizers.rmsprop import RMSPropConfig
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.schedules.cosine import CosineConfig
from ffnn_lab.schedules.dev_decay import DevDecayConfig
from ffnn_lab.schedules.fixed_decay import FixedDecayConfig
from ffnn_lab.schedules.warmup_linear import WarmupLinearConfig
from ffnn_lab.tasks.cifar10 import Cifar10Config
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.tasks.digits import DigitsConfig
from ffnn_lab.tasks.fashion_mnist import FashionMnistConfig
from ffnn_lab.tasks.mnist import MnistConfig
from ffnn_lab.tasks.separable import SeparableConfig
from tests.support.tasks.tables import make_table_config, write_wine
from tests.support.tasks.texts import (
    make_char_config,
    make_text_config,
    write_letters,
    write_said,
)

# --- optimizers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class OptimizerRow:
    """An optimizer, and the optimizer of torch that it must equal."""

    config: OptimizerConfig
    """The config. No hyperparameter has torch's default value, so that tests notice if a value is
    not passed on."""
    torch_optimizer: Callable[..., torch.optim.Optimizer]
    """Makes torch's optimizer from (parameters, config). It applies decoupled decay only where
    torch's optimizer can."""
    stable_lr: float
    """Learning rate at which a long training on the blobs does not amplify rounding."""
    is_blind_to_scale: bool = False
    """True if the steps stay the same when all gradients are scaled, as for a method that uses
    only their signs."""


def _coupled(config: OptimizerConfig) -> float:
    return config.weight_decay if config.decay == "coupled" else 0.0


def _torch_sgd(params: Iterable[nn.Parameter], config: SGDConfig) -> torch.optim.Optimizer:
    return torch.optim.SGD(params, lr=config.lr, weight_decay=_coupled(config))


def _torch_momentum(
    params: Iterable[nn.Parameter], config: HeavyBallConfig | NesterovConfig
) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        params,
        lr=config.lr,
        momentum=config.momentum,
        nesterov=isinstance(config, NesterovConfig),
        weight_decay=_coupled(config),
    )


def _torch_adagrad(params: Iterable[nn.Parameter], config: AdaGradConfig) -> torch.optim.Optimizer:
    return torch.optim.Adagrad(params, lr=config.lr, eps=config.eps, weight_decay=_coupled(config))


def _torch_rmsprop(params: Iterable[nn.Parameter], config: RMSPropConfig) -> torch.optim.Optimizer:
    return torch.optim.RMSprop(
        params, lr=config.lr, alpha=config.rho, eps=config.eps, weight_decay=_coupled(config)
    )


def _torch_adam(params: Iterable[nn.Parameter], config: AdamConfig) -> torch.optim.Optimizer:
    method = torch.optim.Adam if config.decay == "coupled" else torch.optim.AdamW
    return method(
        params,
        lr=config.lr,
        betas=(config.beta1, config.beta2),
        eps=config.eps,
        weight_decay=config.weight_decay,
    )


_NO_DECAY: dict[str, Any] = {"weight_decay": 0.0, "decay": "coupled"}

OPTIMIZERS = {
    row.config.name: row
    for row in (
        OptimizerRow(SGDConfig(name="sgd", lr=0.1, **_NO_DECAY), _torch_sgd, stable_lr=0.1),
        OptimizerRow(
            HeavyBallConfig(name="heavy_ball", lr=0.05, momentum=0.8, **_NO_DECAY),
            _torch_momentum,
            stable_lr=0.02,
        ),
        OptimizerRow(
            NesterovConfig(name="nesterov", lr=0.05, momentum=0.8, **_NO_DECAY),
            _torch_momentum,
            stable_lr=0.02,
        ),
        OptimizerRow(
            AdaGradConfig(name="adagrad", lr=0.05, eps=1e-6, **_NO_DECAY),
            _torch_adagrad,
            stable_lr=0.05,
        ),
        OptimizerRow(
            RMSPropConfig(name="rmsprop", lr=0.003, rho=0.9, eps=1e-5, **_NO_DECAY),
            _torch_rmsprop,
            stable_lr=0.003,
        ),
        OptimizerRow(
            AdamConfig(name="adam", lr=0.005, beta1=0.8, beta2=0.95, eps=1e-6, **_NO_DECAY),
            _torch_adam,
            stable_lr=0.005,
        ),
        OptimizerRow(
            AdamConfig(
                name="adamw",
                lr=0.005,
                beta1=0.7,
                beta2=0.97,
                eps=1e-6,
                weight_decay=0.1,
                decay="decoupled",
            ),
            _torch_adam,
            stable_lr=0.005,
        ),
    )
}

# --- initializers ----------------------------------------------------------------------------

Filler = Callable[..., Tensor]
"""Fills a tensor as torch.nn.init does, without the gain. Its arguments are the tensor, the
config, the fan_in of the tensor's layer, and the random generator."""


@dataclass(frozen=True)
class InitializerRow:
    """An initializer, and the draw of torch and the variance that it must have."""

    config: InitializerConfig
    fill_: Filler
    variance: Callable[[int, int], float]
    """Maps (fan_in, fan_out) to the variance of an entry, computed by the paper's formula."""
    breaks_symmetry: bool = True
    """False if all hidden units start alike, whatever the seed."""


init = nn.init


def _fill_constant_(w: Tensor, config: ConstantConfig, _in: int, _rng: torch.Generator) -> Tensor:
    return init.constant_(w, config.value)


def _fill_uniform_(w: Tensor, config: UniformConfig, _in: int, rng: torch.Generator) -> Tensor:
    return init.uniform_(w, -config.limit, config.limit, generator=rng)


def _fill_normal_(w: Tensor, config: NormalConfig, _in: int, rng: torch.Generator) -> Tensor:
    return init.normal_(w, 0.0, config.std, generator=rng)


def _scheme(
    name: str, fill_: Filler, variance: Callable[[int, int], float], **rest: bool
) -> InitializerRow:
    return InitializerRow(SchemeConfig(name=name, gain=1.0), fill_, variance, **rest)


_SIZE_BLIND = {
    "zeros": _scheme(
        "zeros",
        lambda w, _config, _fan_in, _rng: init.zeros_(w),
        lambda _fan_in, _fan_out: 0.0,
        breaks_symmetry=False,
    ),
    "constant": InitializerRow(
        ConstantConfig(name="constant", value=0.3, gain=1.0),
        _fill_constant_,
        lambda _fan_in, _fan_out: 0.0,
        breaks_symmetry=False,
    ),
    "uniform": InitializerRow(
        UniformConfig(name="uniform", limit=0.6, gain=1.0),
        _fill_uniform_,
        lambda _fan_in, _fan_out: 0.12,  # (2 * 0.6)^2 / 12
    ),
    "normal": InitializerRow(
        NormalConfig(name="normal", std=0.4, gain=1.0),
        _fill_normal_,
        lambda _fan_in, _fan_out: 0.16,
    ),
}

INITIALIZERS = {
    **_SIZE_BLIND,
    "lecun_uniform": _scheme(
        "lecun_uniform",
        lambda w, _config, _fan_in, rng: init.kaiming_uniform_(
            w, nonlinearity="linear", generator=rng
        ),
        lambda fan_in, _fan_out: 1 / fan_in,
    ),
    "lecun_normal": _scheme(
        "lecun_normal",
        lambda w, _config, _fan_in, rng: init.kaiming_normal_(
            w, nonlinearity="linear", generator=rng
        ),
        lambda fan_in, _fan_out: 1 / fan_in,
    ),
    "glorot_uniform": _scheme(
        "glorot_uniform",
        lambda w, _config, _fan_in, rng: init.xavier_uniform_(w, generator=rng),
        lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    ),
    "glorot_normal": _scheme(
        "glorot_normal",
        lambda w, _config, _fan_in, rng: init.xavier_normal_(w, generator=rng),
        lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    ),
    "he_uniform": _scheme(
        "he_uniform",
        lambda w, _config, _fan_in, rng: init.kaiming_uniform_(
            w, nonlinearity="relu", generator=rng
        ),
        lambda fan_in, _fan_out: 2 / fan_in,
    ),
    "he_normal": _scheme(
        "he_normal",
        lambda w, _config, _fan_in, rng: init.kaiming_normal_(
            w, nonlinearity="relu", generator=rng
        ),
        lambda fan_in, _fan_out: 2 / fan_in,
    ),
    "orthogonal": _scheme(
        "orthogonal",
        lambda w, _config, _fan_in, rng: init.orthogonal_(w, generator=rng),
        # An orthonormal vector has max(fan_in, fan_out) entries, whose squares sum to 1.
        lambda fan_in, fan_out: 1 / max(fan_in, fan_out),
    ),
    "torch": _scheme(
        "torch",
        # As nn.Linear.reset_parameters draws weights.
        lambda w, _config, _fan_in, rng: init.kaiming_uniform_(w, a=math.sqrt(5), generator=rng),
        lambda fan_in, _fan_out: 1 / (3 * fan_in),
    ),
}


def _fill_torch_bias_(
    bias: Tensor, _config: SchemeConfig, fan_in: int, rng: torch.Generator
) -> Tensor:
    """Fill a bias as nn.Linear.reset_parameters does."""
    bound = 1 / math.sqrt(fan_in)
    return init.uniform_(bias, -bound, bound, generator=rng)


BIAS_INITIALIZERS = {
    **_SIZE_BLIND,
    "torch": _scheme("torch", _fill_torch_bias_, lambda fan_in, _fan_out: 1 / (3 * fan_in)),
}

# --- schedules -------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScheduleRow:
    """A schedule, and the scheduler of torch that it must equal."""

    config: ScheduleConfig
    torch_scheduler: Callable[..., torch.optim.lr_scheduler.LRScheduler]
    """Makes torch's scheduler from (torch optimizer, config, max_epochs)."""


def _torch_constant(
    optimizer: torch.optim.Optimizer, _config: ScheduleConfig, _max_epochs: int
) -> torch.optim.lr_scheduler.LRScheduler:
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _epoch: 1.0)


def _torch_fixed_decay(
    optimizer: torch.optim.Optimizer, config: FixedDecayConfig, _max_epochs: int
) -> torch.optim.lr_scheduler.LRScheduler:
    return torch.optim.lr_scheduler.StepLR(
        optimizer, step_size=config.every_epochs, gamma=config.delta
    )


def _torch_cosine(
    optimizer: torch.optim.Optimizer, config: CosineConfig, max_epochs: int
) -> torch.optim.lr_scheduler.LRScheduler:
    return torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer,
        T_max=max_epochs,
        eta_min=optimizer.param_groups[0]["lr"] * config.final_fraction,
    )


def _torch_dev_decay(
    optimizer: torch.optim.Optimizer, config: DevDecayConfig, _max_epochs: int
) -> torch.optim.lr_scheduler.LRScheduler:
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=config.delta, patience=config.patience - 1, threshold=0, eps=0
    )


def _torch_warmup_linear(
    optimizer: torch.optim.Optimizer, config: WarmupLinearConfig, max_epochs: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Interpolate between the start, the peak after the warm-up, and the end."""
    peak = config.warmup_fraction * max_epochs + 1
    corners = (0.0, peak, max_epochs + 1), (0.0, 1.0, config.final_fraction)
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n_done: float(np.interp(n_done + 1, *corners))
    )


SCHEDULES = {
    "constant": ScheduleRow(ScheduleConfig(name="constant"), _torch_constant),
    "fixed_decay": ScheduleRow(
        FixedDecayConfig(name="fixed_decay", delta=0.6, every_epochs=3), _torch_fixed_decay
    ),
    "cosine": ScheduleRow(CosineConfig(name="cosine", final_fraction=0.1), _torch_cosine),
    "dev_decay": ScheduleRow(
        DevDecayConfig(name="dev_decay", delta=0.7, patience=2), _torch_dev_decay
    ),
    "warmup_linear": ScheduleRow(
        WarmupLinearConfig(name="warmup_linear", warmup_fraction=0.25, final_fraction=0.1),
        _torch_warmup_linear,
    ),
}

# --- tasks -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskRow:
    """A task, and facts that its raw data and its splits must agree with."""

    config: TaskConfig
    n_features: int
    n_classes: int
    n_examples: int
    """Number of examples in all splits together."""
    label_counts: tuple[int, ...]
    """Number of examples with each label, from the lowest label to the highest."""
    checksum: str
    """``task_checksum`` of the unscaled task, which pins the raw data and the split."""
    files: str | None = None
    """Folder, below the data folder, of the real data that the task reads; None if it reads
    none."""
    path: str = ""
    """Path below ``files`` that the config must name; empty for the folder itself."""
    write: Callable[[Path], Path] | None = None
    """Writes the table or text that the task reads into a folder, and returns its path; None if
    the test need not write one."""
    is_slow: bool = False


def task_checksum(task: Task) -> str:
    """Hash every example of every split, to the last bit."""
    told = hashlib.sha256()
    for split in (task.train, task.dev, task.test):
        told.update(split.inputs.tobytes())
        told.update(split.labels.tobytes())
    return told.hexdigest()[:16]


_WHOLE: dict[str, Any] = {
    "dev_fraction": 0.1,
    "split_seed": 0,
    "scaling": "none",
    "subset": None,
    "test_subset": None,
    "test_seed": None,
    "augment": "none",
    "download": False,
}

TASKS = {
    "digits": TaskRow(
        DigitsConfig(
            name="digits", dev_fraction=0.2, test_fraction=0.2, split_seed=0, scaling="none"
        ),
        n_features=64,
        n_classes=10,
        n_examples=1797,
        # As the UCI page of the data's test set lists them.
        label_counts=(178, 182, 177, 183, 181, 182, 181, 179, 174, 180),
        checksum="d93e87144a36c4af",
    ),
    "mnist": TaskRow(
        MnistConfig(name="mnist", **_WHOLE),
        n_features=784,
        n_classes=10,
        n_examples=70000,
        label_counts=(6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958),
        checksum="4ce03475c707ccc2",
        files="mnist",
    ),
    "fashion_mnist": TaskRow(
        FashionMnistConfig(name="fashion_mnist", **_WHOLE),
        n_features=784,
        n_classes=10,
        n_examples=70000,
        label_counts=(7000,) * 10,
        checksum="045cf6f80dfe7a8f",
        files="fashion-mnist",
    ),
    "cifar10": TaskRow(
        Cifar10Config(name="cifar10", **_WHOLE),
        n_features=3072,
        n_classes=10,
        n_examples=60000,
        label_counts=(6000,) * 10,
        checksum="35108e1514289fa7",
        files="cifar-10-batches-py",
        is_slow=True,
    ),
    "table": TaskRow(
        make_table_config(None),
        n_features=13,
        n_classes=3,
        n_examples=178,
        label_counts=(59, 71, 48),
        checksum="c5a374b47f785379",
        write=write_wine,
    ),
    "separable": TaskRow(
        SeparableConfig(
            name="separable", loss="squared", n=100, p=0.6, n_dev=50, n_test=100, draw_seed=0
        ),
        n_features=613,
        n_classes=2,
        n_examples=250,
        label_counts=(90, 160),
        checksum="a42a5a11af799bea",
    ),
    "text": TaskRow(
        make_text_config(None),
        n_features=13,
        n_classes=2,
        n_examples=9,
        label_counts=(5, 4),
        checksum="a999712304052398",
        write=write_said,
    ),
    "sentiment": TaskRow(
        make_text_config(
            None, name="sentiment", classes=["rt-polarity.neg", "rt-polarity.pos"], max_words=500
        ),
        n_features=500,
        n_classes=2,
        n_examples=10662,
        label_counts=(5331, 5331),
        checksum="2d6815d56b9402f1",
        files="rt-polarity",
    ),
    "char_text": TaskRow(
        make_char_config(None),
        n_features=5,
        n_classes=7,
        n_examples=46,
        label_counts=(40, 38, 32, 36, 40, 44),
        checksum="3f78ba3a8b6d4b9c",
        write=write_letters,
    ),
    "war_and_peace": TaskRow(
        make_char_config(None, name="war_and_peace", stretch=50, subset=10_000),
        n_features=50,
        n_classes=58,
        n_examples=197,
        label_counts=(
            8,
            210,
            1622,
            11,
            92,
            31,
            144,
            9,
            93,
            6,
            9,
            9,
            4,
            2,
            43,
            2,
            2,
            2,
            16,
            24,
            1,
            2,
            4,
            26,
            9,
            7,
            20,
            10,
            6,
            3,
            10,
            3,
            647,
            84,
            162,
            383,
            834,
            143,
            166,
            527,
            481,
            7,
            104,
            348,
            171,
            513,
            624,
            117,
            2,
            330,
            495,
            638,
            205,
            99,
            180,
            7,
            134,
            9,
        ),
        checksum="f207fefa1d493215",
        files="war-and-peace",
        path="warpeace_input.txt",
    ),
}

# --- the rest --------------------------------------------------------------------------------


def _mlp(widths: list[int]) -> MLPConfig:
    return MLPConfig(
        name="mlp", widths=widths, activation="relu", bias=True, norm="none", residual=False
    )


def _cnn(channels: list[int], convolutions: int) -> CNNConfig:
    return CNNConfig(
        name="cnn",
        channels=channels,
        convolutions=convolutions,
        widths=[],
        activation="relu",
        norm="batch",
    )


MODELS: dict[str, ModelConfig] = {
    "mlp": _mlp(widths=[9]),
    "linear": _mlp(widths=[]),
    "cnn": _cnn(channels=[4, 8], convolutions=1),
    "vgg": _cnn(channels=[4], convolutions=2),
    "char_lstm": CharLSTMConfig(name="char_lstm", embedding=3, width=5, layers=2),
    "dan": DANConfig(name="dan", embedding=4, widths=[6], activation="relu"),
    "module": ModuleConfig(
        name="module", factory="my_nets:make", arguments={}, sha256="0" * 64, folder=None
    ),
}
TRACKING = {
    mode: TrackingConfig(mode=mode, project="tests", entity=None, tags=[], notes=None)
    for mode in ("offline", "online", "off")
}

CATALOG: Mapping[str, Mapping[str, object]] = {
    "task": TASKS,
    "model": MODELS,
    "initializer": INITIALIZERS,
    "bias_initializer": BIAS_INITIALIZERS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "tracking": TRACKING,
}
