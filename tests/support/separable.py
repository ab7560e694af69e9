"""The separable problem and linear members that solve it, each in one call."""

from typing import Any

from ffnn_lab.config import OptimizerConfig, RunConfig, ScheduleConfig
from ffnn_lab.config.initializer import SchemeConfig
from ffnn_lab.optimizers.adagrad import AdaGradConfig
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig
from ffnn_lab.optimizers.rmsprop import RMSPropConfig
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.schedules.cosine import CosineConfig
from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.tasks.separable import SeparableConfig
from tests.support.builders import NO_DATA, make_run, with_parts

CONSTANT = ScheduleConfig(name="constant")
COSINE = CosineConfig(name="cosine", final_fraction=0.0)
NO_DECAY: dict[str, Any] = {"weight_decay": 0.0, "decay": "coupled"}
PLAIN: dict[str, tuple[OptimizerConfig, ScheduleConfig]] = {
    "sgd": (SGDConfig(name="sgd", lr=0.3, **NO_DECAY), CONSTANT),
    "heavy_ball": (HeavyBallConfig(name="heavy_ball", lr=0.1, momentum=0.9, **NO_DECAY), CONSTANT),
}
ADAPTIVE: dict[str, tuple[OptimizerConfig, ScheduleConfig]] = {
    "adagrad": (AdaGradConfig(name="adagrad", lr=0.1, eps=1e-10, **NO_DECAY), COSINE),
    "rmsprop": (RMSPropConfig(name="rmsprop", lr=0.01, rho=0.99, eps=1e-8, **NO_DECAY), COSINE),
    "adam": (
        AdamConfig(name="adam", lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8, **NO_DECAY),
        COSINE,
    ),
}
"""RMSProp and Adam need a schedule that ends at zero, and small learning rates.

At a learning rate of 0.03, rounding drives RMSProp from the ray of the signs (to a cosine of
0.9995 where n = 100, p = 0.55, draw_seed = 2).
"""


def make_task(n: int = 30, p: float = 0.6, draw_seed: int = 0, loss: str = "squared") -> Task:
    """Draw a problem with few test examples, for speed."""
    config = SeparableConfig(
        name="separable", loss=loss, n=n, p=p, n_dev=10, n_test=30, draw_seed=draw_seed
    )
    return load_task(config, NO_DATA)


def make_member(
    optimizer: OptimizerConfig, schedule: ScheduleConfig, *, n_epochs: int
) -> RunConfig:
    """Make a linear member without bias that starts at zero, as in the paper."""
    changes = {
        "model.widths": [],
        "model.bias": False,
        "trainer.batch_size": "full",
        "trainer.max_epochs": n_epochs,
        "trainer.evaluate_every": n_epochs,
    }
    zeros = SchemeConfig(name="zeros", gain=1.0)
    base = make_run(changes, initializer=zeros)
    return with_parts(base, optimizer=optimizer, schedule=schedule)
