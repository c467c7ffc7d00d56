"""Dialects of JIP-3: deviations that only an implementation's name tells from conformant bytes.

Pure. Most deviations show in the bytes: their length fits no specified layout. Some do not: a
port in the other byte order is another port. They are read as their implementation means them
if node information names it.
"""

from __future__ import annotations

from enum import Enum


class Dialect(Enum):
    """The form of JIP-3 that a node speaks.

    Attributes:
        STANDARD: As specified.
        JAMIXIR: Jamixir with protocol version 0. Slots (events 11, 12, 40, 43, 62) and the epoch
            of 84 are Gray Paper naturals; ports (20, 21, 24 and node information) are
            big-endian; the list by core of Status is packed as bits while no core has two
            guarantees; event ids are counted per process, over reconnects, and only by events
            that others refer to.
    """

    STANDARD = "standard"
    JAMIXIR = "jamixir"


def dialect_of(implementation_name: str, protocol_version: int) -> Dialect:
    """Return the dialect of a node by its node information."""
    name = implementation_name.strip().casefold()
    # A node of version 1 follows a newer text of the specification.
    if protocol_version == 0 and name.startswith("jamixir"):
        return Dialect.JAMIXIR
    return Dialect.STANDARD
