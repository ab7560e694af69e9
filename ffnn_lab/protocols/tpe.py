"""``tpe``: Optuna's tree-structured Parzen estimator, which learns from the scores."""

from ffnn_lab.protocols.option import Protocol
from ffnn_lab.registry import register

register(
    Protocol(
        name="tpe",
        order=4,
        description="Optuna's TPE, which learns from the scores",
        sampler="TPESampler",
    )
)
