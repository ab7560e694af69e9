"""The request of a user: the options of a sweep and the assignments of its command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hydra.core.config_loader import ConfigLoader
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ValidationError

from ffnn_lab.config import ConfigError, SweeperConfig
from ffnn_lab.config.fields import as_override
from ffnn_lab.sweeper.grammar import Assignment, as_written, read_assignment


@dataclass(frozen=True)
class Request:
    """The options of a sweep and the assignments of its command line."""

    options: SweeperConfig
    sweep: str | None
    """Name of the YAML in ``sweeps/``, or None for an ad hoc sweep."""
    assignments: tuple[Assignment, ...]
    """The assignments of the command line, without that of ``sweeps``."""
    arguments: tuple[str, ...]
    """The command line's overrides of a run's fields and groups, as text, with ``sweeps=``."""
    hydra_arguments: tuple[str, ...]
    """The command line's overrides of Hydra's own settings."""


def read_request(loader: ConfigLoader, master: DictConfig, arguments: Sequence[str]) -> Request:
    """Read the sweep that a command asks for.

    A command that names no sweep, arms or axes, such as a bare ``-m``, asks for the sweep
    ``default``.

    Args:
        loader: Hydra's config loader.
        master: The config that Hydra composed for the command.
        arguments: The command's overrides, without those of Hydra's own settings.

    Raises:
        ConfigError: If the options or the command line have a mistake, or the sweep that they name
            has nothing to compare.
    """
    texts = [as_written(text) for text in arguments]
    assignments = [each for text in texts for each in _assignments(text)]
    sweep = next((a.value for a in assignments if a.key == "sweeps"), None)
    swept = any(a.axis is not None for a in assignments)
    options = _options(master)
    says = options.arms or options.space or swept or (sweep is not None and options.across)
    if not says:
        if sweep is not None:
            msg = (
                f"sweeps={sweep} names no hydra.sweeper.arms, no hydra.sweeper.space and no "
                "hydra.sweeper.across"
            )
            raise ConfigError(msg)
        sweep = "default"
        overrides = [*master.hydra.overrides.hydra, *arguments, "sweeps=default"]
        options = _options(
            loader.load_configuration(
                master.hydra.job.config_name, overrides, run_mode=RunMode.MULTIRUN
            )
        )
    others = tuple(a for a in assignments if a.key != "sweeps")
    return Request(options, sweep, others, tuple(texts), tuple(master.hydra.overrides.hydra))


def _assignments(text: str) -> list[Assignment]:
    """Read one override; ``trainer={max_epochs: 3}`` makes an assignment for each entry."""
    whole = read_assignment(text)
    if not isinstance(whole.value, Mapping):
        return [whole]
    return [
        each
        for name, value in whole.value.items()
        for each in _assignments(f"{whole.key}.{name}={as_override(value)}")
    ]


def _options(master: DictConfig) -> SweeperConfig:
    """Check the options of ``hydra.sweeper``, and convert them to their config class."""
    written = {k: v for k, v in master.hydra.sweeper.items_ex(resolve=True) if k != "_target_"}
    try:
        typed = OmegaConf.merge(OmegaConf.structured(SweeperConfig), OmegaConf.create(written))
        options = OmegaConf.to_object(typed)
    except ValidationError as error:
        msg = f"hydra.sweeper.{error.full_key}: {str(error).strip().splitlines()[0]}"
        raise ConfigError(msg) from None
    assert isinstance(options, SweeperConfig)  # noqa: S101 - the schema says so
    return options
