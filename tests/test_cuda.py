"""On a CUDA device, steps that are recorded as CUDA graphs equal the plain loop.

Without a CUDA device these tests are skipped.
"""

import pytest
import torch

from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import train_with_weights
from ffnn_lab.trainer import train
from tests.catalog import OPTIMIZERS
from tests.reference.plain_loop import train_alone
from tests.support.builders import make_run
from tests.support.scopes import SCOPES, put_scopes

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device here"),
]
ON_DEVICE = {"device": "cuda", "dropout.input": 0.2, "dropout.hidden": 0.5}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_recorded_step_equals_the_plain_loop(name: str, blobs: Task) -> None:
    """In float64, at rates that do not amplify rounding, since a device sums in another order."""
    row = OPTIMIZERS[name]
    changes = {**ON_DEVICE, "optimizer.lr": row.stable_lr}
    configs = [make_run(changes, seed=seed, optimizer=row.config) for seed in range(4)]
    for config, outcome in zip(configs, train_with_weights(configs, blobs), strict=True):
        expected = train_alone(config, blobs)
        for w, reference in zip(outcome.weights, expected.weights, strict=True):
            torch.testing.assert_close(w, reference, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("clip_norm", [None, 0.3], ids=["not clipped", "clipped"])
@pytest.mark.parametrize("name", ["adam", *(f"trust_{scope}" for scope in SCOPES)])
def test_a_recorded_step_of_each_scope_equals_the_plain_loop(
    name: str, clip_norm: float | None, blobs: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members with a limit on the norm of gradients lie beside members without a limit."""
    put_scopes(monkeypatch)
    row = OPTIMIZERS[name]
    changes = {**ON_DEVICE, "optimizer.lr": row.stable_lr}
    configs = [
        make_run(
            {**changes, "trainer.clip_norm": (None, clip_norm)[seed % 2]},
            seed=seed,
            optimizer=row.config,
        )
        for seed in range(4)
    ]
    for config, outcome in zip(configs, train_with_weights(configs, blobs), strict=True):
        expected = train_alone(config, blobs)
        for w, reference in zip(outcome.weights, expected.weights, strict=True):
            torch.testing.assert_close(w, reference, rtol=1e-9, atol=1e-11)


def test_members_that_leave_and_differ_are_recorded_anew(blobs: Task) -> None:
    lengths = (1, 3, 2, 3)
    configs = [
        make_run({**ON_DEVICE, "trainer.max_epochs": n}, seed=seed)
        for seed, n in enumerate(lengths)
    ]
    results = train(configs, blobs)
    assert [result.n_epochs for result in results] == list(lengths)
    assert {result.status for result in results} == {"completed"}


@pytest.mark.parametrize("precision", ["tf32", "bf16"])
def test_rounded_products_stay_near_the_full_ones(precision: str, blobs: Task) -> None:
    """The mantissas have ten bits and seven, so a product errs by 1e-3 or 8e-3.

    Three epochs add up a few such errors.
    """
    changes = {**ON_DEVICE, "trainer.dtype": "float32"}
    full, rounded = (
        train([make_run({**changes, "trainer.precision": kind})], blobs)[0].curve[-1].loss
        for kind in ("full", precision)
    )
    assert rounded != full
    assert rounded == pytest.approx(full, rel=0.1)
