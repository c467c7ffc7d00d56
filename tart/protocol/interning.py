"""Numbers for byte strings of one width, such as hashes: what grouping by them needs.

Pure. In C with the native kernel, else by a dictionary of Python.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tart.native.library import Kernel, kernel

# Below this number a dictionary is faster than the preparation of a call.
_FEW = 24

Int = npt.NDArray[np.int64]


class Interned(NamedTuple):
    """Byte strings as numbers.

    Attributes:
        numbers: The number of each, from 0 on in order of first appearance.
        firsts: By number, the index of the first one that has it.
    """

    numbers: Int
    firsts: Int


def intern(data: bytes, positions: Int, width: int) -> Interned:
    """Number the byte strings of a buffer by their content.

    Args:
        data: The buffer, such as ``Frames.data``.
        positions: Where each byte string begins; all lie within the buffer.
        width: Their length: a multiple of 4, at most 64.
    """
    native = kernel()
    if native is None or len(positions) < _FEW:
        return intern_plainly(data, positions, width)
    return intern_natively(native, data, positions, width)


def intern_natively(native: Kernel, data: bytes, positions: Int, width: int) -> Interned:
    """Number byte strings with the kernel."""
    count = len(positions)
    positions = np.ascontiguousarray(positions, np.int64)
    slots = 1 << (2 * count).bit_length()
    table = np.full(slots, -1, np.int32)
    numbers, firsts = np.empty((2, count), np.int64)
    known = native.call(
        "tart_intern",
        data,
        len(data),
        positions.ctypes.data,
        count,
        width,
        native.secrets,
        table.ctypes.data,
        slots,
        numbers.ctypes.data,
        firsts.ctypes.data,
    )
    return Interned(numbers, firsts[:known])


def intern_plainly(data: bytes, positions: Int, width: int) -> Interned:
    """Number byte strings in Python."""
    known: dict[bytes, int] = {}
    firsts: list[int] = []
    numbers = np.empty(len(positions), np.int64)
    for index, position in enumerate(positions.tolist()):
        key = data[position : position + width]
        number = known.setdefault(key, len(firsts))
        if number == len(firsts):
            firsts.append(index)
        numbers[index] = number
    return Interned(numbers, np.array(firsts, np.int64))
