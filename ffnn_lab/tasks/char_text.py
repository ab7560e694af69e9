"""A text file as a task of character language models, which predict the next letter."""

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
    """Config of a text file that is cut into stretches: sequences of letters of equal length.

    Train, dev and test are three contiguous pieces of the text, in this order. The text is treated
    as a circle, in which the first letter follows the last one; ``split_seed`` draws the letter at
    which train begins. A recurrent network starts each stretch with a state of zero, whereas the
    code of Wilson et al. carries the state over from the stretch before.
    """

    path: Union[str, None]  # noqa: UP007 - OmegaConf 2.3 reads no `| None`
    """Path of the text file, in UTF-8 or Latin-1, from the working directory."""
    stretch: int = ranged("[1, inf)")
    """Number of letters of a stretch, which is one example."""
    subset: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Number of letters that are used, in all splits together; null for the whole text."""
    sha256: Union[str, None]  # noqa: UP007 - as above
    """The checksum that the file must have. null accepts any file, and a run's record has the
    checksum that was found."""


def load(config: CharTextConfig, _data: Path) -> Task:
    """Return the task of a text, cut into splits and stretches, with letters as numbers."""
    from ffnn_lab.tasks.data.char_text import load_char_text  # noqa: PLC0415 - numpy

    return load_char_text(config)


def settle(config: CharTextConfig, _data: Path) -> Mapping[str, str]:
    """Return the fields ``path`` and ``sha256`` of a text: its full path, and its checksum.

    Raises:
        UserError: If the file is missing, or has another checksum than ``config.sha256``.
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
