"""Check a sweep's YAML before Hydra composes it; each error names the line at fault."""

import dataclasses
import difflib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml
from omegaconf import DictConfig, ListConfig, OmegaConf

from ffnn_lab.config import GROUPS, ConfigError, RunConfig, SweeperConfig
from ffnn_lab.config.fields import type_hints

_PACKAGE = re.compile(r"^#\s*@package\s+(\S+)")
_OVERRIDE = re.compile(r"override /\S+")
_TEXT = "tag:yaml.org,2002:str"
_OF_WANDB = {"program", "method", "metric", "parameters", "command", "early_terminate"}
"""Keys of a sweep in W&B's own format."""


def read_sweep(path: Path) -> DictConfig | ListConfig:
    """Read the YAML of a sweep.

    Raises:
        ConfigError: If the file is not YAML, or not a sweep: a key is written twice, unknown, or
            not text to YAML, or a value is no mapping where a mapping is needed. The message has
            the file, the line and what to write there.
    """
    text = _text(path)
    package = _PACKAGE.match(text)
    if package is not None and package[1] != "_global_":
        msg = f"{path}, line 1: the package of a sweep is _global_; write # @package _global_"
        raise ConfigError(msg)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            msg = f"{path} is empty: a sweep has hydra: {{sweeper: {{arms: ..., space: ...}}}}"
            raise ConfigError(msg)
        SweepFile(path).check(root)
        return OmegaConf.load(io.StringIO(text))
    except yaml.YAMLError as error:
        raise ConfigError(_words(path, error)) from None
    except RecursionError:
        msg = f"{path}: the YAML is nested too deeply, or contains itself"
        raise ConfigError(msg) from None


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # editors put a mark before the text
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = f"{path}, line {line}: the text is not UTF-8; save the file as UTF-8"
        raise ConfigError(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise ConfigError(msg) from None


def _words(path: Path, error: yaml.YAMLError) -> str:
    """Return an error of the YAML parser as one line, with the place of the error."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"{path}: {' '.join(str(error).split())}"
    mark = error.problem_mark
    hint = ""
    if "'\\t'" in str(error.problem):
        hint = "; YAML is indented by spaces, and this is a tab"
    elif error.problem == "mapping values are not allowed here":
        hint = "; is the indentation right, and text with a colon in quotes?"
    return f"{path}, line {mark.line + 1}, column {mark.column + 1}: {error.problem}{hint}"


class SweepFile:
    """Checks the contents of one file; each error has the line and column of the node at fault."""

    def __init__(self, path: Path) -> None:
        """Keep the file's path, which messages name."""
        self._path = path

    def check(self, root: yaml.Node) -> None:
        """Check a whole file.

        Args:
            root: The root node of the YAML.

        Raises:
            ConfigError: If the file is no sweep, as in `read_sweep`.
        """
        self._check_keys(root, set())
        top = dict(self._entries(root, "a sweep's YAML"))
        if "parameters" in top and len(_OF_WANDB & set(top)) > 1:
            self._refuse(
                root,
                "this is a sweep in W&B's format; sweeps/README.md says how to write one here",
            )
        hints = type_hints(RunConfig)
        self._check_names(root, (*hints, "defaults", "hydra"), "")
        if "defaults" in top:
            self._check_defaults(top["defaults"])
        for name, node in top.items():
            if name in GROUPS:
                self._check_group(name, node)
            elif dataclasses.is_dataclass(hints.get(name)):
                self._entries(node, name)
                self._check_names(node, type_hints(hints[name]), f"{name}.")
        if "hydra" in top:
            self._check_hydra(top["hydra"])

    def _refuse(self, node: yaml.Node, message: str) -> NoReturn:
        mark = node.start_mark
        msg = f"{self._path}, line {mark.line + 1}, column {mark.column + 1}: {message}"
        raise ConfigError(msg)

    def _check_keys(self, node: yaml.Node, seen: set[int]) -> None:
        """Check that the keys of a node, and of all nodes below it, are text and are written once.

        Args:
            node: The node.
            seen: The Python ids of the nodes that were checked before; ``node`` is added.
        """
        if id(node) in seen:
            return
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for each in node.value:
                self._check_keys(each, seen)
        if not isinstance(node, yaml.MappingNode):
            return
        lines: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                self._check_keys(value, seen)
                continue
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, "a key must be text")
            if key.tag != _TEXT:
                kind = key.tag.rpartition(":")[2]
                self._refuse(
                    key, f'YAML reads {key.value} as {kind}, not as text; write "{key.value}"'
                )
            if key.value in lines:
                self._refuse(
                    key, f"{key.value} is written twice, first in line {lines[key.value]}"
                )
            lines[key.value] = key.start_mark.line + 1
            self._check_keys(value, seen)

    def _entries(self, node: yaml.Node, where: str) -> Iterator[tuple[str, yaml.Node]]:
        """Return an iterator over the keys and nodes of a mapping, without merge keys (``<<``).

        Args:
            node: The node, which must be a mapping.
            where: Name of the node, for the message.

        Raises:
            ConfigError: If the node is not a mapping.
        """
        if not isinstance(node, yaml.MappingNode):
            what = "a list" if isinstance(node, yaml.SequenceNode) else node.value or "nothing"
            self._refuse(node, f"{where} must map names to values, got {what}")
        return ((key.value, value) for key, value in node.value if key.value != "<<")

    def _check_names(self, node: yaml.Node, names: Iterable[str], where: str) -> None:
        """Check that each key of a mapping is one of ``names``.

        Args:
            node: The node; nothing is checked if it is not a mapping.
            names: The keys that may be written.
            where: Prefix of the keys with a final dot, for the message; empty at the root.
        """
        if not isinstance(node, yaml.MappingNode):
            return
        options = list(names)
        for key, _ in node.value:
            if key.value not in (*options, "<<"):
                likely = difflib.get_close_matches(key.value, options, n=1)
                hint = f" (did you mean {likely[0]}?)" if likely else ""
                has = f"{where.rstrip('.') or 'a sweep'} has {', '.join(options)}{hint}"
                self._refuse(key, f"{where}{key.value}: there is no such field; {has}")

    def _check_defaults(self, node: yaml.Node) -> None:
        if not isinstance(node, yaml.SequenceNode):
            self._refuse(node, "defaults must be a list, as - override /optimizer: adam")
        for each in node.value:
            if not isinstance(each, yaml.MappingNode):
                self._check_option(each, "the name of a sweep")
                if each.value == self._path.stem:
                    self._refuse(each, "a sweep cannot name itself in its defaults list")
                continue
            for key, value in each.value:
                if not _OVERRIDE.fullmatch(key.value):
                    group = key.value.removeprefix("override").strip().lstrip("/")
                    self._refuse(
                        key,
                        "an option in the defaults list is written "
                        f"- override /{group}: {getattr(value, 'value', 'NAME')}",
                    )
                self._check_option(value, f"an option of {key.value.partition('/')[2]}")

    def _check_group(self, name: str, node: yaml.Node) -> None:
        """Check the fields of a config group, such as ``optimizer``, that a sweep sets."""
        if isinstance(node, yaml.ScalarNode) and node.value:
            self._refuse(
                node,
                f"{name} must map names to values, got {node.value}; an option is chosen in the "
                f"defaults list, as - override /{name}: {node.value}",
            )
        hints = {k: hint for part in GROUPS[name].values() for k, hint in type_hints(part).items()}
        self._check_names(node, hints, f"{name}.")
        for field, value in self._entries(node, name):
            if hints.get(field) is str:
                self._check_option(value, f"{name}.{field}")

    def _check_option(self, node: yaml.Node, what: str) -> None:
        """Check that YAML does not read a name as something else than text, as it reads ``off``.

        Args:
            node: The node with the name.
            what: Description of the name, for the message.
        """
        if isinstance(node, yaml.ScalarNode) and node.tag not in (_TEXT, "tag:yaml.org,2002:null"):
            kind = node.tag.rpartition(":")[2]
            reads = f"YAML reads {node.value} as {kind}, not as text"
            self._refuse(node, f'{what}: {reads}; write "{node.value}"')

    def _check_hydra(self, node: yaml.Node) -> None:
        for name, below in self._entries(node, "hydra"):
            if name == "mode" and below.value != "MULTIRUN":
                self._refuse(below, "hydra.mode of a sweep must be MULTIRUN; it may be left out")
            if name == "sweeper":
                self._check_part(below, SweeperConfig, "hydra.sweeper.")
                for key, value in self._entries(below, "hydra.sweeper"):
                    if key == "arms":
                        for arm, written in self._entries(value, "hydra.sweeper.arms"):
                            self._check_values(written, f"hydra.sweeper.arms.{arm}")
                    if key in ("space", "across"):
                        self._check_values(value, f"hydra.sweeper.{key}")

    def _check_part(self, node: yaml.Node, part: Any, where: str) -> None:  # noqa: ANN401 - a dataclass
        """Check that a config class has all fields that a node, and the nodes below it, set.

        Args:
            node: The node, which must be a mapping.
            part: The config class, a dataclass.
            where: Prefix of the fields with a final dot, for the message.
        """
        hints: Mapping[str, Any] = type_hints(part)
        entries = self._entries(node, where.rstrip("."))
        self._check_names(node, [*hints, "_target_"], where)
        for name, below in entries:
            if dataclasses.is_dataclass(hints.get(name)):
                self._check_part(below, hints[name], f"{where}{name}.")

    def _check_values(self, node: yaml.Node, where: str) -> None:
        """Check that options of config groups are named by text, in an arm, a space or conditions.

        Args:
            node: The node, which must be a mapping.
            where: Dotted name of the node, for the message.
        """
        for key, value in self._entries(node, where):
            if key in GROUPS:
                is_list = isinstance(value, yaml.SequenceNode)
                for node_of_name in value.value if is_list else [value]:
                    self._check_option(node_of_name, f"{where}.{key}")
