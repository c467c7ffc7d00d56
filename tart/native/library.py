"""Loads the native kernel, ``kernel.so``, once for each process.

The library has no Python ABI: ctypes calls it with addresses of NumPy arrays and without Python's
global lock. ``TART_KERNEL=python`` forces the twin, for tests and in doubt. A library that is not
made of the present source, or cannot be loaded, is refused with a line in the log.
"""

from __future__ import annotations

import ctypes
import logging
import os
from functools import cache
from pathlib import Path
from typing import Any

from tart.native.build import LIBRARY, SOURCE, source_hash

log = logging.getLogger(__name__)

VARIABLE = "TART_KERNEL"
PYTHON, NATIVE = "python", "native"
# As in kernel.c.
ABI = 1
LONGEST_KEY = 64

_ADDRESS, _INT = ctypes.c_void_p, ctypes.c_int64
# Of each function: the types of its arguments, a letter for each: address, integer.
_FUNCTIONS = {
    "tart_split": "aiiaiaaiaaaaiaa",
    "tart_compact": "aiaaiaia",
    "tart_columns": "aiaaiaai" + 14 * "a",
    "tart_intern": "aiaiiaaiaa",
    "tart_index_keys": "aiiaaai",
    "tart_number_keys": "aiaiiaaiiaia",
}


class KernelFault(Exception):
    """The kernel refused its arguments: a fault of tart."""


class Kernel:
    """The functions of a library. Each returns the function's result, never negative.

    Args:
        path: The library.

    Raises:
        OSError: It cannot be loaded.
        ValueError: It is not the library that this release needs.
    """

    def __init__(self, path: Path = LIBRARY) -> None:
        library = ctypes.CDLL(str(path))
        library.tart_kernel_abi.restype = ctypes.c_int64
        library.tart_kernel_source.restype = ctypes.c_char_p
        if (abi := library.tart_kernel_abi()) != ABI:
            raise ValueError(f"its interface is {abi}, not {ABI}")
        if SOURCE.exists() and library.tart_kernel_source().decode() != source_hash():
            raise ValueError("it is made of another source")
        for name, kinds in _FUNCTIONS.items():
            function = getattr(library, name)
            function.argtypes = [_ADDRESS if kind == "a" else _INT for kind in kinds]
            function.restype = _INT
        self._library: Any = library
        # The hash functions' keys: a node must not know which keys collide.
        words = LONGEST_KEY // 4 + 1
        self.secrets = (ctypes.c_uint64 * words).from_buffer_copy(os.urandom(8 * words))

    def call(self, name: str, *arguments: Any) -> int:
        """Call a function with addresses, bytes and integers.

        Raises:
            KernelFault: It refused them.
        """
        result: int = getattr(self._library, name)(*arguments)
        if result < 0:
            raise KernelFault(f"{name} returned {result}")
        return result


@cache
def _load() -> tuple[Kernel | None, str]:
    """Return the kernel, or ``None`` and the reason."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted == PYTHON:
        return None, f"{VARIABLE}={PYTHON}"
    if wanted not in ("", NATIVE):
        log.warning("%s=%s has no effect: only %r has one", VARIABLE, wanted, PYTHON)
    if not LIBRARY.exists():
        return None, "not compiled"
    try:
        return Kernel(LIBRARY), ""
    except (OSError, ValueError, AttributeError) as error:
        from tart import os_errors

        log.warning("%s is not used, the Python kernel runs: %s", LIBRARY, os_errors.reason(error))
        return None, os_errors.reason(error)


def kernel() -> Kernel | None:
    """Return the native kernel; ``None`` if the Python twin runs."""
    return _load()[0]


def kernel_name() -> str:
    """Return ``native`` or ``python``: which one runs in this process."""
    return NATIVE if kernel() is not None else PYTHON


def reason() -> str:
    """Return why the Python twin runs; empty if it does not."""
    return _load()[1]
