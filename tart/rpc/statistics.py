"""Encoding of the statistics in the chain's state, the value of state key C(13).

Pure. Source: Gray Paper, sections "Statistics" and "Serialization"; for 0.8 the crate
jam-std-common 0.1.29. The parts follow each other without padding:

- the validators of this epoch so far, then those of the epoch before: six u32 each; in layout 0.8
  each list begins with its length, a natural;
- the cores: eight naturals each;
- the number of services, a natural, then each service by ascending id: its id as u32, then ten
  naturals, in layout 0.8 eleven.

The blob does not name its layout. ``val_count`` among the parameters speaks for 0.7, since Gray
Paper 0.8 does not have it, but a node may send members of both. So both are tried, and only one
that ends with the last byte is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct, error

from tart.errors import DecodeError, EncodeError
from tart.protocol.byte_reader import Reader, encode_natural, read_natural
from tart.rpc.data_error import RpcDataError
from tart.rpc.model import CoreRecord, Layout, ServiceRecord, Statistics, ValidatorRecord

_VALIDATOR = Struct("<6I")
_SERVICE_ID = Struct("<I")
_CORE_FIELDS = len(CoreRecord._fields)
_SERVICE_FIELDS = {"0.7": len(ServiceRecord._fields) - 1, "0.8": len(ServiceRecord._fields)}
_TRANSFERS = ServiceRecord._fields.index("accumulate_transfer_count")
# Gray Paper 0.8: three validators to an active core, two cores at least.
FEWEST_VALIDATORS = 6
VALIDATORS_OF_A_CORE = 3


def decode_statistics(blob: bytes, *, cores: int, validators: int | None = None) -> Statistics:
    """Return the statistics that a blob holds.

    Args:
        blob: The value of C(13), as ``statistics`` answers it.
        cores: The network's core count C.
        validators: ``val_count`` of the parameters, with which layout 0.7 is tried first; None if
            there is none.

    Raises:
        RpcDataError: The blob is not valid in any layout that it can have.
    """
    new: tuple[Layout, int] = ("0.8", 0)
    old: tuple[Layout, int] = ("0.7", validators or VALIDATORS_OF_A_CORE * cores)
    first, second = (new, old) if validators is None else (old, new)
    try:
        return _decode(blob, first[0], cores, first[1])
    except RpcDataError as not_first:
        try:
            return _decode(blob, second[0], cores, second[1])
        except RpcDataError as not_second:
            reason = (
                f"layout {first[0]} has {not_first.reason}; "
                f"layout {second[0]} has {not_second.reason}"
            )
            raise RpcDataError("statistics", reason, not_first.offset) from not_second


def encode_statistics(statistics: Statistics) -> bytes:
    """Return the blob of statistics, in their layout.

    Raises:
        EncodeError: A value that the layout does not have, or a set of validators that
            ``decode_statistics`` does not accept.
    """
    current, previous, cores, services, layout = statistics
    _check_sizes(statistics)
    parts = [
        *_encode_validators(current, "current", layout),
        *_encode_validators(previous, "previous", layout),
    ]
    for index, core in enumerate(cores):
        parts += _encode_naturals(core, f"cores[{index}]")
    parts.append(encode_natural(len(services)))
    for service in sorted(services):
        name = f"services[{service}]"
        record: Sequence[int] = services[service]
        if layout == "0.7":
            if record[_TRANSFERS]:
                raise EncodeError(f"{name}.accumulate_transfer_count", "0 in layout 0.7")
            record = (*record[:_TRANSFERS], *record[_TRANSFERS + 1 :])
        parts.append(_pack(_SERVICE_ID, (service,), name))
        parts += _encode_naturals(record, name)
    return b"".join(parts)


# --- Decoding --------------------------------------------------------------------


def _decode(blob: bytes, layout: Layout, cores: int, validators: int) -> Statistics:
    reader = Reader(blob)
    try:
        current = _read_validators(reader, layout, cores, validators)
        previous = _read_validators(reader, layout, cores, validators)
        _require(reader, cores * _CORE_FIELDS, f"{cores} cores")
        records = tuple(
            CoreRecord._make(_read_naturals(reader, _CORE_FIELDS)) for _ in range(cores)
        )
        services = _read_services(reader, layout)
    except RpcDataError:
        raise
    except DecodeError as wrong:
        raise RpcDataError("statistics", str(wrong), wrong.offset) from wrong
    if reader.deviations:
        first = reader.deviations[0]
        reason = f"{first.rule} at offset {first.offset}: expected {first.expectation}"
        raise RpcDataError("statistics", reason, first.offset)
    if reader.remaining:
        reason = f"{reader.remaining} bytes after its last part, at offset {reader.offset}"
        raise RpcDataError("statistics", reason, reader.offset)
    return Statistics(current, previous, records, services, layout)


def _read_validators(
    reader: Reader, layout: Layout, cores: int, validators: int
) -> tuple[ValidatorRecord, ...]:
    if layout == "0.8":
        start = reader.offset
        validators = read_natural(reader)
        if validators and not _valid_set(validators, cores):
            reason = (
                f"{validators} validators at offset {start}: expected a multiple of 3 from "
                f"{FEWEST_VALIDATORS} to {VALIDATORS_OF_A_CORE * cores}, or 0"
            )
            raise RpcDataError("statistics", reason, start)
    _require(reader, validators * _VALIDATOR.size, f"{validators} validators")
    octets = reader.take(validators * _VALIDATOR.size)
    return tuple(map(ValidatorRecord._make, _VALIDATOR.iter_unpack(octets)))


def _read_services(reader: Reader, layout: Layout) -> dict[int, ServiceRecord]:
    count = read_natural(reader)
    fields = _SERVICE_FIELDS[layout]
    _require(reader, count * (_SERVICE_ID.size + fields), f"{count} services")
    services: dict[int, ServiceRecord] = {}
    last = -1
    for _ in range(count):
        start = reader.offset
        service: int = _SERVICE_ID.unpack(reader.take(_SERVICE_ID.size))[0]
        if service <= last:
            reason = f"service {service} after {last}, at offset {start}: expected ascending ids"
            raise RpcDataError("statistics", reason, start)
        last = service
        values = _read_naturals(reader, fields)
        if layout == "0.7":
            values.insert(_TRANSFERS, 0)
        services[service] = ServiceRecord._make(values)
    return services


def _read_naturals(reader: Reader, count: int) -> list[int]:
    """Return the next naturals; nearly all have one byte, which costs no call."""
    data, values = reader.data, []
    for _ in range(count):
        offset = reader.offset
        if offset < len(data) and data[offset] < 0x80:
            values.append(data[offset])
            reader.offset = offset + 1
        else:
            values.append(read_natural(reader))
    return values


def _require(reader: Reader, size: int, what: str) -> None:
    """Refuse a part that cannot fit before anything of it is read: counts are not trusted."""
    if size > reader.remaining:
        reason = (
            f"{reader.remaining} bytes left for {what} at offset {reader.offset}: expected at "
            f"least {size}"
        )
        raise RpcDataError("statistics", reason, reader.offset)


# --- Encoding --------------------------------------------------------------------


def _valid_set(validators: int, cores: int) -> bool:
    return (
        validators % VALIDATORS_OF_A_CORE == 0
        and FEWEST_VALIDATORS <= validators <= VALIDATORS_OF_A_CORE * cores
    )


def _check_sizes(statistics: Statistics) -> None:
    if statistics.layout == "0.7":
        if len(statistics.previous) != len(statistics.current):
            raise EncodeError("previous", "as many validators as current in layout 0.7")
        return
    for name, records in (("current", statistics.current), ("previous", statistics.previous)):
        if records and not _valid_set(len(records), len(statistics.cores)):
            raise EncodeError(name, "a multiple of 3 validators, at least 6, at most 3 to a core")


def _encode_validators(
    records: tuple[ValidatorRecord, ...], name: str, layout: Layout
) -> Iterable[bytes]:
    if layout == "0.8":
        yield encode_natural(len(records))
    for index, record in enumerate(records):
        yield _pack(_VALIDATOR, record, f"{name}[{index}]")


def _encode_naturals(values: Iterable[int], name: str) -> list[bytes]:
    try:
        return [encode_natural(value) for value in values]
    except EncodeError as wrong:
        raise wrong.inside(name) from wrong


def _pack(layout: Struct, values: Sequence[int], name: str) -> bytes:
    try:
        return layout.pack(*values)
    except error:
        raise EncodeError(name, "numbers below 2^32") from None
