"""Tolerant readings of JIP-2's JSON: hashes, blobs, blocks, updates and errors.

Pure. JIP-2 has binary data as Base64 and blocks as objects. Its older texts and the
implementations differ, and all these forms are read (docs/rpc.md names who sends which):

- bytes as Base64, as hexadecimal digits with or without ``0x``, or as an array of numbers;
- a block as an object, whose hash is named ``header_hash``, ``headerHash`` or ``hash``, or as an
  array of hash and slot;
- an update whose subscription is named ``subscription`` or ``subscriptionId``, with the value
  wrapped in an object with hash and slot, or bare;
- integers beyond 2^53, also as text;
- errors without a message.

Whatever else a node sends is an ``RpcDataError``.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from tart.rpc.data_error import RpcDataError
from tart.rpc.model import BlockDescriptor

HASH_BYTES = 32
GREATEST_U64 = (1 << 64) - 1
GREATEST_U32 = (1 << 32) - 1
_HASH_NAMES = ("header_hash", "headerHash", "hash")
_HEX = re.compile(r"0[xX](?:[0-9a-fA-F]{2})*")
_PLAIN_HEX_HASH = re.compile(r"[0-9a-fA-F]{64}")
_DECIMAL = re.compile(r"[0-9]{1,20}n?")
_GREATEST_EXACT_FLOAT = 1 << 53
# Codes of JIP-2.
OTHER_ERROR, BLOCK_UNAVAILABLE, REPORT_UNAVAILABLE, SEGMENT_UNAVAILABLE = range(4)
METHOD_NOT_FOUND, INVALID_PARAMETERS = -32601, -32602
# The longest text of a node that is kept, in characters.
MAX_TEXT = 300


def parse_json(text: bytes | bytearray | memoryview | str) -> Any:
    """Return the value of a JSON text, with integers of any size exact.

    Raises:
        RpcDataError: The text is not valid JSON, or is nested too deeply.
    """
    try:
        return msgspec.json.decode(text)
    # Text with surrogates is a ValueError, and so is msgspec's error.
    except (ValueError, RecursionError) as wrong:
        raise RpcDataError("a message", f"it is not valid JSON: {_shorten(str(wrong))}") from None


# --- Numbers and bytes -----------------------------------------------------------


def read_integer(value: object, subject: str, greatest: int = GREATEST_U64) -> int:
    """Return a natural number, exactly; also from decimal text, and from a float without fraction.

    Raises:
        RpcDataError: It is no natural, or exceeds ``greatest``.
    """
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = int(value.rstrip("n"))
    elif isinstance(value, float) and value.is_integer() and abs(value) <= _GREATEST_EXACT_FLOAT:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RpcDataError(subject, f"{describe(value)} is no number")
    if not 0 <= value <= greatest:
        raise RpcDataError(subject, f"{describe(value)} is not from 0 to {greatest}")
    return value


def read_slot(value: object) -> int:
    """Return a slot; see ``read_integer``."""
    return read_integer(value, "a slot", GREATEST_U32)


def read_blob(value: object, subject: str = "a blob") -> bytes:
    """Return the bytes of Base64, of ``0x`` and hexadecimal digits, or of an array of numbers.

    Raises:
        RpcDataError: It is none of these.
    """
    if isinstance(value, str):
        return _read_text(value, subject)
    if isinstance(value, list):
        try:
            # ``bytes`` takes True for 1.
            if not any(isinstance(item, bool) for item in value):
                return bytes(value)
        except (TypeError, ValueError):
            pass
        raise RpcDataError(subject, "its array has other values than numbers from 0 to 255")
    raise RpcDataError(subject, f"{describe(value)} is no text")


def read_optional_blob(value: object, subject: str = "a blob") -> bytes | None:
    """Return the bytes, or None for null: the block is known and has no such value."""
    return None if value is None else read_blob(value, subject)


def read_hash(value: object, subject: str = "a hash") -> bytes:
    """Return 32 bytes; see ``read_blob``. 64 hexadecimal digits alone are a hash, too.

    Raises:
        RpcDataError: It is no hash.
    """
    # As Base64 these would be 48 bytes, so the two cannot be confused.
    if isinstance(value, str) and _PLAIN_HEX_HASH.fullmatch(value):
        return bytes.fromhex(value)
    digest = read_blob(value, subject)
    if len(digest) != HASH_BYTES:
        raise RpcDataError(subject, f"it has {len(digest)} bytes, not {HASH_BYTES}")
    return digest


def _read_text(text: str, subject: str) -> bytes:
    if _HEX.fullmatch(text):
        return bytes.fromhex(text[2:])
    try:
        padded = text + "=" * (-len(text) % 4)
        return b64decode(padded, validate=True)
    except (Base64Error, ValueError):
        raise RpcDataError(subject, f"{describe(text)} is neither Base64 nor hexadecimal") from None


# --- Blocks ----------------------------------------------------------------------


def read_block(value: object) -> BlockDescriptor:
    """Return the block of an object with hash and slot, or of an array of the two.

    Raises:
        RpcDataError: It is neither.
    """
    if isinstance(value, list) and len(value) == 2:
        return BlockDescriptor(read_hash(value[0], "a header hash"), read_slot(value[1]))
    if isinstance(value, dict):
        name = _hash_name(value)
        if name is not None and "slot" in value:
            return BlockDescriptor(
                read_hash(value[name], "a header hash"), read_slot(value["slot"])
            )
    raise RpcDataError("a block", f"{describe(value)} has no header hash and slot")


def read_optional_block(value: object) -> BlockDescriptor | None:
    """Return the block, or None for null, which some nodes answer for an unknown block."""
    return None if value is None else read_block(value)


def read_services(value: object) -> list[int]:
    """Return the ids of ``listServices``, ascending, without repetition.

    Raises:
        RpcDataError: It is no array of numbers.
    """
    if not isinstance(value, list):
        raise RpcDataError("a list of services", f"{describe(value)} is no array")
    return sorted({read_integer(item, "a service id", GREATEST_U32) for item in value})


def _hash_name(value: dict[str, Any]) -> str | None:
    return next((name for name in _HASH_NAMES if name in value), None)


# --- Updates ---------------------------------------------------------------------


class StateUpdate(NamedTuple):
    """A value in the state after a block.

    Attributes:
        block: The block; None if the node does not name it. Its best or finalized block at that
            moment is then a guess.
        value: The JSON value, not read yet.
    """

    block: BlockDescriptor | None
    value: Any


def read_update(value: object) -> StateUpdate:
    """Return an update of a state subscription: an object with hash, slot and value, or bare.

    Raises:
        RpcDataError: It is an object of another form.
    """
    if isinstance(value, dict):
        if "value" not in value or _hash_name(value) is None:
            raise RpcDataError("an update", f"{describe(value)} has no header hash and value")
        return StateUpdate(read_block(value), value["value"])
    return StateUpdate(None, value)


# --- Errors ----------------------------------------------------------------------


class RpcFault(NamedTuple):
    """An error that a node answered.

    Attributes:
        code: JIP-2's or JSON-RPC's; 0 if the node has none.
        message: Empty if the node has none; at most ``MAX_TEXT`` characters.
        data: As JSON has it.
    """

    code: int
    message: str
    data: Any = None

    @property
    def is_unavailable(self) -> bool:
        """True if the node lacks the block or its state, so that another may have it."""
        if self.code == BLOCK_UNAVAILABLE:
            return True
        if self.is_unsupported:
            return False
        text = self.message.lower()
        # Some nodes have one code for everything, and say in words what is missing.
        return self.code not in JSON_RPC_CODES and ("block" in text or "state" in text)

    @property
    def is_unsupported(self) -> bool:
        """True if the node does not have the method."""
        text = self.message.lower()
        return self.code == METHOD_NOT_FOUND or (
            "method" in text and ("not found" in text or "not implemented" in text)
        )


JSON_RPC_CODES = range(-32768, -31999)


def read_fault(value: object) -> RpcFault:
    """Return the error of a response or update; any JSON value is one, if not a good one."""
    match value:
        case {"code": int() as code, **rest} if not isinstance(code, bool):
            return RpcFault(code, _text(rest.get("message")), rest.get("data"))
        case {**rest}:
            return RpcFault(OTHER_ERROR, _text(rest.get("message")), rest.get("data"))
    return RpcFault(OTHER_ERROR, _text(value))


def describe(value: object) -> str:
    """Return a JSON value for the text of an error, shortened."""
    match value:
        case dict():
            names = ", ".join(name[:40] for name in islice(map(str, value), 8))
            return f"an object with {names or 'no members'}"
        case list():
            return f"an array of {len(value)}"
        case None:
            return "null"
        case str():
            return _shorten(repr(value[:MAX_TEXT]))
    return _shorten(repr(value))


def _text(value: object) -> str:
    if value is None:
        return ""
    return _shorten(value if isinstance(value, str) else describe(value))


def _shorten(text: str, limit: int = MAX_TEXT) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
