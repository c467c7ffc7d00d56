"""Encodes events and node information as a conformant node does.

Pure. For fake nodes in tests, the simulator and load tests; uses the same declarations as
the decoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.errors import EncodeError
from tart.protocol.events import BY_VARIANT
from tart.protocol.framing import frame
from tart.protocol.node_information import NodeInformation, encode_node_information
from tart.protocol.types import TIMESTAMP


def encode_event(
    variant: str, timestamp: int, fields: Mapping[str, Any], *, version: int = 1
) -> bytes:
    """Return the frame of an event.

    Args:
        variant: The event's name, such as ``BestBlockChanged``.
        timestamp: Microseconds of the JAM Common Era.
        fields: Its fields by name, with values as in ``wire``.
        version: Protocol version of the connection.

    Raises:
        EncodeError: The event does not exist, or a type cannot represent a value.
    """
    try:
        event = BY_VARIANT[variant]
    except KeyError:
        raise EncodeError("", f"an event of JIP-3, not {variant!r}") from None
    out = bytearray()
    TIMESTAMP.write(timestamp, out)
    out.append(event.number)
    event.layout(version).write(fields, out)
    return frame(bytes(out))


def encode_first_message(node: NodeInformation) -> bytes:
    """Return the frame with the node information that opens a connection."""
    return frame(encode_node_information(node))
