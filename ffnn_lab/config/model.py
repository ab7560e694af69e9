"""The config that all models share; each file in ``ffnn_lab/models`` adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.fields import any_value

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ffnn_lab.config.run import RunConfig


@dataclass(kw_only=True)
class ModelConfig:
    """Fields of every model."""

    name: str = any_value(neutral="mlp")

    def check_run(self, run: RunConfig) -> None:
        """Check what other parts of a run must agree on with its model.

        Raises:
            ConfigError: Naming the fields, what was expected and what came.
        """

    @property
    def asked(self) -> str:
        """Return the override by which a user asks for the model."""
        return f"model={self.name}"

    @property
    def is_settled(self) -> bool:
        """Return False if there is a field ``sha256`` that is null: the file may still change."""
        return getattr(self, "sha256", "") is not None

    @property
    def program(self) -> Hashable | None:
        """Return a key that tells its compiled steps from those of other models on one task.

        None if its steps cannot be compiled.
        """
        return None
