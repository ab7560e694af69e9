"""MNIST and Fashion-MNIST: the official files, and what is published about them."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ffnn_lab.records import read_runs
from ffnn_lab.replay import main as replay
from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.data.images import WHITE, Images
from ffnn_lab.tasks.data.mnist import FASHION_MNIST, MNIST, read_idx_images
from ffnn_lab.tasks.data.official import Source
from ffnn_lab.tasks.data.task import DataError
from ffnn_lab.tasks.fashion_mnist import FashionMnistConfig
from ffnn_lab.tasks.mnist import MnistConfig
from tests.support.command_line import run_lab_forked
from tests.support.real_data import real_data
from tests.support.tasks.files import idx, small_set
from tests.tasks.data.test_images import make_config

MD5 = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
}
"""Published MD5 checksums: torchvision's list, and the table of zalandoresearch/fashion-mnist."""


def _images(source: Source) -> tuple[Images, Images]:
    return read_idx_images(source, real_data(source.folder), download=False)


# --- what is published -----------------------------------------------------------------------


@pytest.mark.parametrize("source", [MNIST, FASHION_MNIST], ids=lambda source: source.folder)
def test_our_checksums_are_of_the_files_that_have_the_published_ones(source: Source) -> None:
    folder = real_data(source.folder) / source.folder
    assert [packed.name for packed in source.packed] == list(MD5[source.folder])
    for packed in source.packed:
        contents = (folder / packed.name).read_bytes()
        md5 = hashlib.md5(contents, usedforsecurity=False).hexdigest()
        assert md5 == MD5[source.folder][packed.name]
        assert len(contents) == packed.n_bytes
        assert hashlib.sha256(contents).hexdigest() == packed.sha256


@pytest.mark.parametrize("source", [MNIST, FASHION_MNIST], ids=lambda source: source.folder)
def test_sizes(source: Source) -> None:
    train, test = _images(source)
    assert train.pixels.shape == (60000, 784)
    assert test.pixels.shape == (10000, 784)


def test_class_counts_of_mnist() -> None:
    train, test = _images(MNIST)
    assert np.bincount(train.labels).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    ]
    assert np.bincount(test.labels).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]


def test_class_counts_of_fashion_mnist() -> None:
    train, test = _images(FASHION_MNIST)
    assert np.bincount(train.labels).tolist() == [6000] * 10
    assert np.bincount(test.labels).tolist() == [1000] * 10


@pytest.mark.parametrize(
    ("source", "mean", "deviation"),
    [(MNIST, 0.1307, 0.3081), (FASHION_MNIST, 0.2860, 0.3530)],
    ids=["mnist", "fashion-mnist"],
)
def test_the_mean_and_deviation_that_everybody_uses(
    source: Source, mean: float, deviation: float
) -> None:
    counts = np.bincount(_images(source)[0].pixels.ravel(), minlength=256)
    levels = np.arange(256) / WHITE
    found = np.average(levels, weights=counts)
    assert round(float(found), 4) == mean
    assert round(float(np.sqrt(np.average((levels - found) ** 2, weights=counts))), 4) == deviation


def test_the_first_digit_is_a_5_and_stands_upright() -> None:
    """Columns 12 to 27 of row 5 are the first stroke, as every tutorial prints it."""
    train, _ = _images(MNIST)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    row = train.pixels[0].reshape(28, 28)[5]
    assert row.tolist() == [
        *([0] * 12),
        *(3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127),
        *([0] * 4),
    ]


# --- tasks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "name", "folder"),
    [
        (MnistConfig, "mnist", "mnist"),
        (FashionMnistConfig, "fashion_mnist", "fashion-mnist"),
    ],
)
def test_a_small_study_on_real_images(
    make: Callable[..., MnistConfig | FashionMnistConfig], name: str, folder: str
) -> None:
    fields = vars(make_config(subset=1000, test_subset=500, scaling="global"))
    task = load_task(make(**{**fields, "name": name}), real_data(folder))
    assert [len(task.split(part).labels) for part in ("train", "dev", "test")] == [900, 100, 500]
    assert abs(float(task.train.inputs.mean(dtype=np.float64))) < 1e-7  # float32
    assert 0.88 < task.chance_error <= 0.9


@pytest.mark.slow
def test_a_run_reads_the_folder_of_the_environment_and_is_replayed_from_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = real_data("mnist")
    small = ("task=mnist", "task.subset=2000", "task.test_subset=1000", "trainer.max_epochs=2")
    said = run_lab_forked(tmp_path, *small, "tracking=off", FFNN_LAB_DATA=str(data))
    assert said.exit_code == 0, said.error
    assert said.out.startswith("task mnist: 784 features, 10 classes; train 1799, dev 201, test 1")
    (folder,) = (tmp_path / "outputs").iterdir()
    run = read_runs(folder).iloc[0]
    assert run["last.test.error"] < 0.2
    moved = tmp_path / "moved"
    moved.symlink_to(data)
    assert replay([run["run_id"], "--outputs", str(folder.parent), "--data", str(moved)]) == 0
    assert "agrees to the bit" in capsys.readouterr().out


# --- files that are not official -------------------------------------------------------------


def _arrays(n_train: int = 6, n_labels: int = 6) -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    return {
        "a": idx(rng.integers(0, 256, (n_train, 2, 2), dtype=np.uint8)),
        "b": idx(np.arange(n_labels, dtype=np.uint8) % 3),
        "c": idx(rng.integers(0, 256, (3, 2, 2), dtype=np.uint8)),
        "d": idx(np.arange(3, dtype=np.uint8)),
    }


def test_images_are_flattened_row_after_row(tmp_path: Path) -> None:
    arrays = _arrays()
    files = small_set(arrays)
    files.put(tmp_path)
    train, test = read_idx_images(files.source, tmp_path, download=False)
    assert train.pixels.shape == (6, 4)
    assert train.pixels.tobytes() == arrays["a"][-24:]
    assert test.labels.tolist() == [0, 1, 2]
    assert test.labels.dtype == np.int64


def test_images_and_labels_that_do_not_belong_together_are_named(tmp_path: Path) -> None:
    files = small_set(_arrays(n_labels=5))
    files.put(tmp_path)
    with pytest.raises(DataError, match=r"/small: images of shape \(6, 2, 2\) and labels of "):
        read_idx_images(files.source, tmp_path, download=False)


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
def test_a_real_file_that_is_cut_short_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    for path in (real_data("mnist") / "mnist").glob("*.gz"):
        (tmp_path / "mnist" / path.name).write_bytes(path.read_bytes())
    cut = tmp_path / "mnist" / name
    cut.write_bytes(cut.read_bytes()[: -cut.stat().st_size // 3])
    with pytest.raises(DataError, match=f"{name} cannot be unpacked: Compressed file ended"):
        load_task(make_config(), tmp_path)


def test_fashion_in_the_place_of_digits_is_refused(tmp_path: Path) -> None:
    data = real_data("fashion-mnist")
    (tmp_path / "mnist").mkdir()
    for path in (data / "fashion-mnist").glob("*.gz"):
        (tmp_path / "mnist" / path.name).symlink_to(path)
    with pytest.raises(DataError, match=r"mnist/train-.*\.gz is damaged, or another file"):
        load_task(make_config(), tmp_path)
