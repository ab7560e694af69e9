"""CIFAR-10: the official batches, what is published about them, and pickles that are refused."""

import datetime as dt
import hashlib
import io
import lzma
import os
import pickle
import struct
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from ffnn_lab.tasks.data.cifar10 import CIFAR10, N_FEATURES, parse_batch, read_batches
from ffnn_lab.tasks.data.images import WHITE
from ffnn_lab.tasks.data.task import DataError
from tests.support.real_data import real_data
from tests.support.tasks.files import small_archive, small_set

MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
"""MD5 checksums of the official files, as torchvision lists them."""


class _Python2(pickle._Pickler):
    """A pickler that writes bytes as Python 2 wrote its strings."""

    def _save_string(self, text: bytes) -> None:
        # The stubs do not know what __init__ sets.
        write = self.write  # type: ignore[attr-defined]
        write(b"T" + struct.pack("<i", len(text)) + text)

    dispatch: ClassVar[dict[type, Any]] = {**pickle._Pickler.dispatch, bytes: _save_string}


def _batch(n_examples: int = 4, **changes: Any) -> bytes:  # noqa: ANN401 - entries of a batch
    """Return a batch in the form of the official files, which import numpy by an old path."""
    rng = np.random.default_rng(n_examples)
    contents = {
        "data": rng.integers(0, 256, (n_examples, N_FEATURES), dtype=np.uint8),
        "labels": [i % 10 for i in range(n_examples)],
        "batch_label": b"training batch 1 of 5",
        **changes,
    }
    written = {key.encode(): value for key, value in contents.items() if value is not None}
    buffer = io.BytesIO()
    _Python2(buffer, protocol=2).dump(written)
    return buffer.getvalue().replace(b"numpy._core.multiarray\n", b"numpy.core.multiarray\n")


# --- what is published -----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.exhaustive
def test_our_checksums_are_of_the_files_that_have_the_published_ones() -> None:
    folder = real_data(CIFAR10.folder) / CIFAR10.folder
    assert [file.name for file in CIFAR10.files] == list(MD5)
    for file in CIFAR10.files:
        plain = folder / file.name
        contents = (
            plain.read_bytes()
            if plain.exists()
            else lzma.decompress(plain.with_name(f"{file.name}.xz").read_bytes())
        )
        assert hashlib.md5(contents, usedforsecurity=False).hexdigest() == MD5[file.name]
        assert hashlib.sha256(contents).hexdigest() == file.sha256
        assert len(contents) == file.n_bytes


@pytest.mark.slow
@pytest.mark.exhaustive
def test_sizes_class_counts_and_the_means_that_everybody_uses() -> None:
    train, test = read_batches(CIFAR10, real_data(CIFAR10.folder), download=False)
    assert (train.pixels.shape, test.pixels.shape) == ((50000, 3072), (10000, 3072))
    assert np.bincount(train.labels).tolist() == [5000] * 10
    assert np.bincount(test.labels).tolist() == [1000] * 10
    # A channel is a third of the features.
    means = train.pixels.reshape(50000, 3, 1024).mean(axis=(0, 2), dtype=np.float64) / WHITE
    assert means.round(4).tolist() == [0.4914, 0.4822, 0.4465]


# --- reading ---------------------------------------------------------------------------------


def test_a_batch_is_read() -> None:
    images = parse_batch(_batch(4), name="f")
    rng = np.random.default_rng(4)
    assert np.array_equal(images.pixels, rng.integers(0, 256, (4, N_FEATURES), dtype=np.uint8))
    assert images.labels.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("pack", [small_set, small_archive])
def test_training_batches_are_joined_and_the_last_is_test(pack: Any, tmp_path: Path) -> None:  # noqa: ANN401 - either
    files = pack({"data_batch_1": _batch(4), "data_batch_2": _batch(3), "test_batch": _batch(2)})
    files.put(tmp_path)
    train, test = read_batches(files.source, tmp_path, download=False)
    assert train.labels.tolist() == [0, 1, 2, 3, 0, 1, 2]
    assert test.labels.tolist() == [0, 1]
    assert np.array_equal(train.pixels[4:], parse_batch(_batch(3), name="f").pixels)


# --- pickles that are refused ----------------------------------------------------------------


class _Opens:
    """An object that makes a folder when an ordinary unpickler reads it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._path),)


def test_no_code_is_run(tmp_path: Path) -> None:
    made = tmp_path / "made"
    contents = _batch(labels=_Opens(made))
    with pytest.raises(
        DataError, match=r"f is not a batch of CIFAR-10: it asks for \w+\.mkdir, but"
    ):
        parse_batch(contents, name="f")
    assert not made.exists()
    pickle.loads(contents.replace(b"numpy.core", b"numpy._core"), encoding="bytes")  # noqa: S301 - ours
    assert made.exists()


@pytest.mark.parametrize(
    "value",
    [dt.date(2026, 11, 23), np.random.default_rng(0), {1, 2}, np.datetime64("2026-11-23")],
    ids=["a date", "a generator", "a set", "numpy's scalar"],
)
def test_other_objects_are_refused(value: object) -> None:
    contents = _batch(batch_label=value)
    with pytest.raises(DataError, match=r"it asks for [\w.]+, but only arrays of numbers are"):
        parse_batch(contents, name="f")


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "f is not a batch of CIFAR-10: Ran out of input"),
        (_batch()[:-500], "f is not a batch of CIFAR-10: "),
        (b"<html>404</html>", "f is not a batch of CIFAR-10: "),
        (pickle.dumps([1, 2]), "f is not a batch of CIFAR-10: "),
        (_batch(data=None), "f is not a batch of CIFAR-10: b'data'"),
        (_batch(labels=None), "f is not a batch of CIFAR-10: b'labels'"),
        (_batch(labels=[1, 2]), "f is not a batch of CIFAR-10: its data are not 2 x 3072 bytes"),
        (_batch(labels=["cat"] * 4), "f is not a batch of CIFAR-10: "),
        (
            _batch(data=np.zeros((4, N_FEATURES))),
            "f is not a batch of CIFAR-10: its data are not 4 x 3072 bytes",
        ),
        (_batch(data=[0] * 4), "f is not a batch of CIFAR-10: its data are not 4 x 3072 bytes"),
    ],
)
def test_what_is_no_batch_is_named(contents: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_batch(contents, name="f")
    assert str(caught.value).startswith(message)
