"""``ffnn_lab.train``: one run, from Python."""

from ffnn_lab.api.composing import compose_run, make_console
from ffnn_lab.api.recorded import Run, read_run


def train(*overrides: str, quiet: bool = False) -> Run:
    """Train one run, record it, and return it with its results.

    ``train("optimizer=adam", "optimizer.lr=0.01")`` is the command
    ``ffnn-lab run optimizer=adam optimizer.lr=0.01``: the same overrides give the same numbers and
    the same folder. A value from Python goes in by an f-string, ``f"optimizer.lr={lr}"``.

    The folder of the run is ``outputs/run-<id>``; its former contents are replaced. The override
    ``paths.outputs=FOLDER`` or the environment variable ``FFNN_LAB_OUTPUTS`` names another folder
    than ``outputs``. With ``tracking=off``, nothing is written for W&B.

    Args:
        overrides: Differences from the default run, as on the command line: ``name=value`` for a
            field, ``group=option`` for an optimizer, an initializer, a schedule or a task.
        quiet: True to print nothing.

    Returns:
        The run: its config, status, errors, curve, and, with ``trainer.save_weights=true``, its
        network.

    Raises:
        UserError: For a mistake in the overrides, or for data that are missing.
        KeyboardInterrupt: If the run was interrupted; the same call goes on from its checkpoint.

    Example:
        >>> import ffnn_lab
        >>> run = ffnn_lab.train("optimizer=adam", "trainer.max_epochs=5", "tracking=off")
        >>> run.errors["test"]
        >>> run.curve.query("split == 'dev'").plot(x="epoch", y="loss")
    """
    config = compose_run(overrides)
    from ffnn_lab.api.single import record_run  # noqa: PLC0415 - torch, once the call is known

    return read_run(record_run(config, make_console(is_quiet=quiet)))
