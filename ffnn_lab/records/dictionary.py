"""The data dictionary of the records: a description of each column of each table.

``python -m ffnn_lab.records.dictionary`` prints ``docs/records.md``. Types come from the schema,
and the description of a config's field is the docstring below its declaration, so the page cannot
differ from the code.
"""

import ast
import functools
import inspect
import math
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from ffnn_lab.config import GROUPS, RunConfig
from ffnn_lab.config.fields import type_hints
from ffnn_lab.records.result import METRICS, MOMENTS, SOLUTIONS, SPLITS, STATUSES
from ffnn_lab.records.schema import KEYS, Leaf, config_leaves, schema_of

TITLE = """# The records, column by column

Every sweep and every single run has these tables under `outputs/NAME/`: each is a folder of
parquet files, and `ffnn_lab.load("outputs/NAME")` reads them as DataFrames. Options from outside
([extending.md](extending.md)) add the fields of their configs. This page is made from the schema
by `python -m ffnn_lab.records.dictionary > docs/records.md`.
"""
ABOUT: Mapping[str, str] = {
    "runs": "A row for each run: its config, how it ended, its metrics, what it was trained by.",
    "trials": "A row for each run that a sweep asked for: its replicate, stage, arm and setting.",
    "curves": "A row for each measured epoch and split of a run.",
    "directions": (
        "A row for each measured epoch of a run whose task knows solutions (linear networks on "
        "`task=separable`)."
    ),
    "layers": (
        "A row for each diagnosed epoch and layer of a run (`trainer.diagnose_every`; a run that "
        "learned next to nothing is diagnosed at its end). Statistics are of the first 64 "
        "examples of the train split, without dropout."
    ),
    "correct": "A row for each completed run of confirm: which test examples it has right.",
}
"""A description of the rows of each table."""
OPTIMIZED = "the objective's moment: `last` or `best`"
DESCRIBED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "runs": {
        "run_id": ("hash of every field that can change a number; twelve hexadecimal digits", ""),
        "status": (f"how the run ended: {', '.join(STATUSES)}", ""),
        "n_epochs": ("epochs trained", ""),
        "n_steps": ("updates done", ""),
        "diverged_step": (
            "the update at which the loss was first not a finite number, counted from 1",
            "unless it diverged",
        ),
        "seconds": (
            "wall time of training, in seconds; a population's time is divided equally among its "
            "runs",
            "",
        ),
        "chance_error": (
            "error on the train split of a constant answer, which ignores the input",
            "",
        ),
        "traceback": ("Python's traceback of the error", "unless it failed"),
        "best.epoch": (
            "the epoch of lowest dev error; of ties that of lowest dev loss, then the earliest",
            "unless it completed",
        ),
        **{
            f"{moment}.{split}.{metric}": (
                f"mean loss on {split}, in nats (squared residuals: in variances of the labels)"
                if metric == "loss"
                else f"error on {split}: for classes a rate in [0, 1], for numbers a share of the "
                "variance of the train labels, for letters bits per letter",
                "unless it completed",
            )
            for moment in MOMENTS
            for split in SPLITS
            for metric in METRICS
        },
        **{
            f"cosine.{name}": (
                f"cosine between the final weights and the {name.replace('_', '-')} solution",
                "unless the task knows it",
            )
            for name in SOLUTIONS
        },
        **{
            name: (f"version of {name.partition('.')[2]} with which the run was trained", "")
            for name in ("version.ffnn_lab", "version.torch", "version.numpy", "version.optuna")
        },
        "version.python": ("version of Python with which the run was trained", ""),
        "machine": ("processor architecture and number of cores", ""),
        "git.commit": ("commit of the checkout", ""),
        "git.is_dirty": ("`true` if tracked files differed from the commit", ""),
        "config_json": ("every field of the config by dotted name, as JSON", ""),
    },
    "trials": {
        "stage": ("`tune` or `confirm`", ""),
        "arm": ("the arm's name", ""),
        "setting": ("the setting's number in its arm's study; -1 is the untuned default", ""),
        "seed": ("the run's seed", ""),
        "run_id": ("the run, as in `runs`", ""),
        "edges": (
            "the axes on whose edge a confirmed winner lies, as `optimizer.lr high`; else empty",
            "",
        ),
        "replicate": ("the replicate's number, from 0", ""),
    },
    "curves": {
        "run_id": ("the run, as in `runs`", ""),
        "epoch": ("epochs done; 0 is the start", ""),
        "step": ("updates done", ""),
        "split": ("`train`, `dev` or `test`", ""),
        "loss": ("mean loss, in nats; see `runs`", ""),
        "error": ("error, see `runs`", ""),
        "lr": ("learning rate in force when it was measured", ""),
    },
    "directions": {
        "run_id": ("the run, as in `runs`", ""),
        "epoch": ("epochs done", ""),
        "step": ("updates done", ""),
        **{
            f"cosine.{name}": (
                f"cosine between the weights and the {name.replace('_', '-')} solution",
                "unless the task knows it",
            )
            for name in SOLUTIONS
        },
    },
    "layers": {
        "run_id": ("the run, as in `runs`", ""),
        "epoch": ("epochs done; 0 is the start", ""),
        "step": ("updates done", ""),
        "layer": ("number of the layer, from 1; the highest is the output layer", ""),
        "module": ("name of the layer's module in the network", ""),
        "n_units": ("units of the layer; channels of a convolution", ""),
        "before.mean": ("mean of the preactivations", "of a recurrent layer"),
        "before.std": ("standard deviation of the preactivations", "of a recurrent layer"),
        "active.mean": ("mean of the activations", "of the output layer"),
        "active.std": ("standard deviation of the activations", "of the output layer"),
        "saturated": (
            "share of the activations near an end of the activation's range (tanh: at or beyond "
            "-0.95 or 0.95; sigmoid: 0.025 or 0.975)",
            "unless the activation is tanh or sigmoid",
        ),
        "dead": (
            "share of the units that no example of the whole train split makes positive",
            "unless the activation is relu",
        ),
        "backprop.std": (
            "standard deviation of the derivatives of each example's loss in the preactivations",
            "if the loss does not depend on the layer",
        ),
        "gradient.std": ("standard deviation of the gradient of the mean loss in the weights", ""),
        "update.ratio": (
            "norm of the last step's change of the weights, as a share of their norm before",
            "at the start, and where their norm was 0",
        ),
        "difference": (
            "largest difference between two hidden units in one of their weights or in their "
            "bias; 0 if all units are equal",
            "of the output layer",
        ),
    },
    "correct": {
        "run_id": ("the run, as in `runs`", ""),
        "moment": (OPTIMIZED, ""),
        "n_examples": ("number of test examples", ""),
        "bits": (
            "a bit for each test example, in the task's order, packed as by `numpy.packbits`",
            "",
        ),
    },
}
"""The description of each column that is not a config's field, and when the column is null."""
_FIRST_SENTENCE = re.compile(r"(.+?(?<!et al)[.;:])(\s|$)", re.DOTALL)


def dictionary() -> str:
    """Return the page ``docs/records.md``, with a table of columns for each table, in Markdown."""
    lines = [TITLE]
    for table in KEYS:
        keys = ", ".join(f"`{name}`" for name in KEYS[table])
        lines += [f"## {table}", "", f"{ABOUT[table]} Key: {keys}.", ""]
        lines += ["| column | type | what it holds | null |", "| --- | --- | --- | --- |"]
        for field in schema_of(table):
            what, null = described(table, field.name)
            cells = (f"`{field.name}`", _type(field.type), what, null or "never")
            lines.append(f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |")
        lines.append("")
    return "\n".join(lines)


def described(table: str, column: str) -> tuple[str, str]:
    """Return the description of a column, and when it is null (empty if it never is).

    Raises:
        KeyError: If the column is unknown.
    """
    own = DESCRIBED[table]
    if column in own:
        return own[column]
    declared = config_leaves()[column]
    return _what(column, declared), _when_null(column, declared)


def _what(column: str, declared: Sequence[Leaf]) -> str:
    text = next(filter(None, (_comment(part, column) for part in _parts(column))), "")
    found = _FIRST_SENTENCE.match(text + " ")
    sentence = " ".join((found[1] if found else text).split()).rstrip(".;:")
    metadata = declared[0].metadata
    limits = ""
    if "range" in metadata and not math.isinf(metadata["range"].low):
        limits = f"must {metadata['range']}"
    elif "options" in metadata:
        limits = ", ".join(metadata["options"])
    said = "; ".join(filter(None, (sentence.replace("``", "`"), limits)))
    return (
        said
        or f"the {column.rpartition('.')[2].replace('_', ' ')} of the {column.partition('.')[0]}"
    )


def _when_null(column: str, declared: Sequence[Leaf]) -> str:
    options = [leaf.options for leaf in declared]
    if all(options):
        names = sorted({name for each in options for name in each or ()})
        of_all = GROUPS.get(column.partition(".")[0], {})
        if len(names) < len(of_all):
            return f"unless `{column.partition('.')[0]}.name` is {' or '.join(names)}"
    if column == "sources":
        return "if there is none"
    return "where the config says null" if _may_be_null(column) else ""


def _may_be_null(column: str) -> bool:
    group, _, name = column.partition(".")
    hints = [type_hints(part).get(name) for part in _parts(column)] if name else []
    return any(type(None) in getattr(hint, "__args__", ()) for hint in hints) or not group


def _parts(column: str) -> Iterator[type]:
    """Yield the config classes that declare the field of a column."""
    group, _, name = column.partition(".")
    if not name:
        yield RunConfig
        return
    hint = type_hints(RunConfig)[group]
    classes = dict.fromkeys(GROUPS.get(group, {"": hint}).values())
    yield from (part for part in classes if name in type_hints(part))


def _comment(part: type, column: str) -> str:
    """Return the docstring of a column's field, from the config class or a base class of it."""
    name = column.rpartition(".")[2]
    return next(filter(None, (_comments(each).get(name, "") for each in part.__mro__)), "")


@functools.cache
def _comments(part: type) -> dict[str, str]:
    """Read the docstring of each field that a class declares, by name, from the class's source."""
    if part is object:
        return {}
    (declared,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
    assert isinstance(declared, ast.ClassDef)  # noqa: S101 - the source of a class
    found = {}
    for field, text in zip(declared.body, declared.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[field.target.id] = str(text.value.value)
    return found


def _type(kind: pa.DataType) -> str:
    names = {
        "double": "float",
        "int64": "int",
        "bool": "bool",
        "string": "text",
        "binary": "bytes",
    }
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    return names.get(str(kind), str(kind))


if __name__ == "__main__":
    sys.stdout.write(dictionary())
