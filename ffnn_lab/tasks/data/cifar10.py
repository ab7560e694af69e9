"""CIFAR-10: 50,000 + 10,000 color photographs of 32 x 32 pixels, in six pickled batches."""

import functools
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from ffnn_lab.tasks.cifar10 import Cifar10Config
from ffnn_lab.tasks.data.images import Images, make_image_task
from ffnn_lab.tasks.data.official import OfficialFile, Source, read_official
from ffnn_lab.tasks.data.task import DataError, Task

SHAPE = (3, 32, 32)
"""Channels, rows and columns of an image."""
N_CLASSES = 10
N_FEATURES = 3 * 32 * 32

CIFAR10 = Source(
    folder="cifar-10-batches-py",
    files=(
        OfficialFile(
            "data_batch_1",
            31035704,
            "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd",
        ),
        OfficialFile(
            "data_batch_2",
            31035320,
            "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8",
        ),
        OfficialFile(
            "data_batch_3",
            31035999,
            "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9",
        ),
        OfficialFile(
            "data_batch_4",
            31035696,
            "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b",
        ),
        OfficialFile(
            "data_batch_5",
            31035623,
            "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154",
        ),
        OfficialFile(
            "test_batch",
            31035526,
            "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831",
        ),
    ),
    packed=(
        OfficialFile(
            "cifar-10-python.tar.gz",
            170498071,
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        ),
    ),
    addresses=("https://www.cs.toronto.edu/~kriz/",),
)
"""The files of CIFAR-10 (Krizhevsky 2009), which has no formal license. The sha256 checksums were
computed from batches with the md5 checksums that torchvision publishes (of data_batch_1
c99cafc152244af753f735de768cd75f, and so on). The archive's sha256 is the one that Keras
publishes."""


def load_cifar10(config: Cifar10Config, data: Path) -> Task:
    """Read CIFAR-10 as a task.

    The 3072 features of an image are its red values, row after row, then the green, then the blue
    ones.

    Classes, from 0: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
    """
    train, test = read_batches(CIFAR10, data, download=config.download)
    return make_image_task(config, train=train, test=test, n_classes=N_CLASSES)


@functools.lru_cache(maxsize=1)
def read_batches(source: Source, data: Path, *, download: bool) -> tuple[Images, Images]:
    """Read the training images from all files but the last, and the test images from the last.

    The result is cached, so its arrays must not be written to.

    Args:
        source: The files of the data set, such as `CIFAR10`.
        data: The data folder, as in ``paths.data``.
        download: True to download the files that are missing.

    Returns:
        The training images, and the test images.

    Raises:
        DataError: If a file is missing, cannot be downloaded, or is not the official one.
    """
    batches = [
        parse_batch(contents, name=file.name)
        for contents, file in zip(
            read_official(source, data, download=download), source.files, strict=True
        )
    ]
    pixels = np.concatenate([batch.pixels for batch in batches[:-1]])
    labels = np.concatenate([batch.labels for batch in batches[:-1]])
    return Images(pixels, labels, batches[-1].shape), batches[-1]


class _ArraysOnly(pickle.Unpickler):
    """Unpickler that rebuilds numpy's arrays, and refuses every other class and function.

    A pickle can call any function of any module that it names. Here it may name only the functions
    that make an array; lists, dictionaries, numbers and strings need no name.
    """

    _ALLOWED = {  # noqa: RUF012 - read only
        # The function by which numpy rebuilds arrays; the batches use its module name of 2009.
        ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - the base class's
        """Return the object of a name in a pickle, if the name is one of the three allowed ones.

        Raises:
            pickle.UnpicklingError: If the name is not allowed.
        """
        if (module, name) not in self._ALLOWED:
            msg = f"it asks for {module}.{name}, but only arrays of numbers are read"
            raise pickle.UnpicklingError(msg)
        return self._ALLOWED[module, name]


def parse_batch(contents: bytes, *, name: str) -> Images:
    """Read a batch: a pickled dictionary with ``data``, ``(N, 3072)`` bytes, and ``labels``.

    Only arrays, lists, dictionaries, numbers and strings are unpickled: no code is run, whatever
    the file holds.

    Args:
        contents: Contents of the file.
        name: Name of the file, for messages.

    Raises:
        DataError: If the file cannot be unpickled in this way, or has no such dictionary.
    """
    try:
        # Python 2 wrote its strings as bytes.
        batch = _ArraysOnly(io.BytesIO(contents), encoding="bytes").load()
        pixels, labels = batch[b"data"], np.asarray(batch[b"labels"], dtype=np.int64)
    # A damaged pickle fails in any of these ways.
    except (
        *(pickle.UnpicklingError, EOFError, ArithmeticError, AttributeError, ImportError),
        *(LookupError, MemoryError, TypeError, ValueError),
    ) as error:
        msg = f"{name} is not a batch of CIFAR-10: {str(error) or type(error).__name__}"
        raise DataError(msg) from error
    is_batch = isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8
    if not is_batch or pixels.shape != (len(labels), N_FEATURES):
        msg = (
            f"{name} is not a batch of CIFAR-10: its data are not {len(labels)} x {N_FEATURES} "
            "bytes"
        )
        raise DataError(msg)
    return Images(pixels, labels, SHAPE)
