"""The typed definition of a sweep, and the one reader of ``definition.json``.

Nothing heavy is imported here (no pandas, torch, Optuna or Hydra): the sweeper, the report and the
commands that only look at a sweep all read a definition through this package.
"""

from ffnn_lab.definition.condition import (
    Condition,
    label_of,
    name_under,
    short_names,
    value_text,
)
from ffnn_lab.definition.definition import (
    CONFIRM_FROM,
    REPLICATE_SHIFT,
    Arm,
    Definition,
    Examples,
    Method,
)
from ffnn_lab.definition.errors import RecordError
from ffnn_lab.definition.essence import differences, essence, short_hash
from ffnn_lab.definition.sealed import DamagedError, read_sealed, write_sealed
from ffnn_lab.definition.stored import read_definition, stored_definition, write_definition

__all__ = [
    "CONFIRM_FROM",
    "REPLICATE_SHIFT",
    "Arm",
    "Condition",
    "DamagedError",
    "Definition",
    "Examples",
    "Method",
    "RecordError",
    "differences",
    "essence",
    "label_of",
    "name_under",
    "read_definition",
    "read_sealed",
    "short_hash",
    "short_names",
    "stored_definition",
    "value_text",
    "write_definition",
    "write_sealed",
]
