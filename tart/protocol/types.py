"""The named types of JIP-3: scalars, structures, enumerations (JIP-3, "Types").

Pure, a table to be compared with the specification. ``wire`` reads and writes these types;
``events`` declares the events made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.errors import EncodeError
from tart.protocol.wire import (
    Address,
    Boolean,
    Bytes,
    CoreBits,
    CoreBytes,
    Enumeration,
    EventId,
    Integer,
    List,
    String,
    Struct,
    Tuple,
)

# Seconds from the Unix epoch to the JAM Common Era, 2025-01-01T12:00:00Z.

U8 = Integer(1)
U16 = Integer(2)
U32 = Integer(4)
U64 = Integer(8)
BOOL = Boolean()
HASH = Bytes(32)
PEER_ID = Bytes(32)
TIMESTAMP = Integer(8)
CORE_BYTES = CoreBytes()
CORE_BITS = CoreBits()
REASON = String(128)


def refers_to(*numbers: int) -> EventId:
    """Return the type of an Event ID that refers to an earlier event of one of these types."""
    return EventId(refers_to=numbers)


def struct(name: str, **fields: Any) -> Struct:
    """Return a structure from keywords; a trailing underscore is dropped, for ``from_``."""
    return Struct(name, tuple((key.rstrip("_"), each) for key, each in fields.items()))


SIDE = Enumeration("Side", ("Local", "Remote"))
DIRECTION = Enumeration("Direction", ("Ascending", "Descending"))
KIND = Enumeration("Kind", ("NonTrivial", "Trivial"))
GUARANTEE_DISCARD_REASON = Enumeration(
    "GuaranteeDiscardReason",
    (
        "PackageReportedOnChain",
        "ReplacedByBetter",
        "CannotReportOnChain",
        "TooManyGuarantees",
        "Other",
    ),
)
PREIMAGE_FORGET_REASON = Enumeration(
    "PreimageForgetReason",
    (
        "ProvidedOnChain",
        "NotRequestedOnChain",
        "FailedToAcquire",
        "TooManyAnnounced",
        "BadLength",
        "Other",
    ),
)
PREIMAGE_DISCARD_REASON = Enumeration(
    "PreimageDiscardReason",
    ("ProvidedOnChain", "NotRequestedOnChain", "TooManyPreimages", "Other"),
)

PEER_ADDRESS = struct("PeerAddress", ipv6=Address(), port=U16)
PEER_DETAILS = struct("PeerDetails", peer_id=PEER_ID, peer_address=PEER_ADDRESS)
AVAILABILITY_STATEMENT = struct("AvailabilityStatement", anchor=HASH, bitfield=CORE_BITS)
BLOCK_OUTLINE = struct(
    "BlockOutline",
    size_bytes=U32,
    hash=HASH,
    num_tickets=U32,
    num_preimages=U32,
    total_preimages_size=U32,
    num_guarantees=U32,
    num_assurances=U32,
    num_dispute_verdicts=U32,
)
EXEC_COST = struct("ExecCost", gas_used=U64, elapsed_ns=U64)
IS_AUTHORIZED_COST = struct("IsAuthorizedCost", total=EXEC_COST, load_ns=U64, host_call=EXEC_COST)
REFINE_HOST_CALLS = struct(
    "RefineHostCalls",
    lookup=EXEC_COST,
    vm=EXEC_COST,
    mem=EXEC_COST,
    invoke=EXEC_COST,
    other=EXEC_COST,
)
REFINE_COST = struct("RefineCost", total=EXEC_COST, load_ns=U64, host_call=REFINE_HOST_CALLS)
ACCUMULATE_HOST_CALLS = struct(
    "AccumulateHostCalls",
    state=EXEC_COST,
    lookup=EXEC_COST,
    preimage=EXEC_COST,
    service=EXEC_COST,
    transfer=EXEC_COST,
    transfer_dest_gas=U64,
    other=EXEC_COST,
)
ACCUMULATE_COST = struct(
    "AccumulateCost",
    num_calls=U32,
    num_transfers=U32,
    num_items=U32,
    total=EXEC_COST,
    load_ns=U64,
    host_call=ACCUMULATE_HOST_CALLS,
)
ACCUMULATED_SERVICE = Tuple((U32, ACCUMULATE_COST))

WORK_PACKAGE_HASH_BIT = 1 << 15


class ImportSpecification(Struct):
    """Import Spec; bit 15 of the index selects the kind of hash that the root is.

    In Python the root is ``{"SegmentsRoot": hash}`` or ``{"WorkPackageHash": hash}``
    and the index its low 15 bits.
    """

    def value(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the kind of the root as its key, and the index without the bit for it."""
        index = fields["export_index"]
        kind = "WorkPackageHash" if index & WORK_PACKAGE_HASH_BIT else "SegmentsRoot"
        return {
            "root_identifier": {kind: fields["root_identifier"]},
            "export_index": index & ~WORK_PACKAGE_HASH_BIT,
        }

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, Mapping) or value.keys() != {"root_identifier", "export_index"}:
            raise EncodeError("", "a root_identifier and an export_index")
        identifier, index = value["root_identifier"], value["export_index"]
        if not isinstance(identifier, Mapping) or len(identifier) != 1:
            raise EncodeError("root_identifier", "SegmentsRoot or WorkPackageHash")
        ((kind, root),) = identifier.items()
        if kind not in ("SegmentsRoot", "WorkPackageHash"):
            raise EncodeError("root_identifier", "SegmentsRoot or WorkPackageHash")
        if type(index) is not int or not 0 <= index < WORK_PACKAGE_HASH_BIT:
            raise EncodeError("export_index", "an integer below 2^15")
        if kind == "WorkPackageHash":
            index |= WORK_PACKAGE_HASH_BIT
        super().write({"root_identifier": root, "export_index": index}, out)


IMPORT_SPEC = ImportSpecification("ImportSpec", (("root_identifier", HASH), ("export_index", U16)))
WORK_ITEM = struct(
    "WorkItem",
    service_id=U32,
    payload_size=U32,
    refine_gas_limit=U64,
    accumulate_gas_limit=U64,
    sum_of_extrinsic_lengths=U32,
    imports=List(IMPORT_SPEC),
    num_exported_segments=U16,
)
WORK_PACKAGE_OUTLINE = struct(
    "WorkPackageOutline",
    work_package_size=U32,
    work_package_hash=HASH,
    anchor=HASH,
    lookup_anchor_slot=U32,
    prerequisites=List(HASH),
    work_items=List(WORK_ITEM),
)
WORK_REPORT_OUTLINE = struct(
    "WorkReportOutline",
    work_report_hash=HASH,
    bundle_size=U32,
    erasure_root=HASH,
    segments_root=HASH,
)
GUARANTEE_OUTLINE = struct(
    "GuaranteeOutline", work_report_hash=HASH, slot=U32, guarantors=List(U16)
)
