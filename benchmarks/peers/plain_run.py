"""A single run in the usual way: an ``nn.Module``, ``torch.optim``, W&B, a result file.

Nothing of ffnn_lab is imported, so that the time of a run includes no library but those in use.
"""

import functools
import json
from collections.abc import Callable
from pathlib import Path

import torch
import wandb
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional

WIDTH, DROPOUT, BATCH_SIZE, MOMENTUM = 128, 0.2, 32, 0.9
"""The lab's defaults of width, dropout rate, batch size and momentum, as in ``conf/``."""
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "heavy_ball": functools.partial(torch.optim.SGD, momentum=MOMENTUM),
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
}


@functools.cache
def load_splits() -> dict[str, tuple[Tensor, Tensor]]:
    """Load the digits, split as in the lab: a fifth for test and a fifth for dev, by class.

    Returns:
        Inputs ``(N, 64)`` in [0, 1] and labels ``(N,)``, by split.
    """
    x, y = load_digits(return_X_y=True)
    x = x.astype("float32") / 16
    x_rest, x_test, y_rest, y_test = train_test_split(
        x, y, test_size=0.2, stratify=y, random_state=0
    )
    x_train, x_dev, y_train, y_dev = train_test_split(
        x_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=0
    )
    arrays = {"train": (x_train, y_train), "dev": (x_dev, y_dev), "test": (x_test, y_test)}
    return {name: (torch.from_numpy(a), torch.from_numpy(b)) for name, (a, b) in arrays.items()}


def train(*, optimizer: str, lr: float, seed: int, max_epochs: int, folder: Path) -> float:
    """Train one network, write its errors by epoch into ``folder``, and return its last dev error.

    Args:
        optimizer: Name of the optimizer, a key of `OPTIMIZERS`.
        lr: Learning rate.
        seed: Seed of torch's generator.
        max_epochs: Number of epochs.
        folder: Folder for the file ``result.json`` and for W&B.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {"optimizer": optimizer, "lr": lr, "seed": seed, "max_epochs": max_epochs}
    run = wandb.init(mode="offline", project="peer", config=config, dir=folder)
    torch.manual_seed(seed)
    splits = load_splits()
    x, y = splits["train"]
    network = nn.Sequential(
        nn.Linear(x.shape[1], WIDTH), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(WIDTH, 10)
    )
    method = OPTIMIZERS[optimizer](network.parameters(), lr=lr)
    curve = []
    for epoch in range(max_epochs):
        network.train()
        total = 0.0
        for rows in torch.split(torch.randperm(len(y)), BATCH_SIZE):
            loss = functional.cross_entropy(network(x[rows]), y[rows])
            method.zero_grad()
            torch.autograd.backward(loss)
            method.step()
            total += loss.item() * len(rows)
        point: dict[str, float] = {"epoch": epoch, "train/loss": total / len(y)}
        for name in ("dev", "test"):
            loss_, error = evaluate(network, *splits[name])
            point |= {f"{name}/loss": loss_, f"{name}/error": error}
        run.log(point)
        curve.append(point)
    run.finish()
    (folder / "result.json").write_text(json.dumps({"config": config, "curve": curve}))
    return curve[-1]["dev/error"]


@torch.no_grad()
def evaluate(network: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return the mean loss in nats and the error rate of a network.

    Args:
        network: The network.
        x: Inputs, ``(N, n_features)``.
        y: Labels, ``(N,)``.
    """
    network.eval()
    logits = network(x)
    error = (logits.argmax(dim=1) != y).float().mean()
    return functional.cross_entropy(logits, y).item(), error.item()
