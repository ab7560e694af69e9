"""``ffnn_lab.sweep``: a whole sweep, from Python."""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ffnn_lab.api.composing import compose_sweep, make_console, slips_as_errors
from ffnn_lab.config.fields import as_override

if TYPE_CHECKING:
    from ffnn_lab.report.data.sweep import Sweep

_OPEN = ("arms", "space", "across")
"""Parts of ``hydra.sweeper`` whose keys the user chooses."""


def sweep(what: str | Mapping[str, Any], *overrides: str, quiet: bool = False) -> "Sweep":
    """Run a sweep to its end, or continue it if it was begun before, and return its records.

    ``sweep("default", "trainer.max_epochs=3")`` is the command
    ``ffnn-lab sweep default trainer.max_epochs=3``: what is recorded already is not trained again.
    A sweep that was interrupted goes on by the same call, or by the command in its definition.

    Args:
        what: The name of a file in ``sweeps/``; or the first override of a sweep without such a
            file, as ``"optimizer=sgd,adam"``; or the contents of ``hydra.sweeper`` in such a file,
            as a dictionary: ``arms``, ``space`` and ``across`` (each a dictionary of overrides,
            with axes as text), ``protocol``, ``tune``, ``confirm``, ``name`` and so on.
        overrides: Further overrides, as on the command line.
        quiet: True to print neither the plan nor the progress.

    Returns:
        The records, as ``ffnn_lab.load`` returns them for the sweep's folder.

    Raises:
        UserError: For a mistake in the arguments, or if the sweep cannot go on.
        KeyboardInterrupt: If the sweep was interrupted; what was trained is kept.

    Example:
        >>> import ffnn_lab
        >>> records = ffnn_lab.sweep(
        ...     {
        ...         "name": "two_arms",
        ...         "arms": {"sgd": {"optimizer": "sgd"}, "adam": {"optimizer": "adam"}},
        ...         "space": {"optimizer.lr": "tag(log, interval(0.0001, 1))"},
        ...         "protocol": {"name": "qmc", "n_settings": 8},
        ...     },
        ...     "trainer.max_epochs=5",
        ...     "tracking=off",
        ... )
        >>> ffnn_lab.summarize(records).words["arms"]
    """
    composed = compose_sweep([*_words_of(what), *overrides])
    import torch  # noqa: PLC0415 - once the call is known

    from ffnn_lab.api.loading import load_sweep  # noqa: PLC0415 - pandas

    n_threads = torch.get_num_threads()
    try:
        with _signals_kept(), slips_as_errors():
            console = make_console(is_quiet=quiet)
            folder = composed.sweeper().sweep(composed.overrides, console=console)
    finally:
        torch.set_num_threads(n_threads)
    return load_sweep(folder)


def _words_of(what: str | Mapping[str, Any]) -> list[str]:
    """Convert the first argument of `sweep` to overrides."""
    if isinstance(what, str):
        return [what if "=" in what else f"sweeps={what}"]
    words = []
    for name, value in what.items():
        if name in _OPEN:
            words.append(f"+hydra.sweeper.{name}={as_override(value)}")
        else:
            words += _leaves(f"hydra.sweeper.{name}", value)
    return words


def _leaves(key: str, value: Any) -> list[str]:  # noqa: ANN401 - a value of YAML
    if isinstance(value, Mapping):
        return [word for name, each in value.items() for word in _leaves(f"{key}.{name}", each)]
    return [f"{key}={as_override(value)}"]


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Restore the signal handlers after the block; a sweep that ends by an error does not."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    from ffnn_lab.sweeper.signals import SIGNALS  # noqa: PLC0415 - with the sweeper

    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
