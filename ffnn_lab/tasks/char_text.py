"""Any text as a character language model: after each letter, the next one is to be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

from ffnn_lab.config.fields import ConfigError, ranged
from ffnn_lab.config.task import TaskConfig
from ffnn_lab.registry import register
from ffnn_lab.tasks.option import TaskOption

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ffnn_lab.tasks.data.task import Task


@dataclass(kw_only=True)
class CharTextConfig(TaskConfig):
    """A text file, cut into stretches of letters.

    Train, dev and test are three pieces of the text, each in one piece; where the first begins is
    drawn, and the text is read in a circle. A network's state is zero before each stretch (in
    Wilson et al.'s code it is carried over from one to the next).
    """

    path: Union[str, None]  # noqa: UP007 - OmegaConf 2.3 reads no `| None`
    """The file, in UTF-8 or Latin-1."""
    stretch: int = ranged("[1, inf)")
    """Letters of a stretch, which is one example."""
    dev_fraction: float = ranged("(0, 1)")
    """Share of the text that is kept for tuning."""
    test_fraction: float = ranged("(0, 1)")
    """Share of the text that is kept for the final report."""
    split_seed: int = ranged("[0, 9e18]")
    """Draws where the train split begins."""
    subset: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """How many letters are used, of all splits together; null for the whole text."""
    sha256: Union[str, None]  # noqa: UP007 - as above
    """The checksum that the file must have. null takes whatever is there, and a run's record has
    the checksum that it found."""

    def redrawn(self, shift: int) -> Mapping[str, Any]:
        """Return the seed of other pieces of the text; see `TaskConfig.redrawn`."""
        return {"split_seed": self.split_seed + shift}

    def check_together(self) -> None:
        """Check that dev and test leave text to train on.

        Raises:
            ConfigError: If they do not.
        """
        if self.dev_fraction + self.test_fraction >= 1:
            msg = (
                "task.dev_fraction and task.test_fraction must leave text to train on, got "
                f"{self.dev_fraction} + {self.test_fraction}"
            )
            raise ConfigError(msg)

    @property
    def is_settled(self) -> bool:
        """Return True if the contents of the file are part of what is said."""
        return self.sha256 is not None


def load(config: CharTextConfig, _data: Path) -> Task:
    """Read the data that ``config`` names; see `ffnn_lab.tasks.data`."""
    from ffnn_lab.tasks.data.char_text import load_char_text  # noqa: PLC0415 - numpy

    return load_char_text(config)


def settle(config: CharTextConfig, _data: Path) -> Mapping[str, str]:
    """Return the full path of the text, and its checksum.

    Raises:
        UserError: If it is not there.
    """
    from ffnn_lab.tasks.data.char_text import settle_char_text  # noqa: PLC0415 - as above

    return settle_char_text(config)


for name, order in (("char_text", 7), ("war_and_peace", 8)):
    register(
        TaskOption(
            name=name,
            order=order,
            config=CharTextConfig,
            load=load,
            settle=settle,
            file_field="path",
        )
    )
