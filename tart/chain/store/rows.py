"""Changes of the chain as rows of the tables of ``files``.

``FileRows`` collects the rows of one transaction. A change whose values no table can hold is
refused as a whole, before any of its rows is added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tart.chain.core.changes import PutBlock, PutUndecodable
from tart.chain.store.files import LAYOUT, STATUS_CODES, TABLES
from tart.query.chain_queries.chain import ChainBlock, Reorganisation, StoredService
from tart.rpc.model import CoreRecord, ServiceRecord, ValidatorRecord
from tart.storage.core.arrow import COLUMN_TYPES, ArrowTable, column

HASH_BYTES = 32
# The greatest index of a validator that a bitmap is made for.
_MAX_VALIDATOR = 65_535
_LIMITS: Mapping[str, int] = {
    "UTINYINT": (1 << 8) - 1,
    "UINTEGER": (1 << 32) - 1,
    "UBIGINT": (1 << 64) - 1,
    "BIGINT": (1 << 63) - 1,
    # DuckDB's latest time, Unix microseconds, less than its infinity.
    "TIMESTAMP": (1 << 62) - 1,
}
# The beginning of an undecodable value that is stored.
_MAX_UNDECODABLE_BYTES = 256 << 10
_REASON_CHARACTERS = 500

Row = tuple[Any, ...]


class FileRows:
    """The rows of one transaction on one file, by table."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)

    def add(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Add rows of some tables.

        Raises:
            ValueError: A value does not fit its column; no row was added.
        """
        for table, table_rows in rows.items():
            _check(table, table_rows)
        for table, table_rows in rows.items():
            self._rows[table] += table_rows

    def encode(self) -> Iterator[tuple[str, ArrowTable]]:
        """Yield the name and the rows of each table that has some."""
        for table, rows in self._rows.items():
            if rows:
                columns = {
                    name: column(COLUMN_TYPES[kind], values)
                    for (name, kind), values in zip(
                        LAYOUT[table].items(), zip(*rows, strict=True), strict=True
                    )
                }
                yield table, ArrowTable(columns, len(rows))


def _check(table: str, rows: Sequence[Row]) -> None:
    for (name, kind), values in zip(TABLES[table].items(), zip(*rows, strict=True), strict=False):
        limit = _LIMITS.get(kind)
        if limit is None:
            continue
        for value in values:
            if value is not None and not 0 <= value <= limit:
                raise ValueError(f"{table}.{name} cannot be {value}")


def block_rows(change: PutBlock, number: int) -> dict[str, list[Row]]:
    """Return the rows of a block.

    Args:
        change: The block with its figures.
        number: Its number in the file.

    Raises:
        ValueError: A hash or an index of a validator is not valid.
    """
    block, slot = change.block, change.block.slot
    explicit = dict(change.validators) != derive_increments(block)
    rows: dict[str, list[Row]] = {
        "blocks": [
            (
                number,
                hash_bytes(block.hash),
                slot,
                None if block.parent is None else hash_bytes(block.parent),
                STATUS_CODES[block.status],
                block.seen_at,
                block.epoch,
                block.validators,
                block.author,
                block.tickets,
                block.preimages,
                block.preimage_octets,
                encode_bitmap(block.guarantors),
                encode_bitmap(block.assurers),
                block.reports,
                block.irregularity,
                int(explicit),
            )
        ],
        "cores": _records(number, slot, change.cores, CoreRecord()),
        "services": _records(number, slot, change.services, ServiceRecord()),
    }
    if explicit:
        rows["increments"] = [
            (number, slot, block.epoch, validator, *record)
            for validator, record in sorted(change.validators.items())
        ]
    ended = change.ended
    if ended is not None and ended.epoch is not None:
        rows["epochs"] = [
            (number, ended.epoch, validator, *record)
            for validator, record in enumerate(ended.validators)
        ]
    return rows


def _records(
    number: int,
    slot: int,
    records: Mapping[int, CoreRecord] | Mapping[int, ServiceRecord],
    empty: CoreRecord | ServiceRecord,
) -> list[Row]:
    return [
        (number, slot, key, *record) for key, record in sorted(records.items()) if record != empty
    ]


def derive_increments(block: ChainBlock) -> dict[int, ValidatorRecord]:
    """Return what the members of a block say that it adds to the figures of validators."""
    figures: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(ValidatorRecord()))
    if block.author is not None:
        figures[block.author][:4] = [
            1,
            block.tickets or 0,
            block.preimages or 0,
            block.preimage_octets or 0,
        ]
    for validator in block.guarantors or ():
        figures[validator][4] += 1
    for validator in block.assurers or ():
        figures[validator][5] += 1
    return {validator: ValidatorRecord(*each) for validator, each in figures.items()}


def reorganisation_row(change: Reorganisation) -> Row:
    """Return the row of a reorganisation.

    Raises:
        ValueError: A hash is not valid.
    """
    return (
        change.at,
        hash_bytes(change.from_hash),
        change.from_slot,
        hash_bytes(change.to_hash),
        change.to_slot,
        b"".join(map(hash_bytes, change.left)),
        change.common_slot,
    )


def account_row(service: StoredService, change: int) -> Row:
    """Return the row of a service account.

    Raises:
        ValueError: The hash is not valid.
    """
    return (
        change,
        service.service,
        service.at_slot,
        hash_bytes(service.code_hash),
        service.balance,
        service.min_item_gas,
        service.min_memo_gas,
        service.octets,
        service.items,
        service.created_slot,
        service.last_accumulation_slot,
        service.parent_service,
        service.name,
    )


def parameter_rows(parameters: Mapping[str, int], change: int) -> list[Row]:
    """Return the rows of a set of parameters; the first begins the set."""
    return [(change, "", 0), *((change, name, value) for name, value in parameters.items())]


def undecodable_row(change: PutUndecodable) -> Row:
    """Return the row of statistics that no layout reads; a long value is cut."""
    return (
        change.hash,
        change.slot,
        change.at,
        change.reason[:_REASON_CHARACTERS],
        change.statistics[:_MAX_UNDECODABLE_BYTES],
    )


def hash_bytes(text: str) -> bytes:
    """Return the bytes of a hash.

    Raises:
        ValueError: The text is not 64 hex digits.
    """
    value = bytes.fromhex(text)
    if len(value) != HASH_BYTES:
        raise ValueError(f"{text} is not a hash")
    return value


def encode_bitmap(indices: Iterable[int] | None) -> bytes | None:
    """Return indices as bits, the least significant bit of a byte first; None of None.

    Raises:
        ValueError: An index is out of range.
    """
    if indices is None:
        return None
    indices = list(indices)
    if not indices:
        return b""
    if min(indices) < 0 or max(indices) > _MAX_VALIDATOR:
        raise ValueError(f"no validator has the index {min(indices)} or {max(indices)}")
    bits = np.zeros(max(indices) + 1, np.uint8)
    bits[indices] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def decode_bitmap(bitmap: bytes | None) -> list[int] | None:
    """Return the indices of the bits that are set, ascending; None of None."""
    if bitmap is None:
        return None
    bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), bitorder="little")
    indices: list[int] = np.flatnonzero(bits).tolist()
    return indices
