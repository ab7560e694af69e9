"""Hydra plugins: the lab's sweeper, and the search path of ``conf/`` and ``sweeps/``.

The work is done in ``ffnn_lab``. Hydra imports this file at every start, so nothing heavy is
imported at its top.
"""

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult
from hydra.plugins.launcher import Launcher
from hydra.plugins.search_path_plugin import SearchPathPlugin
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

import ffnn_lab
from ffnn_lab.sweeper.collection import no_collection

if TYPE_CHECKING:
    from rich.console import Console

PACKAGE = Path(ffnn_lab.__file__).parent
GROUP = "sweeps"


def _folder(name: str) -> Path:
    """Return a folder of YAML files: beside the package in a checkout, inside it in a wheel.

    Args:
        name: Name of the folder: ``conf`` or ``sweeps``.
    """
    beside = PACKAGE.parent / name
    return beside if beside.is_dir() else PACKAGE / name


class SweepsSource(FileConfigSource):
    """Shows a folder of YAML files of sweeps to Hydra as the config group ``sweeps``."""

    @staticmethod
    def scheme() -> str:
        """Return the word that entries of the search path have before ``://``."""
        return GROUP

    @staticmethod
    def _inside(config_path: str) -> str | None:
        """Return the path within the config group ``sweeps``; None for a path of another group."""
        group, _, rest = config_path.partition("/")
        return rest if group == GROUP else None

    def load_config(self, config_path: str) -> ConfigResult:
        """Read the YAML file of a sweep, and check it before Hydra composes it.

        The file's values belong at the top of a run's config, whether or not the file says so.

        Args:
            config_path: Path of the config in Hydra, such as ``sweeps/default``.
        """
        from ffnn_lab.sweeper.sweep_file import read_sweep  # noqa: PLC0415 - where one is named

        name = self._normalize_file_name(self._inside(config_path) or "")
        contents = read_sweep(Path(self.path) / name)
        return ConfigResult(
            provider=self.provider,
            path=f"{self.scheme()}://{self.path}",
            config=contents,
            header={"package": "_global_"},
        )

    def is_group(self, config_path: str) -> bool:
        """Return True for the config group ``sweeps`` and for its root, if the folder exists."""
        return config_path in ("", GROUP) and Path(self.path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """Return True if the folder has the YAML file of a sweep of that name."""
        name = self._inside(config_path)
        return bool(name) and super().is_config(name or "")

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """List the names of the sweeps in the config group ``sweeps``, or at the root the group.

        Args:
            config_path: The group, or the empty string for the root.
            results_filter: Kind of results that Hydra asks for; None for groups and configs.
        """
        if config_path == "":
            return [GROUP] if results_filter is not ObjectType.CONFIG else []
        if config_path != GROUP or results_filter is ObjectType.GROUP:
            return []
        return sorted(path.stem for path in Path(self.path).glob("*.yaml"))


class FfnnLabSearchPath(SearchPathPlugin):
    """Adds ``conf/``, ``sweeps/`` and the user's own sweeps to Hydra's search path.

    So Hydra finds them from any working directory.
    """

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append folders to Hydra's search path.

        These are the project's ``conf/``, then ``sweeps/`` in the working directory, if there is
        one, and the project's ``sweeps/``.

        Args:
            search_path: The search path, which is changed in place.
        """
        search_path.append("ffnn_lab", f"file://{_folder('conf')}")
        sweeps = [_folder(GROUP)]
        own = Path.cwd() / GROUP
        if own.is_dir() and own.resolve() != sweeps[0].resolve():
            sweeps.insert(0, own)
        for folder in sweeps:
            search_path.append("ffnn_lab", f"{GROUP}://{folder}")


class FfnnLabSweeper(Sweeper):
    """The sweeper of ``hydra/sweeper: ffnn_lab``, which has an Optuna study for each arm."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - checked by SweeperConfig
        """Keep the options of ``hydra.sweeper``, which are checked when the sweep is defined."""
        self.options = options

    def setup(
        self,
        *,
        hydra_context: HydraContext,
        task_function: TaskFunction,  # noqa: ARG002 - Hydra's signature
        config: DictConfig,
    ) -> None:
        """Keep Hydra's context and the composed config, from which configs of arms are composed.

        Args:
            hydra_context: Hydra's loaders of configs and callbacks.
            task_function: Unused; part of Hydra's signature.
            config: The composed config.
        """
        self._composed = config
        self._context = hydra_context

    def sweep(self, arguments: list[str], *, console: "Console | None" = None) -> Path:
        """Run the sweep that the options and the command line's overrides define.

        Args:
            arguments: The overrides of the command line, without those of Hydra's own fields.
            console: Console to print on; None for the command line, which ends with the report.

        Returns:
            The sweep's folder.
        """
        with no_collection():
            from ffnn_lab.sweeper.command import run_sweep  # noqa: PLC0415 - torch and optuna

        loader, composed = self._context.config_loader, self._composed
        return run_sweep(loader, composed, arguments, self._make_launcher, console=console)

    def _make_launcher(self, job: TaskFunction, folder: Path, n_workers: int) -> Launcher:
        """Make the launcher that starts the workers; files of its own go to the sweep's folder.

        Args:
            job: Function that a worker calls.
            folder: The sweep's folder.
            n_workers: Number of workers.
        """
        composed = _without_storage(self._composed)
        options = composed.hydra.launcher
        with open_dict(options):
            if "submitit_folder" in options:
                options.submitit_folder = str(folder.resolve() / "submitit" / "%j")
            if "n_jobs" in options:  # joblib would start workers beyond it when others have ended
                options.n_jobs = n_workers
        return Plugins.instance().instantiate_launcher(
            hydra_context=self._context, task_function=job, config=composed
        )


def _without_storage(composed: DictConfig) -> DictConfig:
    """Copy a config without the storage and without overrides from which it follows.

    The URL of a storage may have a password, and launchers write the config to disk. Workers get
    the storage by other means, and need nothing of ``hydra.sweeper``.
    """
    copied = copy.deepcopy(composed)
    with open_dict(copied):
        copied.hydra.sweeper.storage = None
        for kind, texts in copied.hydra.overrides.items():
            copied.hydra.overrides[kind] = [text for text in texts if not _may_lead_there(text)]
    return copied


def _may_lead_there(override: str) -> bool:
    is_sweepers = override.lstrip("+~").startswith("hydra.sweeper")
    return is_sweepers or "postgres" in override.lower()
