"""The modules of the lab's own models, in plain torch."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ffnn_lab.networks.activated import activation_module
from ffnn_lab.tasks.data.words import PADDING

N_GROUPS = 8
"""Largest number of groups of a group normalization; a smaller number is taken if this one does
not divide the number of channels."""


class Dense(nn.Module):
    """Hidden layers of weights, normalization, activation and dropout, then a linear layer."""

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str,
        *,
        has_bias: bool = True,
        norm: str = "none",
        is_residual: bool = False,
        drops_inputs: bool = True,
    ) -> None:
        """Make the layers.

        Args:
            sizes: Number of inputs, of units of each hidden layer, and of outputs.
            activation: One of ``activations.ACTIVATIONS``.
            has_bias: True if layers have a bias.
            norm: ``none``, ``layer`` or ``batch``.
            is_residual: True if each hidden layer with as many units as inputs adds its inputs to
                its outputs.
            drops_inputs: True if inputs can be dropped.
        """
        super().__init__()
        self.input_dropout = nn.Dropout() if drops_inputs else nn.Identity()
        *hidden, last = itertools.pairwise(sizes)
        self.layers = nn.ModuleList(
            _layer(n_in, n_out, activation, has_bias=has_bias, norm=norm) for n_in, n_out in hidden
        )
        self.is_added = [is_residual and n_in == n_out for n_in, n_out in hidden]
        self.dropouts = nn.ModuleList(nn.Dropout() for _ in hidden)
        self.last = nn.Linear(*last, bias=has_bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Compute outputs ``(B, n_outputs)`` of inputs ``(B, ...)``."""
        hidden = self.input_dropout(inputs.flatten(1))
        for layer, dropout, is_added in zip(
            self.layers, self.dropouts, self.is_added, strict=True
        ):
            found = layer(hidden)
            hidden = dropout(found + hidden if is_added else found)
        outputs: Tensor = self.last(hidden)
        return outputs


def _layer(n_in: int, n_out: int, activation: str, *, has_bias: bool, norm: str) -> nn.Module:
    norms: dict[str, type[nn.Module]] = {"layer": nn.LayerNorm, "batch": nn.BatchNorm1d}
    between = [norms[norm](n_out)] if norm != "none" else []
    return nn.Sequential(
        nn.Linear(n_in, n_out, bias=has_bias), *between, activation_module(activation)
    )


class CNN(nn.Module):
    """Blocks of 3 x 3 convolutions, dropout and max-pooling, then dense layers as a classifier.

    Each convolution is followed by a normalization, if any, and the activation.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        n_outputs: int,
        *,
        channels: Sequence[int],
        n_convolutions: int,
        widths: Sequence[int],
        activation: str,
        norm: str,
    ) -> None:
        """Make the layers.

        Args:
            shape: Channels, rows and columns of an image.
            n_outputs: Number of logits.
            channels: Number of channels of each block's convolutions.
            n_convolutions: Number of convolutions of each block.
            widths: Number of units of each hidden layer of the classifier.
            activation: One of ``activations.ACTIVATIONS``.
            norm: ``none``, ``batch`` or ``group``.
        """
        super().__init__()
        n_channels, n_rows, n_columns = shape
        blocks: list[nn.Module] = []
        for n_out in channels:
            for _ in range(n_convolutions):
                # Before a normalization a bias has no effect.
                has_bias = norm == "none"
                blocks.append(nn.Conv2d(n_channels, n_out, 3, padding=1, bias=has_bias))
                if norm == "batch":
                    blocks.append(nn.BatchNorm2d(n_out))
                elif norm == "group":
                    n_groups = next(n for n in range(N_GROUPS, 0, -1) if n_out % n == 0)
                    blocks.append(nn.GroupNorm(n_groups, n_out))
                blocks.append(activation_module(activation))
                n_channels = n_out
            blocks += [nn.Dropout(), nn.MaxPool2d(2)]
            n_rows, n_columns = n_rows // 2, n_columns // 2
        self.blocks = nn.Sequential(*blocks)
        sizes = (n_channels * n_rows * n_columns, *widths, n_outputs)
        self.classifier = Dense(sizes, activation, drops_inputs=False)

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits ``(B, n_outputs)`` of images ``(B, channels, rows, columns)``."""
        logits: Tensor = self.classifier(self.blocks(images))
        return logits


class CharLSTM(nn.Module):
    """An embedding, LSTM layers that are each followed by dropout, and a linear layer of logits.

    The state is zero before the first letter of each example.
    """

    def __init__(
        self, n_letters: int, n_outputs: int, *, embedding: int, width: int, n_layers: int
    ) -> None:
        """Make the layers.

        Args:
            n_letters: Number of letters of the alphabet.
            n_outputs: Number of logits after each letter.
            embedding: Length of the vector that stands for a letter.
            width: Number of units of each LSTM layer.
            n_layers: Number of LSTM layers.
        """
        super().__init__()
        self.embedding = nn.Embedding(n_letters, embedding)
        self.layers = nn.ModuleList(
            nn.LSTM(embedding if layer == 0 else width, width, batch_first=True)
            for layer in range(n_layers)
        )
        self.dropouts = nn.ModuleList(nn.Dropout() for _ in range(n_layers))
        self.last = nn.Linear(width, n_outputs)

    def forward(self, letters: Tensor) -> Tensor:
        """Compute logits ``(B, T, n_outputs)`` after each of the letters ``(B, T)``."""
        hidden = self.embedding(letters)
        for layer, dropout in zip(self.layers, self.dropouts, strict=True):
            hidden = dropout(layer(hidden)[0])
        logits: Tensor = self.last(hidden)
        return logits


class DAN(nn.Module):
    """The mean of the vectors of a sentence's words, then dense layers."""

    def __init__(
        self,
        n_words: int,
        n_outputs: int,
        *,
        embedding: int,
        widths: Sequence[int],
        activation: str,
    ) -> None:
        """Make the layers.

        Args:
            n_words: Number of words of the vocabulary, including padding and the unknown word.
            n_outputs: Number of logits.
            embedding: Length of the vector that stands for a word.
            widths: Number of units of each hidden layer.
            activation: One of ``activations.ACTIVATIONS``.
        """
        super().__init__()
        self.embedding = nn.Embedding(n_words, embedding)
        self.input_dropout = nn.Dropout1d()  # drops whole words
        self.layers = Dense((embedding, *widths, n_outputs), activation, drops_inputs=False)

    def forward(self, words: Tensor) -> Tensor:
        """Compute logits ``(B, n_outputs)`` of words' indices ``(B, T)``, padded by `PADDING`."""
        is_word = (words != PADDING).to(self.embedding.weight.dtype).unsqueeze(2)
        kept = self.input_dropout(is_word)
        total = (self.embedding(words) * kept).sum(dim=1)
        logits: Tensor = self.layers(total / torch.clamp(is_word.sum(dim=1), min=1))
        return logits
