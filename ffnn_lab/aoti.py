"""A compiled program in this process, called by the C names of its library."""

import ctypes
import os
from pathlib import Path

import torch
from torch import Tensor


class Program:
    """A compiled program, by the C names of its library (torch's ``aoti_runtime/interface.h``).

    torch's own binding keeps Python's lock for as long as a call takes (pytorch's issue 197516).
    Here other threads go on meanwhile, and may run the same program.
    """

    def __init__(self, contents: bytes, path: Path) -> None:
        """Load a library.

        Args:
            contents: The library.
            path: The file that they were read from.

        Raises:
            AttributeError: If it is a library of something else.
            OSError: If it is no library of this kind of machine.
            RuntimeError: If it says that it cannot be run here.
        """
        self._library = _library_of(contents, path)
        self._library.torch_exception_get_what_without_backtrace.restype = ctypes.c_char_p
        self._container = ctypes.c_void_p()
        # More threads than models would wait for one another, and for ever where all fail.
        n_at_once = ctypes.c_size_t(max(os.cpu_count() or 1, torch.get_num_threads()))
        create = self._library.AOTInductorModelContainerCreateWithDevice
        self._check(create(ctypes.byref(self._container), n_at_once, b"cpu", None))
        self._run = self._library.AOTInductorModelContainerRun
        address, length = ctypes.c_void_p, ctypes.c_size_t
        self._run.argtypes = [address, address, length, address, length, address, address]
        self._n_inputs = self._count("Inputs")
        self._inputs, self._outputs = address * self._n_inputs, address * self._count("Outputs")

    def __call__(self, inputs: list[Tensor]) -> list[Tensor]:
        """Compute its outputs, of contiguous inputs in their order.

        Raises:
            RuntimeError: If it fails; the message is torch's.
            TypeError: If there are not as many inputs as it takes.
        """
        if len(inputs) != self._n_inputs:
            msg = f"the program takes {self._n_inputs} tensors, got {len(inputs)}"
            raise TypeError(msg)
        # A capsule holds a reference of its own, which the program takes over.
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
            if "API call failed" in message:  # a call of torch, which alone knows why
                why = self._library.torch_exception_get_what_without_backtrace() or b""
                message = f"{why.decode(errors='replace')}; {message}"
            raise RuntimeError(message)


_aoti = torch._C._aoti  # noqa: SLF001 - the public loader's own, which keeps the lock
# Prototypes of our own: those of `ctypes.pythonapi` are whoever's set them last, JAX's for one.
_address = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)


def _library_of(contents: bytes, path: Path) -> ctypes.CDLL:
    """Load a library from memory, so that what was checked is what runs.

    Where a system has no such files, it is loaded from its own, which only this user can write.
    """
    try:
        descriptor = os.memfd_create(path.name)
    except (AttributeError, OSError):
        return ctypes.CDLL(str(path.absolute()))  # a bare name is looked for elsewhere
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(contents)
        # The descriptor stays open: the C library takes an equal name for the same library.
        return ctypes.CDLL(f"/proc/self/fd/{descriptor}")
    except BaseException:
        os.close(descriptor)
        raise
