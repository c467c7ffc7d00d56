"""The tables of a segment of an earlier schema version, as those of this release.

Pure. Version 1 stored ``node``, ``ref_back`` (``event_id`` less ``ref``) and ``peer_number`` as
they are, 0 where an event has none.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.storage.core.schema import META, TABLES, part_condition

_EARLIER = "1"
_HALF, _U64 = 1 << 63, (1 << 64) - 1
# Modulo 2^64, as a signed number.
_TARGET = f"(((seq::HUGEINT - ref_back + {_HALF}) & {_U64}) - {_HALF})::BIGINT"
_CHANGED = {
    "node_ahead": "node - session",
    "peer_or_back": f"CASE WHEN {part_condition('peer')} THEN peer_number ELSE ref_back END",
    "last_target": (
        f"CASE WHEN {part_condition('peer')} AND {part_condition('ref')} THEN {_TARGET} ELSE 0 END"
    ),
}


def convert(version: str) -> Mapping[str, str] | None:
    """Return what to select from each table of an earlier segment to get this release's columns.

    Args:
        version: The segment's schema version.

    Returns:
        The select list of each table; ``None`` if the version is not an earlier one.
    """
    if version != _EARLIER:
        return None
    return {"meta": _select_list(META)} | {
        table: _select_list(columns) for table, columns in TABLES.items()
    }


def _select_list(columns: Mapping[str, object]) -> str:
    return ", ".join(
        f"{_CHANGED[name]} AS {name}" if name in _CHANGED else name for name in columns
    )
