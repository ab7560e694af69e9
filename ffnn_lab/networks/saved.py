"""Trained networks in files: a description that rebuilds the module, and its weights."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ffnn_lab.config import UserError
from ffnn_lab.files import write_whole


@dataclass(frozen=True)
class SavedNetwork:
    """The contents of a file with a trained network."""

    description: Mapping[str, Any]
    """The network's description; see `Network.description`."""
    state: Mapping[str, Tensor]
    """The module's ``state_dict``."""

    @property
    def dtype(self) -> torch.dtype:
        """Return the dtype of the weights."""
        return next(each.dtype for each in self.state.values() if each.is_floating_point())


def save_network(module: nn.Module, path: Path, description: Mapping[str, object]) -> None:
    """Write a network's description and weights to one file, whole or not at all."""
    state = {name: tensor.cpu() for name, tensor in module.state_dict().items()}
    # In memory first: a disk that is full then raises an OSError, and not one of torch's own.
    buffer = io.BytesIO()
    torch.save({**description, "state": state}, buffer)
    write_whole(path, buffer.getbuffer())


def read_network(path: Path) -> SavedNetwork:
    """Read a file that ``trainer.save_weights=true`` wrote.

    Raises:
        FileNotFoundError: If the file is missing.
        UserError: If the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as stored:  # torch stores checksums, but checks none
            damaged = stored.testzip()
        contents = torch.load(path, weights_only=True) if damaged is None else None
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:  # noqa: BLE001 - zipfile and torch raise many kinds
        damaged, contents = f"{type(error).__name__}: {error}".splitlines()[0], None
    if contents is None:
        msg = (
            f"{path} is damaged ({damaged}); restore it from a copy, or train the run again with "
            "trainer.save_weights=true"
        )
        raise UserError(msg)
    state = contents.pop("state")
    return SavedNetwork(contents, state)
