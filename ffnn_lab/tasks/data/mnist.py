"""MNIST and Fashion-MNIST: four IDX files each, 60,000 + 10,000 images of 28 x 28 pixels."""

import functools
from pathlib import Path

import numpy as np

from ffnn_lab.tasks.data.idx import parse_idx
from ffnn_lab.tasks.data.images import Images, make_image_task
from ffnn_lab.tasks.data.official import OfficialFile, Source, read_official
from ffnn_lab.tasks.data.task import DataError, Task
from ffnn_lab.tasks.fashion_mnist import FashionMnistConfig
from ffnn_lab.tasks.mnist import MnistConfig

N_CLASSES = 10

MNIST = Source(
    folder="mnist",
    files=(
        OfficialFile(
            "train-images-idx3-ubyte",
            47040016,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        OfficialFile(
            "train-labels-idx1-ubyte",
            60008,
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        OfficialFile(
            "t10k-images-idx3-ubyte",
            7840016,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        OfficialFile(
            "t10k-labels-idx1-ubyte",
            10008,
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    packed=(
        OfficialFile(
            "train-images-idx3-ubyte.gz",
            9912422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        OfficialFile(
            "train-labels-idx1-ubyte.gz",
            28881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        OfficialFile(
            "t10k-images-idx3-ubyte.gz",
            1648877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        OfficialFile(
            "t10k-labels-idx1-ubyte.gz",
            4542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    # The original page, http://yann.lecun.com/exdb/mnist/, has answered 403 and 404 for years;
    # these are the copies that torchvision and TensorFlow read.
    addresses=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
)
"""The files of MNIST, by LeCun, Cortes and Burges; cite LeCun et al. (1998). The sha256 checksums
were computed from compressed files with the md5 checksums that torchvision lists (of the train
images f68b3c2dcbeaaa9fbdd348bbdeb94873, and so on)."""

FASHION_MNIST = Source(
    folder="fashion-mnist",
    files=(
        OfficialFile(
            "train-images-idx3-ubyte",
            47040016,
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        OfficialFile(
            "train-labels-idx1-ubyte",
            60008,
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        OfficialFile(
            "t10k-images-idx3-ubyte",
            7840016,
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        OfficialFile(
            "t10k-labels-idx1-ubyte",
            10008,
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    packed=(
        OfficialFile(
            "train-images-idx3-ubyte.gz",
            26421880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        OfficialFile(
            "train-labels-idx1-ubyte.gz",
            29515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        OfficialFile(
            "t10k-images-idx3-ubyte.gz",
            4422102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        OfficialFile(
            "t10k-labels-idx1-ubyte.gz",
            5148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    addresses=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
)
"""The files of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), under the MIT license. The sha256
checksums were computed from compressed files with the md5 checksums that are listed at
https://github.com/zalandoresearch/fashion-mnist (of the train images
8d4fb7e6c68d591d4c3dfef9ec88bf0d, and so on)."""


def load_mnist(config: MnistConfig, data: Path) -> Task:
    """Read MNIST as a task; the class of an image is its digit, from 0 to 9."""
    train, test = read_idx_images(MNIST, data, download=config.download)
    return make_image_task(config, train=train, test=test, n_classes=N_CLASSES)


def load_fashion_mnist(config: FashionMnistConfig, data: Path) -> Task:
    """Read Fashion-MNIST as a task.

    Classes, from 0: T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle
    boot.
    """
    train, test = read_idx_images(FASHION_MNIST, data, download=config.download)
    return make_image_task(config, train=train, test=test, n_classes=N_CLASSES)


@functools.lru_cache(maxsize=2)
def read_idx_images(source: Source, data: Path, *, download: bool) -> tuple[Images, Images]:
    """Read the training images and the test images of a data set of four IDX files.

    The result is cached, so its arrays must not be written to.

    Args:
        source: The files of the data set, in the order of ``MNIST.files``: training images, their
            labels, test images, their labels.
        data: The data folder, as in ``paths.data``.
        download: True to download the files that are missing.

    Returns:
        The training images, and the test images.

    Raises:
        DataError: If a file is missing, cannot be downloaded, or is not the official one.
    """
    arrays = [
        parse_idx(contents, name=file.name)
        for contents, file in zip(
            read_official(source, data, download=download), source.files, strict=True
        )
    ]
    images = []
    for pixels, labels in (arrays[:2], arrays[2:]):
        if pixels.ndim < 2 or labels.shape != pixels.shape[:1]:  # noqa: PLR2004 - images, pixels
            msg = (
                f"{data / source.folder}: images of shape {pixels.shape} and labels of shape "
                f"{labels.shape} do not belong together"
            )
            raise DataError(msg)
        images.append(
            Images(
                pixels.reshape(len(pixels), -1), labels.astype(np.int64), (1, *pixels.shape[1:])
            )
        )
    return images[0], images[1]
