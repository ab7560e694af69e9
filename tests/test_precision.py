"""Products in bfloat16 are near the full ones, and no run depends on other members."""

from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import assert_same_to_the_bit, train_with_weights
from tests.support.builders import make_run

CHANGES = {"trainer.dtype": "float32", "trainer.precision": "bf16", "dropout.hidden": 0.2}


def test_products_in_bfloat16_are_near_the_full_ones(blobs: Task) -> None:
    """With seven bits of mantissa a product errs by 8e-3.

    Three epochs of seven steps add up a few such errors.
    """
    rounded, full = (
        train_with_weights([make_run({**CHANGES, "trainer.precision": kind})], blobs)[0]
        for kind in ("bf16", "full")
    )
    assert rounded.result.run_id != full.result.run_id
    furthest = max(
        (one - other).abs().max().item()
        for one, other in zip(rounded.weights, full.weights, strict=True)
    )
    assert 1e-5 < furthest < 0.05


def test_a_run_in_bfloat16_alone_equals_the_run_in_company(blobs: Task) -> None:
    configs = [make_run({**CHANGES, "optimizer.lr": 0.01 * (1 + m)}, seed=m) for m in range(5)]
    company = train_with_weights(configs, blobs)
    for m in (0, 3):
        assert_same_to_the_bit(train_with_weights([configs[m]], blobs), [company[m]])
