"""AdamW: Adam with decoupled weight decay by default."""

from ffnn_lab.look import Look
from ffnn_lab.optimizers.adam import AdamConfig, adam_start, adam_step_
from ffnn_lab.optimizers.option import Optimizer
from ffnn_lab.registry import register

register(
    Optimizer(
        name="adamw",
        order=6,
        config=AdamConfig,
        start=adam_start,
        step_=adam_step_,
        look=Look("#CC79A7", (0, (1, 0.6)), "X"),
    )
)
