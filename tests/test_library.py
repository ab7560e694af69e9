"""Compiled programs on disk are loaded, run by several threads, and refused with a message."""

import contextlib
import errno
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from ffnn_lab import library
from ffnn_lab.library import ProgramError, Spec, find_compiler, get_program, programs_folder
from ffnn_lab.optimizers import OPTIMIZERS
from ffnn_lab.programs import update_program
from ffnn_lab.vault import FolderError, Vault, opened
from tests.support.builders import needs_compiler

SGD = OPTIMIZERS["sgd"]
PROGRAM = "update-key.so"
DIGEST = f"{PROGRAM}.sha256"


# --- a program ----------------------------------------------------------------------------------


def _sgd(n_numbers: int) -> list[torch.Tensor]:
    """Return inputs of the update of two members: gradients are 1, the learning rate is 0.1."""
    params = torch.ones(2, n_numbers)
    return [params, torch.ones_like(params), torch.full((2,), 0.1), torch.zeros(2), torch.zeros(2)]


@needs_compiler
@pytest.mark.slow  # compiles
def test_other_threads_go_on_while_a_program_runs() -> None:
    """During one call of the program, another thread reads the clock."""
    program = update_program(SGD, torch.zeros(1))
    inputs = _sgd(20_000_000)
    program(inputs)
    began: list[float] = []

    def call() -> None:
        began.append(time.perf_counter())
        program(inputs)
        began.append(time.perf_counter())

    thread = threading.Thread(target=call)
    looks: list[float] = []
    thread.start()
    while thread.is_alive():
        looks.append(time.perf_counter())
        time.sleep(0)
    start, stop = began
    margin = (stop - start) / 4  # Python may be slow to hand its lock over at either end
    assert any(start + margin < look < stop - margin for look in looks)
    assert torch.allclose(inputs[0], torch.full((), 0.8))


@needs_compiler
@pytest.mark.slow  # compiles
def test_several_threads_may_run_one_program() -> None:
    program = update_program(SGD, torch.zeros(1))
    given = [_sgd(1000 * (1 + n)) for n in range(8)]

    def call(inputs: list[torch.Tensor]) -> None:
        for _ in range(5):
            program(inputs)

    threads = [threading.Thread(target=call, args=(inputs,)) for inputs in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for inputs in given:
        assert torch.allclose(inputs[0], torch.full((), 0.5))


@needs_compiler
@pytest.mark.slow  # compiles
def test_a_program_refuses_another_number_of_tensors() -> None:
    program = update_program(SGD, torch.zeros(1))
    with pytest.raises(TypeError, match="takes 5 tensors, got 4"):
        program(_sgd(32)[:-1])


class _Orthogonal(nn.Module):
    """A module with an operation that inductor leaves to torch, but torch's C interface lacks."""

    def forward(self, matrices: torch.Tensor) -> tuple[torch.Tensor]:
        return (torch.linalg.qr(matrices)[0],)


@needs_compiler
@pytest.mark.slow  # compiles
@pytest.mark.exhaustive
def test_an_operation_without_a_c_name_is_refused_when_it_is_compiled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A call of such a program would end the process."""
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))
    spec = Spec("evaluation", "float32", {"network": {"sizes": (8,)}})
    with pytest.raises(ProgramError, match="an operation has no C name"):
        get_program(spec, lambda: (_Orthogonal(), [torch.rand(4, 8, 8)], [{0: "M"}]))
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


NO_MEMORY = """
import resource
import torch
from ffnn_lab.networks import MLP
from ffnn_lab.programs import sums_program
from ffnn_lab.sweeper.worker import is_out_of_memory

torch.set_num_threads(1)
network = MLP((64, 64, 10), "relu")
program = sums_program(network, "cross_entropy", "class", torch.zeros(1), torch.int64)

def inputs(n_examples):
    flat = torch.zeros(64, network.n_stored)
    return [flat, torch.zeros(n_examples, 64), torch.zeros(n_examples, dtype=torch.int64)]

few, many = inputs(8), inputs(8192)
program(few)
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
unlimited = resource.RLIM_INFINITY
resource.setrlimit(resource.RLIMIT_AS, (held + 2**24, unlimited))
try:
    program(many)
except Exception as error:
    print(type(error).__name__, is_out_of_memory(error))
resource.setrlimit(resource.RLIMIT_AS, (unlimited, unlimited))
print(len(program(many)))
"""


@needs_compiler
@pytest.mark.exhaustive  # compiles
@pytest.mark.skipif(sys.platform != "linux", reason="a process reads its size in /proc")
def test_a_program_without_memory_says_so_and_may_be_called_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_MEMORY], capture_output=True, text=True, check=True
    )
    assert done.stdout == "RuntimeError True\n2\n"


def _store(folder: Path, contents: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Store bytes and their digest in ``folder``, as the only program that the lab looks for."""
    monkeypatch.setenv("FFNN_LAB_CACHE", str(folder))
    monkeypatch.setattr(library, "_key", lambda _: "key")
    monkeypatch.setattr(library, "_LOADED", {})
    with opened(folder) as vault:
        vault.write(PROGRAM, contents)


def _build_as(contents: bytes, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Let the compiler make ``contents``, and return a list that gets the paths asked for."""
    asked: list[Path] = []

    def build(_module: object, _tensors: object, _axes: object, path: Path, _: object) -> None:
        asked.append(path)
        path.write_bytes(contents)

    monkeypatch.setattr(library, "find_compiler", lambda: "there")
    monkeypatch.setattr(library, "_build", build)
    return asked


@pytest.mark.parametrize("contents", [b"no library", b"\x7fELF"])
def test_what_is_no_library_is_named(
    contents: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _store(tmp_path, contents, monkeypatch)
    asked = _build_as(b"", monkeypatch)
    with pytest.raises(ProgramError, match=r"update-key.so cannot be loaded .* delete it"):
        update_program(SGD, torch.zeros(1))
    assert asked == []  # the file is there, so nothing is compiled


def test_a_library_of_something_else_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = next(Path(torch.__file__).parent.glob("lib/libshm.*"))
    _store(tmp_path, other.read_bytes(), monkeypatch)
    with pytest.raises(ProgramError, match=r"update-key.so cannot be loaded .* delete it"):
        update_program(SGD, torch.zeros(1))


class _Kept:
    """A stand-in for a loaded program, with the bytes that would run."""

    def __init__(self, contents: bytes, _path: Path) -> None:
        self.contents = contents


def _damage_with_a_flip(file: Path) -> None:
    contents = bytearray(file.read_bytes())
    contents[3] ^= 16
    file.write_bytes(contents)


def _let_others_write(file: Path) -> None:
    file.chmod(0o620)


def _be_a_link(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")


def _lose_its_end(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _lose_its_digest(file: Path) -> None:
    file.with_name(DIGEST).unlink()


def _have_anothers_digest(file: Path) -> None:
    digest = file.with_name(DIGEST)
    digest.write_text(digest.read_text().replace("update", "gradients"))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_damage_with_a_flip, "its contents do not match the sha256 in"),
        (_lose_its_end, "its contents do not match the sha256 in"),
        (_have_anothers_digest, "its contents do not match the sha256 in"),
        (_lose_its_digest, "it has no update-key.so.sha256 beside it"),
        (_let_others_write, "can be written by other users (mode 0620)"),
        (_be_a_link, "update-key.so cannot be opened"),
    ],
)
def test_a_program_that_is_not_to_be_trusted_is_compiled_again(
    harm: Callable[[Path], None],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a compiler the program is refused, and the message says which file to delete."""
    _store(tmp_path, b"as compiled", monkeypatch)
    monkeypatch.setattr(library, "Program", _Kept)
    harm(tmp_path / PROGRAM)
    with monkeypatch.context() as without:
        without.setattr(library, "find_compiler", lambda: None)
        with pytest.raises(ProgramError, match=r"No C\+\+ compiler .* or delete .*update-key.so"):
            update_program(SGD, torch.zeros(1))
    asked = _build_as(b"as compiled anew", monkeypatch)
    program: Any = update_program(SGD, torch.zeros(1))
    assert program.contents == b"as compiled anew"
    assert len(asked) == 1
    (line,) = [text for text in caplog.messages if "is compiled again" in text]
    assert said in line
    monkeypatch.setattr(library, "_LOADED", {})
    assert update_program(SGD, torch.zeros(1)) is not program
    assert len(asked) == 1  # the new program is loaded, not compiled again


def test_a_program_that_another_process_compiled_meanwhile_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(library, "_LOADED", {})
    monkeypatch.setattr(library, "_key", lambda _: "key")
    monkeypatch.setattr(library, "Program", _Kept)
    asked = _build_as(b"mine", monkeypatch)
    waits = Vault.locked

    @contextlib.contextmanager
    def wait(vault: Vault, name: str) -> Iterator[None]:
        with waits(vault, name):
            vault.write(PROGRAM, b"theirs")
            yield

    monkeypatch.setattr(Vault, "locked", wait)
    program: Any = update_program(SGD, torch.zeros(1))
    assert (program.contents, asked) == (b"theirs", [])


def test_a_folder_that_others_can_write_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _store(tmp_path, b"as compiled", monkeypatch)
    tmp_path.chmod(0o770)
    with pytest.raises(FolderError, match=r"can be written by other users \(mode 0770\)"):
        update_program(SGD, torch.zeros(1))


def test_a_disk_that_is_full_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))
    _build_as(b"it", monkeypatch)

    def full(_vault: Vault, name: str, _contents: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    monkeypatch.setattr(Vault, "write", full)
    with pytest.raises(ProgramError, match=r"cannot be stored \(No space left .*: free space"):
        update_program(SGD, torch.zeros(1))


def test_inductor_is_kept_from_the_cache_that_all_users_share(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(library, "_LOADED", {})
    monkeypatch.setattr(library, "Program", _Kept)
    monkeypatch.setattr(library, "find_compiler", lambda: "there")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/shared")
    seen: list[Path] = []

    def build(_module: object, _tensors: object, _axes: object, path: Path, _: object) -> None:
        seen.append(Path(os.environ["TORCHINDUCTOR_CACHE_DIR"]))
        path.write_bytes(b"it")

    monkeypatch.setattr(library, "_build", build)
    update_program(SGD, torch.zeros(1))
    (folder,) = seen
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == "/shared"


@needs_compiler
@pytest.mark.slow  # compiles
def test_no_flipped_bit_of_a_program_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A flip in headers, code or data is found before anything is loaded."""
    # Other tests of the process may have loaded other programs before.
    monkeypatch.setattr(library, "_LOADED", {})
    update_program(SGD, torch.zeros(1))  # in the folder of all tests, compiled once
    (path,) = library._LOADED
    contents = path.read_bytes()
    monkeypatch.setattr(library, "find_compiler", lambda: None)
    rng = np.random.default_rng(0)
    for place in rng.integers(len(contents) * 8, size=20).tolist():
        flipped = bytearray(contents)
        flipped[place // 8] ^= 1 << place % 8
        _store(tmp_path, contents, monkeypatch)
        (tmp_path / PROGRAM).write_bytes(flipped)
        with pytest.raises(ProgramError, match="its contents do not match"):
            update_program(SGD, torch.zeros(1))
    _store(tmp_path, contents, monkeypatch)
    inputs = _sgd(32)
    update_program(SGD, torch.zeros(1))(inputs)
    assert torch.allclose(inputs[0], torch.full((), 0.9))


# --- without a compiler -------------------------------------------------------------------------


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXX", "a-compiler-that-nobody-has")
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))
    assert find_compiler() is None
    with pytest.raises(ProgramError, match=r"needs a C\+\+ compiler .* and none was found"):
        update_program(SGD, torch.zeros(1))
    assert list(tmp_path.iterdir()) == []


def test_a_compiler_that_fails_is_told_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(library, "find_compiler", lambda: "there")

    def broken(*_: object) -> None:
        msg = "it says\nmuch"
        raise RuntimeError(msg)

    monkeypatch.setattr(library, "_build", broken)
    with pytest.raises(ProgramError, match=r"compiling update failed \(RuntimeError: it says\)"):
        update_program(SGD, torch.zeros(1))
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


def test_programs_lie_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFNN_LAB_CACHE", "/some/where")
    assert programs_folder() == Path("/some/where")
    monkeypatch.delenv("FFNN_LAB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/else")
    assert programs_folder() == Path("/else/ffnn_lab/programs")


def test_a_home_in_the_environment_is_no_folder_of_that_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FFNN_LAB_CACHE", "~/programs")
    assert programs_folder() == Path.home() / "programs"
