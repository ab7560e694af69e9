"""Compose a run or a sweep from overrides, in any process and any thread.

Hydra keeps its state in singletons. This module sets Hydra up for one composition at a time and
restores its former state, so that a notebook may compose again, and may use Hydra for something
else.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydra import initialize
from hydra._internal.callbacks import Callbacks
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from ffnn_lab import schemas
from ffnn_lab.command_line import read_arguments
from ffnn_lab.config import ConfigError, RunConfig, UserError, check_paths
from ffnn_lab.config.run import OPEN_IN_RUN
from ffnn_lab.messages import explain

if TYPE_CHECKING:
    from rich.console import Console

    from hydra_plugins.ffnn_lab_sweeper.ffnn_lab_sweeper import FfnnLabSweeper

CONFIG = "config"
"""Name of the YAML file, without its ending, from which a run is composed."""
_COMPOSING = threading.RLock()


def prepare_process() -> None:
    """Set environment variables, and register schemas with Hydra, before torch is imported."""
    # Threads that spin while they wait slow two processes on the same cores tenfold.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    schemas.register()


@dataclass(frozen=True)
class ComposedSweep:
    """The command of a sweep, as Hydra composed it."""

    loader: ConfigLoader
    master: DictConfig
    overrides: list[str]
    """The overrides of the command, without those of Hydra's own fields (``hydra.*``)."""

    def sweeper(self) -> "FfnnLabSweeper":
        """Return Hydra's plugin that runs sweeps, ready for a call of its ``sweep``."""
        # Imported late: Hydra executes a plugin's module again when it searches for plugins.
        from hydra_plugins.ffnn_lab_sweeper.ffnn_lab_sweeper import (  # noqa: PLC0415 - Optuna
            FfnnLabSweeper,
        )

        sweeper = FfnnLabSweeper()
        context = HydraContext(config_loader=self.loader, callbacks=Callbacks(self.master))
        sweeper.setup(hydra_context=context, task_function=_no_task, config=self.master)
        return sweeper


def compose_run(overrides: Sequence[str]) -> RunConfig:
    """Compose one run from overrides, as the command line does.

    Raises:
        UserError: For a mistake in the overrides.
    """
    _check_no_flags(overrides)
    with slips_as_errors(), hydra_set_up() as loader:
        words = read_arguments(overrides)
        if len(words) != len(overrides):
            msg = f"{' '.join(overrides)}: this describes a sweep; run it with ffnn_lab.sweep"
            raise ConfigError(msg)
        composed = loader.load_configuration(CONFIG, words, run_mode=RunMode.RUN)
        with open_dict(composed):
            del composed["hydra"]
        return as_run(composed, overrides)


def as_run(composed: DictConfig, overrides: Sequence[str]) -> RunConfig:
    """Convert one run that Hydra composed to its typed config, and check it.

    Args:
        composed: The config that Hydra composed, without its key ``hydra``.
        overrides: The overrides that the config was composed from, without those of Hydra's own
            fields.

    Raises:
        ConfigError: For a mistake in the overrides or in the config.
    """
    for text in overrides:
        if text.startswith(("+", "~")) and not text.removeprefix("++").startswith(OPEN_IN_RUN):
            msg = (
                f"{text}: fields of a run cannot be added or removed; change one with name=value, "
                f"without {text[0]}"
            )
            raise ConfigError(msg)
    config = OmegaConf.to_object(composed)
    assert isinstance(config, RunConfig)  # noqa: S101 - run_schema says so
    check_paths(config)
    return config


def compose_sweep(overrides: Sequence[str]) -> ComposedSweep:
    """Compose the command of a sweep from its overrides, as the command line does.

    Raises:
        UserError: For a mistake in the overrides.
    """
    _check_no_flags(overrides)
    with slips_as_errors(), hydra_set_up() as loader:
        flags = ("-m", "--multirun")
        words = [word for word in read_arguments(["-m", *overrides]) if word not in flags]
        words.append("hydra.mode=MULTIRUN")
        master = loader.load_configuration(CONFIG, words, run_mode=RunMode.MULTIRUN)
        return ComposedSweep(loader, master, [str(each) for each in master.hydra.overrides.task])


def _no_task(_composed: DictConfig) -> None:
    """Do nothing, in place of the function of single runs, which a sweeper does not call."""


@contextmanager
def slips_as_errors() -> Iterator[None]:
    """Turn an error of Hydra or OmegaConf into a `UserError` with the command line's message."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(explain(error)) from error


def _check_no_flags(overrides: Sequence[str]) -> None:
    for text in overrides:
        if text.startswith("-"):
            msg = f"{text}: flags are for the command line; an override is written name=value"
            raise ConfigError(msg)


def make_console(*, is_quiet: bool) -> "Console":
    """Make a console that shows live displays on a terminal, and plain lines in a notebook or log.

    Args:
        is_quiet: True for a console that prints nothing.
    """
    from rich.console import Console  # noqa: PLC0415 - `--help` does without

    in_notebook = Console().is_jupyter  # where standard output claims to be a terminal
    force = False if in_notebook else None
    return Console(quiet=is_quiet, force_jupyter=False, force_terminal=force)


@contextmanager
def hydra_set_up() -> Iterator[ConfigLoader]:
    """Set Hydra up within the block, and restore its former state at the end of the block."""
    prepare_process()
    with _COMPOSING:
        before = GlobalHydra.instance().hydra
        GlobalHydra.instance().clear()
        try:
            with initialize(version_base="1.3", config_path=None, job_name="ffnn_lab"):
                yield GlobalHydra.instance().config_loader()
        finally:
            GlobalHydra.instance().hydra = before
