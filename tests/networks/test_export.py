"""Export of one member as an ordinary ``nn.Module``."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.config import UserError
from ffnn_lab.models import open_network
from ffnn_lab.networks import forward, save_network
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import train
from tests.support.builders import (
    ONE_OUTPUT,
    make_line,
    make_population,
    make_run,
    mlp_of,
    take_epoch_,
)
from tests.support.parts import flip


@pytest.mark.parametrize("bias", [True, False], ids=["biases", "no biases"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("widths", [[], [9], [33, 7, 2]], ids=str)
def test_export_gives_the_logits_of_the_member(
    widths: list[int], activation: str, *, bias: bool, blobs: Task
) -> None:
    changes = {"model.widths": widths, "model.activation": activation, "model.bias": bias}
    population = make_population([make_run(changes, seed=seed) for seed in range(3)], blobs)
    take_epoch_(population, blobs)
    inputs = torch.from_numpy(blobs.dev.inputs)
    stored = functional.pad(inputs, (0, mlp_of(population).stored[0] - 5)).expand(3, -1, -1)
    logits = forward(population.params, stored, mlp_of(population))
    logits = logits[..., : mlp_of(population).sizes[-1]]
    for m in range(3):
        network = population.export(m)
        torch.testing.assert_close(network(inputs), logits[m], rtol=1e-12, atol=1e-12)


def test_export_has_no_padding_and_is_a_copy(blobs: Task) -> None:
    population = make_population([make_run({"model.widths": [9, 4]})], blobs)
    network = population.export(0)
    shapes = [tuple(parameter.shape) for parameter in network.parameters()]
    assert shapes == [(9, 5), (9,), (4, 9), (4,), (3, 4), (3,)]
    before = [parameter.detach().clone() for parameter in network.parameters()]
    take_epoch_(population, blobs)
    for parameter, old in zip(network.parameters(), before, strict=True):
        assert torch.equal(parameter, old)


@pytest.mark.parametrize("bias", [True, False], ids=["biases", "no biases"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("widths", [[], [9, 4]], ids=str)
def test_a_saved_network_opens_as_it_was(
    widths: list[int], dtype: str, *, bias: bool, blobs: Task, tmp_path: Path
) -> None:
    changes = {
        "model.widths": widths,
        "model.activation": "tanh",
        "model.bias": bias,
        "trainer.dtype": dtype,
    }
    population = make_population([make_run(changes)], blobs)
    network = population.export(0)
    path = tmp_path / "a folder" / "network.pt"
    save_network(network, path, population.network.description)
    opened = open_network(path)
    assert isinstance(opened, nn.Sequential)
    assert isinstance(network, nn.Sequential)
    assert not opened.training
    assert [type(module) for module in opened] == [type(module) for module in network]
    assert sum(isinstance(module, nn.Tanh) for module in opened) == len(widths)
    assert len(list(opened.parameters())) == (2 if bias else 1) * (len(widths) + 1)
    for new, old in zip(opened.parameters(), network.parameters(), strict=True):
        assert new.dtype == old.dtype == getattr(torch, dtype)
        assert torch.equal(new, old)


def test_a_trained_network_gives_the_error_on_its_record(blobs: Task, tmp_path: Path) -> None:
    saving = make_run({"trainer.save_weights": True, "trainer.max_epochs": 5})
    result = train([saving], blobs, weights_folder=tmp_path)[0]
    network = open_network(tmp_path / f"{result.run_id}.pt")
    answers = network(torch.from_numpy(blobs.test.inputs)).argmax(dim=1).numpy()
    error = float((answers != blobs.test.labels).mean())
    assert error == pytest.approx(result.metrics()["last.test.error"], rel=1e-12)
    assert error < blobs.chance_error  # it learned something


@pytest.mark.parametrize("kind", ONE_OUTPUT, ids=", ".join)
def test_a_trained_network_of_one_output_gives_scores(
    kind: tuple[str, str], tmp_path: Path
) -> None:
    task = make_line(*kind)
    saving = make_run(
        {"trainer.save_weights": True, "optimizer.lr": 0.02, "trainer.max_epochs": 20}
    )
    result = train([saving], task, weights_folder=tmp_path)[0]
    scores = open_network(tmp_path / f"{result.run_id}.pt")(torch.from_numpy(task.test.inputs))
    assert scores.shape == (len(task.test.labels), 1)
    told = scores.detach().numpy()[:, 0]
    if kind[0] == "signs":
        error = float((np.sign(told) != task.test.labels).mean())
    else:
        error = float(((told - task.test.labels) ** 2).mean() / task.train.labels.var())
    assert error == pytest.approx(result.metrics()["last.test.error"], rel=1e-12)
    assert error < task.chance_error  # it learned something


def test_only_who_asked_is_saved(blobs: Task, tmp_path: Path) -> None:
    saving = make_run({"trainer.save_weights": True}, seed=1)
    results = train([make_run(), saving], blobs, weights_folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{results[1].run_id}.pt"]


def test_no_bit_of_saved_weights_changes_them_in_silence(blobs: Task, tmp_path: Path) -> None:
    """Torch's file has checksums of its contents, but torch does not check them."""
    population = make_population([make_run({"model.widths": [16]})], blobs)
    network = population.export(0)
    path = tmp_path / "network.pt"
    save_network(network, path, population.network.description)
    n_noticed = 0
    for bit in range(0, 8 * path.stat().st_size, 197):
        flip(path, bit)
        try:
            opened = open_network(path)
        except UserError as error:
            assert str(error).startswith(f"{path} is damaged (")  # noqa: PT017
            n_noticed += 1
        else:
            for new, old in zip(opened.parameters(), network.parameters(), strict=True):
                assert torch.equal(new, old), bit
        flip(path, bit)
    assert n_noticed > 100
    with pytest.raises(FileNotFoundError):
        open_network(tmp_path / "none.pt")
