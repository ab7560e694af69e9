"""Orthogonal weights: rows orthonormal in a wide layer, columns in a tall one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffnn_lab.config.initializer import SchemeConfig
from ffnn_lab.initializers.base import base_normal
from ffnn_lab.initializers.option import Initializer, Layer
from ffnn_lab.registry import register

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def orthogonal(_config: SchemeConfig, layer: Layer, rng: torch.Generator) -> Tensor:
    """Draw an orthogonal weight from the uniform (Haar) distribution, ``(fan_out, fan_in)``.

    The weight is the Q of the QR decomposition of a matrix of normal numbers, with each column
    multiplied by the sign of R's diagonal entry; without these signs, Q would not be uniform.

    Source:
        Saxe, McClelland and Ganguli (2013); Mezzadri (2007) for the signs. The distribution is
        that of ``torch.nn.init.orthogonal_``.
    """
    import torch  # noqa: PLC0415 - the file is read without torch

    fan_out, fan_in = layer.shape
    base = base_normal(layer.shape, rng)
    is_wide = fan_out < fan_in
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # QR's last bits depend on the number of threads
    try:
        q, r = torch.linalg.qr(base.T if is_wide else base)
    finally:
        torch.set_num_threads(n_threads)
    q = q * r.diagonal().sign()
    weight: Tensor = q.T if is_wide else q
    return weight


register(Initializer(name="orthogonal", order=10, config=SchemeConfig, draw=orthogonal))
