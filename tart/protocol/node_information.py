"""Node information, the first message of every connection (JIP-3, "Node information").

Pure. The JAM parameters in it have no length prefix and have had two sizes (134 bytes up to
Gray Paper 0.7, 122 from 0.8); deployed nodes also send none, or put a length before them.
The fields after them delimit themselves, so the decoder tries sizes until the message ends
exactly: the two known ones first, then any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tart.errors import DecodeError, EncodeError, NodeInformationError
from tart.protocol.byte_reader import Deviation, Reader, read_natural
from tart.protocol.dialects import Dialect, dialect_of
from tart.protocol.types import HASH, PEER_DETAILS, U8, U16, U32, U64, struct
from tart.protocol.wire import String, Struct

# Fetch host call, selector 0, Gray Paper 0.7.0 to 0.7.2: 33 fields, 134 bytes. Names
# are JIP-2's.
_GP_0_7 = struct(
    "JamParameters",
    deposit_per_item=U64,
    deposit_per_byte=U64,
    deposit_per_account=U64,
    core_count=U16,
    min_turnaround_period=U32,
    epoch_period=U32,
    max_accumulate_gas=U64,
    max_is_authorized_gas=U64,
    max_refine_gas=U64,
    block_gas_limit=U64,
    recent_block_count=U16,
    max_work_items=U16,
    max_dependencies=U16,
    max_tickets_per_block=U16,
    max_lookup_anchor_age=U32,
    tickets_attempts_number=U16,
    auth_window=U16,
    slot_period_sec=U16,
    auth_queue_len=U16,
    rotation_period=U16,
    max_extrinsics=U16,
    availability_timeout=U16,
    val_count=U16,
    max_authorizer_code_size=U32,
    max_input=U32,
    max_service_code_size=U32,
    basic_piece_len=U32,
    max_imports=U32,
    segment_piece_count=U32,
    max_report_elective_data=U32,
    transfer_memo_size=U32,
    max_exports=U32,
    epoch_tail_start=U32,
)
# Gray Paper 0.8.0 no longer has these four as parameters: 29 fields, 122 bytes.
_GONE_IN_0_8 = frozenset(
    ("tickets_attempts_number", "val_count", "basic_piece_len", "segment_piece_count")
)
_GP_0_8 = Struct(
    "JamParameters",
    tuple(each for each in _GP_0_7.fields if each[0] not in _GONE_IN_0_8),
)
# The same in both.
_CORE_COUNT_OFFSET = 24
PARAMETER_LAYOUTS: Mapping[str, Struct] = {"gp-0.7": _GP_0_7, "gp-0.8": _GP_0_8}

TAIL = struct(
    "NodeInformation",
    genesis=HASH,
    details=PEER_DETAILS,
    flags=U32,
    implementation_name=String(32),
    implementation_version=String(32),
    gp_version=String(16),
    additional_info=String(512),
)
_PORT_BYTES = 2
_FLAGS_OFFSET = HASH.size + (PEER_DETAILS.size or 0)
# The most by which a legal tail exceeds the shortest: every string full, and one more byte for
# the length of the longest.
_TAIL_SLACK = 32 + 32 + 16 + 512 + 1

# Legal messages have up to 818 bytes. This leaves room for longer parameters and overlong
# strings, and bounds the memory of a connection and the cost of finding the parameters' end.
MAX_NODE_INFORMATION = 4096

KNOWN_VERSIONS = (0, 1)
MAX_CORES = 341
VALIDATORS_PER_CORE = 3
SLOT_SECONDS = 6


@dataclass(frozen=True)
class NodeInformation:
    """A node's description of itself.

    Attributes:
        parameters: The JAM parameters by JIP-2 name; ``None`` if they could not be decoded.
        layout: Layout of the parameters: ``gp-0.7``, ``gp-0.8`` or ``unknown``.
        raw_parameters: Bytes of the parameters as received.
        deviations: Violations of the specification in the message.
    """

    protocol_version: int
    parameters: Mapping[str, int] | None
    layout: str
    raw_parameters: bytes
    genesis: bytes
    peer_id: bytes
    address: str
    port: int
    flags: int
    implementation_name: str
    implementation_version: str
    gp_version: str
    additional_info: str
    deviations: tuple[Deviation, ...] = field(default=(), compare=False)

    @property
    def cores(self) -> int | None:
        """The core count C; ``None`` if the node did not send a valid one."""
        cores = (self.parameters or {}).get("core_count", 0)
        return cores if 1 <= cores <= MAX_CORES else None

    @property
    def validators(self) -> int | None:
        """The validator count V; from Gray Paper 0.8 on, three per core."""
        if self.cores is None or self.parameters is None:
            return None
        return self.parameters.get("val_count", self.cores * VALIDATORS_PER_CORE)

    @cached_property
    def dialect(self) -> Dialect:
        """The dialect of JIP-3 that the node speaks."""
        return dialect_of(self.implementation_name, self.protocol_version)

    @property
    def slot_seconds(self) -> int:
        """The slot period by the JAM parameters, six seconds if they do not have a valid one."""
        return (self.parameters or {}).get("slot_period_sec") or SLOT_SECONDS

    def as_json(self) -> dict[str, Any]:
        """Return the API's ``node_info`` object; parameters that the layout lacks are null."""
        parameters = self.parameters
        return {
            "params": parameters and {name: parameters.get(name) for name, _ in _GP_0_7.fields},
            "params_layout": self.layout,
            "protocol_version": self.protocol_version,
            "genesis": self.genesis,
            "details": {
                "peer_id": self.peer_id,
                "peer_address": {"ipv6": self.address, "port": self.port},
            },
            "flags": self.flags,
            "implementation_name": self.implementation_name,
            "implementation_version": self.implementation_version,
            "gp_version": self.gp_version,
            "additional_info": self.additional_info,
        }


def encode_node_information(node: NodeInformation) -> bytes:
    """Return the content of the message; with ``raw_parameters`` if ``parameters`` is ``None``."""
    out = bytearray()
    U8.write(node.protocol_version, out)
    if node.parameters is None:
        out += node.raw_parameters
    else:
        try:
            PARAMETER_LAYOUTS[node.layout].write(node.parameters, out)
        except KeyError:
            raise EncodeError("layout", "gp-0.7 or gp-0.8") from None
    TAIL.write(
        {
            "genesis": node.genesis,
            "details": {
                "peer_id": node.peer_id,
                "peer_address": {"ipv6": node.address, "port": node.port},
            },
            "flags": node.flags,
            "implementation_name": node.implementation_name,
            "implementation_version": node.implementation_version,
            "gp_version": node.gp_version,
            "additional_info": node.additional_info,
        },
        out,
    )
    return bytes(out)


def decode_node_information(content: bytes) -> NodeInformation:
    """Decode the first message of a connection.

    Raises:
        NodeInformationError: The message is longer than ``MAX_NODE_INFORMATION``, or no size of
            the parameters makes it end exactly.
    """
    if not content:
        raise NodeInformationError("the first message is empty", content)
    if len(content) > MAX_NODE_INFORMATION:
        raise NodeInformationError(
            f"node information of {len(content)} bytes, {MAX_NODE_INFORMATION} are accepted",
            content[:1024],
        )
    for leb128 in (False, True):
        candidates = list(_candidates(content, leb128))
        if candidates:
            return _most_plausible(candidates)
    raise NodeInformationError(_describe_failure(content), content[:1024])


def _candidates(content: bytes, leb128: bool) -> Iterator[NodeInformation]:
    """Return readings that end exactly; unknown sizes only if no known one is flawless."""
    flawless = False
    for name, layout in PARAMETER_LAYOUTS.items():
        assert layout.size is not None
        tail = _read_tail(content, 1 + layout.size, leb128, search=False)
        if tail:
            flawless = flawless or not tail[1]
            yield _assemble(content, name, layout.size, *tail)
    if flawless or content[0] not in KNOWN_VERSIONS:
        return
    longest = len(content) - 1 - TAIL.minimum
    for length in range(max(0, longest - _TAIL_SLACK), longest + 1):
        start = 1 + length
        if not _could_be_tail(content, start):
            continue
        tail = _read_tail(content, start, leb128, search=True)
        if tail:
            yield _assemble(content, "unknown", length, *tail)


def _could_be_tail(content: bytes, start: int) -> bool:
    """Return whether flags of 0 or 1 and a name are here: a cheap check that zeros do not pass."""
    flags = start + _FLAGS_OFFSET
    name = flags + 4
    return content[flags] <= 1 and not any(content[flags + 1 : name]) and 1 <= content[name] <= 32


def _read_tail(
    content: bytes, start: int, leb128: bool, *, search: bool
) -> tuple[dict[str, Any], list[Deviation]] | None:
    """Read the fields from ``start`` if they end exactly; a guessed start must be flawless."""
    reader = Reader(content, offset=start, leb128=leb128)
    try:
        tail = TAIL.read(reader)
    except DecodeError:
        return None
    other = [each for each in reader.deviations if each.rule != "leb128_length"]
    if reader.remaining or (search and other):
        return None
    if tail["flags"] > 1:
        reader.deviations.append(
            Deviation("unknown_flags", start + _FLAGS_OFFSET, "flags", "bit 0 only")
        )
    return tail, reader.deviations


def _assemble(
    content: bytes,
    layout: str,
    length: int,
    tail: dict[str, Any],
    deviations: list[Deviation],
) -> NodeInformation:
    raw = content[1 : 1 + length]
    if layout == "unknown":
        layout, raw, extra = _identify_parameters(raw)
        deviations = [*deviations, extra]
    parameters = None
    if layout in PARAMETER_LAYOUTS:
        parameters = PARAMETER_LAYOUTS[layout].read(Reader(raw))
        if not 1 <= parameters["core_count"] <= MAX_CORES:
            offset = 1 + length - len(raw) + _CORE_COUNT_OFFSET
            deviations.append(
                Deviation("core_count_out_of_range", offset, "core_count", f"1 to {MAX_CORES}")
            )
    if content[0] not in KNOWN_VERSIONS:
        deviations.append(Deviation("unknown_protocol_version", 0, "protocol_version", "0 or 1"))
    address = tail["details"]["peer_address"]
    name, port = tail["implementation_name"], address["port"]
    swapped = (port & 0xFF) << 8 | port >> 8
    if dialect_of(name, content[0]) is Dialect.JAMIXIR and swapped != port:
        offset = 1 + length + _FLAGS_OFFSET - _PORT_BYTES
        field = "details.peer_address.port"
        deviations.append(Deviation("port_big_endian", offset, field, "a little-endian port"))
        port = swapped
    return NodeInformation(
        protocol_version=content[0],
        parameters=parameters,
        layout=layout,
        raw_parameters=raw,
        genesis=tail["genesis"],
        peer_id=tail["details"]["peer_id"],
        address=address["ipv6"],
        port=port,
        flags=tail["flags"],
        implementation_name=name,
        implementation_version=tail["implementation_version"],
        gp_version=tail["gp_version"],
        additional_info=tail["additional_info"],
        deviations=tuple(deviations),
    )


def _identify_parameters(raw: bytes) -> tuple[str, bytes, Deviation]:
    """Return layout, bytes and deviation of parameters with a length prefix or unknown size."""
    reader = Reader(raw)
    try:
        length = read_natural(reader)
    except DecodeError:
        length = -1
    if length == reader.remaining:
        inner = raw[reader.offset :]
        prefixed = Deviation("parameters_prefixed", 1, "params", "no length before them")
        for name, layout in PARAMETER_LAYOUTS.items():
            if layout.size == length:
                return name, inner, prefixed
        if not inner:
            return "unknown", inner, prefixed
    sizes = " or ".join(str(layout.size) for layout in PARAMETER_LAYOUTS.values())
    return "unknown", raw, Deviation("parameters_length", 1, "params", f"{sizes} bytes")


def _most_plausible(candidates: list[NodeInformation]) -> NodeInformation:
    """Choose among exact readings: first by valid cores, then by the GP version."""

    def rank(node: NodeInformation) -> tuple[bool, bool, int]:
        return (
            node.cores is not None,
            node.layout.removeprefix("gp-") == node.gp_version[:3],
            -len(node.deviations),
        )

    return max(candidates, key=rank)


def _describe_failure(content: bytes) -> str:
    reader = Reader(content, offset=1 + (_GP_0_7.size or 0))
    try:
        if len(content) < reader.offset:
            raise DecodeError("truncated", len(content), "JAM parameters", "params")
        TAIL.read(reader)
        problem = f"{reader.remaining} bytes are left at offset {reader.offset}"
    except DecodeError as error:
        problem = str(error)
    return f"not node information, read with 134 bytes of parameters: {problem}"
