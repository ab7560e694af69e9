"""A compiled program loaded into this process, called through its library's C interface."""

import ctypes
import os
from pathlib import Path

import torch
from torch import Tensor


class Program:
    """A compiled program, called by torch's C interface (``aoti_runtime/interface.h``).

    torch's own binding keeps the global interpreter lock during a call (pytorch's issue 197516).
    A call through ``ctypes`` releases it: other threads go on, and may run the same program.
    """

    def __init__(self, contents: bytes, path: Path) -> None:
        """Load a library.

        Args:
            contents: The bytes of the shared library.
            path: The file from which the bytes were read.

        Raises:
            AttributeError: If the library lacks the functions of a compiled program.
            OSError: If the bytes are not a shared library for this kind of machine.
            RuntimeError: If the library reports that it cannot run here.
        """
        self._library = _library_of(contents, path)
        self._library.torch_exception_get_what_without_backtrace.restype = ctypes.c_char_p
        self._container = ctypes.c_void_p()
        # One model for each thread: with fewer, threads wait for a free one, forever if all fail.
        n_at_once = ctypes.c_size_t(max(os.cpu_count() or 1, torch.get_num_threads()))
        create = self._library.AOTInductorModelContainerCreateWithDevice
        self._check(create(ctypes.byref(self._container), n_at_once, b"cpu", None))
        self._run = self._library.AOTInductorModelContainerRun
        address, length = ctypes.c_void_p, ctypes.c_size_t
        self._run.argtypes = [address, address, length, address, length, address, address]
        self._n_inputs = self._count("Inputs")
        self._inputs, self._outputs = address * self._n_inputs, address * self._count("Outputs")

    def __call__(self, inputs: list[Tensor]) -> list[Tensor]:
        """Run the program on contiguous tensors, in the order of its inputs; return its outputs.

        Raises:
            RuntimeError: If the program fails; the message is torch's.
            TypeError: If the program takes another number of inputs.
        """
        if len(inputs) != self._n_inputs:
            msg = f"the program takes {self._n_inputs} tensors, got {len(inputs)}"
            raise TypeError(msg)
        # Each capsule has its own reference to a tensor, which the program takes over.
        held = _aoti.unsafe_alloc_void_ptrs_from_tensors(inputs)
        given, made = self._inputs(*[_address(each, None) for each in held]), self._outputs()
        self._check(self._run(self._container, given, len(given), made, len(made), None, None))
        found: list[Tensor] = _aoti.alloc_tensors_by_stealing_from_void_ptrs(
            [_capsule(each, None, None) for each in made]
        )
        return found

    def _count(self, what: str) -> int:
        number = ctypes.c_size_t()
        count = getattr(self._library, f"AOTInductorModelContainerGetNum{what}")
        self._check(count(self._container, ctypes.byref(number)))
        return number.value

    def _check(self, code: int) -> None:
        if code != 0:
            said = ctypes.c_char_p()
            self._library.AOTInductorGetLastError(ctypes.byref(said))
            message = (said.value or b"no message").decode(errors="replace")
            if "API call failed" in message:  # of torch, whose own error has the reason
                why = self._library.torch_exception_get_what_without_backtrace() or b""
                message = f"{why.decode(errors='replace')}; {message}"
            raise RuntimeError(message)


_aoti = torch._C._aoti  # noqa: SLF001 - the public loader's own, which keeps the lock
# Our own function prototypes: other packages, such as JAX, set those of `ctypes.pythonapi`, too.
_address = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)


def _library_of(contents: bytes, path: Path) -> ctypes.CDLL:
    """Load a library from memory, so that the bytes that were checked are those that run.

    Where the system has no files in memory, load ``path`` itself, which only this user can write.
    """
    try:
        descriptor = os.memfd_create(path.name)
    except (AttributeError, OSError):
        return ctypes.CDLL(str(path.absolute()))  # ctypes searches the system for a bare name
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(contents)
        # The descriptor stays open: dlopen takes an equal path for a library loaded before.
        return ctypes.CDLL(f"/proc/self/fd/{descriptor}")
    except BaseException:
        os.close(descriptor)
        raise
