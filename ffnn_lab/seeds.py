"""Named random streams: every random draw in the project comes from such a stream.

A stream is named by a seed, a purpose and, where there are many, numbers (layer, epoch).
A stream never depends on the optimizer, the gain, the learning rate or a run's place in a
population; so at equal seed every arm starts from the same base draw and sees the same
batches, and differences between arms are paired.
"""

import zlib

import numpy as np

PURPOSES = ("split", "draw", "init", "order", "dropout", "augment", "proposal", "analysis")


def _sequence(seed: int, purpose: str, numbers: tuple[int, ...]) -> np.random.SeedSequence:
    if purpose not in PURPOSES:
        msg = f"purpose must be one of {', '.join(PURPOSES)}; got {purpose}"
        raise ValueError(msg)
    return np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), *numbers])


def stream(seed: int, purpose: str, *numbers: int) -> np.random.Generator:
    """Return the generator of a named stream, at its start.

    Args:
        seed: The run's (or the task's, or the study's) seed, at least 0.
        purpose: One of ``PURPOSES``.
        numbers: Numbers, at least 0, that distinguish streams of one purpose, such as layer and
            epoch.

    Returns:
        A generator whose draws depend on the name alone, in any process, on any machine.

    Raises:
        ValueError: If the purpose is not known.
    """
    return np.random.Generator(np.random.PCG64(_sequence(seed, purpose, numbers)))


def torch_seed(seed: int, purpose: str, *numbers: int) -> int:
    """Return a 63-bit seed for a ``torch.Generator``, from the arguments that `stream` takes."""
    state = _sequence(seed, purpose, numbers).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
