"""JSON of values that contain bytes, in the two encodings that the API offers.

Pure. Values hold bytes until they leave the process. JSON has them as hex text or, for
compatibility with jamtart, as lists of integers.
"""

from __future__ import annotations

from typing import Any

from tart import json_encoding

BYTE_ENCODINGS = ("hex", "array")


def dumps(value: Any, byte_encoding: str) -> bytes:
    """Return a value as JSON for clients of the API; see ``json_encoding.dumps``."""
    return json_encoding.dumps(value, _default(byte_encoding))


def pack(value: Any, byte_encoding: str) -> bytes:
    """Return a value as JSON for another process of tart; see ``json_encoding.pack``."""
    return json_encoding.pack(value, _default(byte_encoding))


def replace_bytes(value: Any, byte_encoding: str) -> Any:
    """Return a value with its bytes replaced, for any JSON encoder."""
    return json_encoding.unpack(pack(value, byte_encoding))


def _default(byte_encoding: str) -> json_encoding.Default:
    return _array if byte_encoding == "array" else _hex


def _hex(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise TypeError


def _array(value: Any) -> list[int]:
    if isinstance(value, bytes):
        return list(value)
    raise TypeError
