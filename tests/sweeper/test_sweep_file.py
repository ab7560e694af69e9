"""Messages about mistakes in a sweep's YAML name the line."""

from pathlib import Path

import pytest

from ffnn_lab.config import ConfigError
from ffnn_lab.sweeper.sweep_file import read_sweep

HEAD = "# @package _global_\n"
SPACE = "hydra:\n  sweeper:\n    space: {optimizer.lr: '0.1,0.2'}\n"
ARMS = "hydra:\n  sweeper:\n    arms:\n      "


@pytest.mark.parametrize(
    "text",
    [
        HEAD + SPACE,
        SPACE,
        "\ufeff" + HEAD + SPACE,
        (HEAD + SPACE).replace("\n", "\r\n"),
        HEAD + "defaults:\n  - other\n  - override /tracking: 'off'\n  - _self_\n" + SPACE,
        HEAD + ARMS + "a: &a {optimizer: sgd}\n      b: {<<: *a, optimizer.lr: 0.1}\n",
    ],
)
def test_what_is_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(text.encode())
    assert "sweeper" in read_sweep(tmp_path / "mine.yaml").hydra


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (HEAD, "is empty"),
        ("# @package foo\n" + SPACE, "line 1: the package of a sweep is _global_"),
        (HEAD + "hydra:\n\tmode: MULTIRUN\n", "line 3, column 1:.*spaces, and this is a tab"),
        (
            HEAD + SPACE + "hydra: {}\n",
            "line 5, column 1: hydra is written twice, first in line 2",
        ),
        (HEAD + ARMS + "a: {optimizer.lr: 1, optimizer.lr: 2}\n", "line 5.*lr is written twice"),
        (
            HEAD + ARMS + "1: {optimizer: sgd}\n",
            'line 5, column 7: YAML reads 1 as int.*write "1"',
        ),
        (HEAD + ARMS + "yes: {optimizer: sgd}\n", 'reads yes as bool, not as text; write "yes"'),
        (HEAD + ARMS + "null: {optimizer: sgd}\n", "reads null as null, not as text"),
        (HEAD + ARMS + "a: {tracking: off}\n", "arms.a.tracking: YAML reads off as bool"),
        (HEAD + ARMS + "a: [optimizer=sgd]\n", "line 5, column 10: hydra.sweeper.arms.a must map"),
        (HEAD + ARMS + "- {optimizer: sgd}\n", "arms must map names to values, got a list"),
        (HEAD + "hydra:\n  sweeper:\n    space:\n", "space must map names to values, got nothing"),
        (HEAD + "defaults:\n  - override /tracking: off\n" + SPACE, 'line 3.*write "off"'),
        (HEAD + "defaults:\n  - optimizer: adam\n", "is written - override /optimizer: adam"),
        (HEAD + "defaults:\n  - mine\n", "cannot name itself"),
        (HEAD + "defaults: default\n", "defaults must be a list"),
        (HEAD + SPACE + "tracking: off\n", "as - override /tracking: off"),
        (
            HEAD + SPACE + "tracking: {mode: off}\n",
            'line 5, column 18: tracking.mode.*write "off"',
        ),
        (HEAD + SPACE + "trainr: {}\n", r"line 5.*trainr: there is no such field.*mean trainer\?"),
        (HEAD + SPACE + "trainer: {max_epoch: 1}\n", r"max_epoch: there is no.*mean max_epochs\?"),
        (HEAD + "hydra: {sweeper: {spaces: {}}}\n", r"sweeper.spaces: there is no.*mean space\?"),
        (HEAD + "hydra: {sweeper: {tune: {seeds: 3}}}\n", r"tune.seeds: .*mean n_seeds\?"),
        (HEAD + "hydra: {mode: RUN}\n", "hydra.mode of a sweep must be MULTIRUN"),
        (HEAD + "hydra: {sweeper: {\n", "line 3"),
        (HEAD + "hydra: *a\n", "line 2, column 8: found undefined alias 'a'"),
        (HEAD + "hydra: !foo {}\n", "line 2, column 8.*!foo"),
        (HEAD + SPACE + "---\n" + SPACE, "line 5.*another document"),
        (HEAD + SPACE + "# \x01\n", "unacceptable character"),
        ("- a\n", "must map names to values, got a list"),
        ("method: bayes\nparameters: {lr: {min: 0, max: 1}}\n", "W&B's format"),
    ],
)
def test_slips_have_their_line(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        read_sweep(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes((HEAD + SPACE).encode() + "# größe\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="line 5: the text is not UTF-8"):
        read_sweep(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_sweep(tmp_path)
