"""Any text as a character language model, which predicts the next letter after each letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.task import SplitTaskConfig
from ffnn_lab.registry import register
from ffnn_lab.tasks.option import TaskOption

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ffnn_lab.tasks.data.task import Task


@dataclass(kw_only=True)
class CharTextConfig(SplitTaskConfig):
    """A text file, cut into stretches of letters.

    Train, dev and test are three contiguous pieces of the text, which is read in a circle;
    ``split_seed`` draws where the first piece begins. A network starts each stretch with a state
    of zero (the code of Wilson et al. carries the state over from the stretch before).
    """

    path: Union[str, None]  # noqa: UP007 - OmegaConf 2.3 reads no `| None`
    """The file, in UTF-8 or Latin-1."""
    stretch: int = ranged("[1, inf)")
    """Number of letters of a stretch, which is one example."""
    subset: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Number of letters that are used, in all splits together; null for the whole text."""
    sha256: Union[str, None]  # noqa: UP007 - as above
    """The checksum that the file must have. null accepts any file, and a run's record has the
    checksum that was found."""


def load(config: CharTextConfig, _data: Path) -> Task:
    """Read the data that ``config`` names; see `ffnn_lab.tasks.data`."""
    from ffnn_lab.tasks.data.char_text import load_char_text  # noqa: PLC0415 - numpy

    return load_char_text(config)


def settle(config: CharTextConfig, _data: Path) -> Mapping[str, str]:
    """Return the full path of the text, and its checksum.

    Raises:
        UserError: If the file is missing.
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
