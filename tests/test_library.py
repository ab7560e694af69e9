"""Compiled programs on disk: loaded, run by several threads at once, and refused in words."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from ffnn_lab import library
from ffnn_lab.config.optimizer import SGDConfig
from ffnn_lab.library import ProgramError, Spec, find_compiler, get_program, programs_folder
from ffnn_lab.optimizers import METHODS
from ffnn_lab.programs import update_program
from tests.builders import needs_compiler

SGD = METHODS[SGDConfig]


# --- a program ----------------------------------------------------------------------------------


def _sgd(n_numbers: int) -> list[torch.Tensor]:
    """Give inputs of the update of two members: each weight loses a tenth of its gradient of 1."""
    params = torch.ones(2, n_numbers)
    return [params, torch.ones_like(params), torch.full((2,), 0.1), torch.zeros(2), torch.zeros(2)]


@needs_compiler
@pytest.mark.slow  # compiles
def test_other_threads_go_on_while_a_program_runs() -> None:
    """Amid one call, another thread looks at the clock."""
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
    """An operation that inductor leaves to torch, and torch's C interface does not have."""

    def forward(self, matrices: torch.Tensor) -> tuple[torch.Tensor]:
        return (torch.linalg.qr(matrices)[0],)


@needs_compiler
@pytest.mark.slow  # compiles
def test_an_operation_without_a_c_name_is_refused_when_it_is_compiled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Called, it would end the process."""
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))
    spec = Spec("evaluation", "float32", {"layout": {"sizes": (8,)}})
    with pytest.raises(ProgramError, match="an operation has no C name"):
        get_program(spec, lambda: (_Orthogonal(), [torch.rand(4, 8, 8)], [{0: "M"}]))
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


NO_MEMORY = """
import resource
import torch
from ffnn_lab.models import Layout
from ffnn_lab.programs import sums_program
from ffnn_lab.sweeper.worker import is_out_of_memory

torch.set_num_threads(1)
layout = Layout((64, 64, 10), "relu")
program = sums_program(layout, "cross_entropy", "class", torch.zeros(1), torch.int64)

def inputs(n_examples):
    flat = torch.zeros(64, layout.n_stored)
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
@pytest.mark.slow  # compiles
@pytest.mark.skipif(sys.platform != "linux", reason="a process reads its size in /proc")
def test_a_program_without_memory_says_so_and_may_be_called_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_MEMORY], capture_output=True, text=True, check=True
    )
    assert done.stdout == "RuntimeError True\n2\n"


@pytest.mark.parametrize("contents", [b"", b"no library", b"\x7fELF"])
def test_what_is_no_library_is_named(
    contents: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))

    def write(*_: object) -> None:
        raise AssertionError  # it is there, so nothing is compiled

    monkeypatch.setattr(library, "_build", write)
    monkeypatch.setattr(library, "_key", lambda _: "key")
    (tmp_path / "update-key.so").write_bytes(contents)
    with pytest.raises(ProgramError, match=r"update-key.so cannot be loaded .* delete it"):
        update_program(SGD, torch.zeros(1))


def test_a_library_of_something_else_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(library, "_key", lambda _: "key")
    other = next(Path(torch.__file__).parent.glob("lib/libshm.*"))
    (tmp_path / "update-key.so").write_bytes(other.read_bytes())
    with pytest.raises(ProgramError, match=r"update-key.so cannot be loaded .* delete it"):
        update_program(SGD, torch.zeros(1))


# --- without a compiler -------------------------------------------------------------------------


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXX", "a-compiler-that-nobody-has")
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path))
    assert find_compiler() is None
    with pytest.raises(ProgramError, match=r"needs a C\+\+ compiler .* and none is there"):
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
    assert programs_folder() == Path("/else/ffnn_lab")
