"""Orthogonal weights: rows orthonormal in a wide layer, columns in a tall one."""

import torch
from torch import Tensor

from ffnn_lab.config import InitializerConfig


def orthogonal(
    _config: InitializerConfig, _in: int, _out: int, shape: tuple[int, ...], rng: torch.Generator
) -> Tensor:
    """Draw from the uniform (Haar) distribution by QR of a normal matrix.

    The signs of R's diagonal are folded into Q, without which QR would not be uniform.

    Source:
        Saxe, McClelland and Ganguli (2013); Mezzadri (2007) for the signs. As
        ``torch.nn.init.orthogonal_``.
    """
    fan_out, fan_in = shape
    base = torch.randn(shape, generator=rng, dtype=torch.float64)
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
