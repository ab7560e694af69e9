"""The config class that all models share; each file in ``ffnn_lab/models`` has a subclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.fields import any_value

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ffnn_lab.config.run import RunConfig


@dataclass(kw_only=True)
class ModelConfig:
    """Config with the fields of every model."""

    name: str = any_value(neutral="mlp")

    def check_run(self, run: RunConfig) -> None:
        """Check that the other fields of a run suit its model; subclasses have the conditions.

        Args:
            run: The run, whose field ``model`` is this config.

        Raises:
            ConfigError: If they do not; the message names the fields, what was expected and what
                came.
        """

    @property
    def asked(self) -> str:
        """Return the override by which a user chooses the model, such as ``model=mlp``."""
        return f"model={self.name}"

    @property
    def is_settled(self) -> bool:
        """Return False if the model is in a file whose ``sha256`` is not yet in the config."""
        return getattr(self, "sha256", "") is not None

    @property
    def program(self) -> Hashable | None:
        """Return a key that is equal for models that have the same compiled steps on a task.

        The key is None if the model's steps cannot be compiled.
        """
        return None
