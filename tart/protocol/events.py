"""Every event of JIP-3, declared once, in the specification's order.

Pure. ``EventKind`` is a table: section, number, name of the variant in JSON, heading in the
specification, then the fields in the order they follow timestamp and number on the wire.
A new event type is one more member; no other module writes an event's number.
Decoder, encoder, JSON names and storage columns all derive from these lines.
Fields are those of protocol version 1; ``version_0`` tells where version 0 differed. ``role``
says which step of audits or finality an event type reports (``protocol.roles``).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tart.protocol.roles import EventRole, Role
from tart.protocol.types import (
    ACCUMULATED_SERVICE,
    AVAILABILITY_STATEMENT,
    BLOCK_OUTLINE,
    BOOL,
    CORE_BYTES,
    DIRECTION,
    GUARANTEE_DISCARD_REASON,
    GUARANTEE_OUTLINE,
    HASH,
    IS_AUTHORIZED_COST,
    KIND,
    PEER_ADDRESS,
    PEER_DETAILS,
    PEER_ID,
    PREIMAGE_DISCARD_REASON,
    PREIMAGE_FORGET_REASON,
    REASON,
    REFINE_COST,
    SIDE,
    TIMESTAMP,
    U8,
    U16,
    U32,
    U64,
    WORK_PACKAGE_OUTLINE,
    WORK_REPORT_OUTLINE,
    refers_to,
    struct,
)
from tart.protocol.wire import EventId, List, Option, Struct, Tuple

_Declaration = tuple[str, int, str, str, Struct, Struct | None, EventRole | None]


def _event(
    group: str,
    number: int,
    variant: str,
    title: str,
    *,
    version_0: Struct | None = None,
    role: EventRole | None = None,
    **fields: Any,
) -> _Declaration:
    return group, number, variant, title, struct(variant, **fields), version_0, role


class EventKind(IntEnum):
    """The event types of JIP-3; a member is the byte that announces it on the wire.

    Attributes:
        group: The section it stands in.
        variant: Its name in JSON.
        title: Its heading in the specification.
        fields: Its payload, in protocol version 1.
        version_0: Its payload in protocol version 0 where that differed.
        role: What it tells about audits or finality; ``None`` for most.
    """

    group: str
    variant: str
    title: str
    fields: Struct
    version_0: Struct | None
    role: EventRole | None

    def __new__(
        cls,
        group: str,
        number: int,
        variant: str,
        title: str,
        fields: Struct,
        version_0: Struct | None,
        role: EventRole | None,
    ) -> EventKind:
        """Make the member of that number from its declaration."""
        kind = int.__new__(cls, number)
        kind._value_ = number
        kind.group, kind.variant, kind.title = group, variant, title
        kind.fields, kind.version_0 = fields, version_0
        kind.role = role
        if role is not None:
            role.check(fields)
        return kind

    @property
    def number(self) -> int:
        """The byte as a plain ``int``."""
        return int(self)

    def layout(self, version: int) -> Struct:
        """Return the payload's layout in a protocol version."""
        return self.version_0 if version == 0 and self.version_0 else self.fields

    @cached_property
    def slot_offset(self) -> int | None:
        """Offset of the slot of a block or guarantee in the payload, if it has one."""
        return self.fields.offset_of("slot")

    @cached_property
    def core_offset(self) -> int | None:
        """Offset of the core in the payload, if it has one."""
        return self.fields.offset_of("core")

    # --- Meta events ----------
    DROPPED = _event("meta", 0, "Dropped", "Dropped", last_timestamp=TIMESTAMP, num=U64)

    # --- Status events ----------
    STATUS = _event(
        "status",
        10,
        "Status",
        "Status",
        num_peers=U32,
        num_val_peers=U32,
        num_sync_peers=U32,
        num_guarantees=CORE_BYTES,
        num_shards=U32,
        shards_size=U64,
        num_preimages=U32,
        preimages_size=U32,
    )
    BEST_BLOCK_CHANGED = _event(
        "status", 11, "BestBlockChanged", "Best block changed", slot=U32, hash=HASH
    )
    FINALIZED_BLOCK_CHANGED = _event(
        "status",
        12,
        "FinalizedBlockChanged",
        "Finalized block changed",
        slot=U32,
        hash=HASH,
    )
    SYNC_STATUS_CHANGED = _event(
        "status", 13, "SyncStatusChanged", "Sync status changed", synced=BOOL
    )

    # --- Networking events ----------
    CONNECTION_REFUSED = _event(
        "networking", 20, "ConnectionRefused", "Connection refused", from_=PEER_ADDRESS
    )
    CONNECTING_IN = _event("networking", 21, "ConnectingIn", "Connecting in", from_=PEER_ADDRESS)
    CONNECT_IN_FAILED = _event(
        "networking",
        22,
        "ConnectInFailed",
        "Connect in failed",
        connecting_id=refers_to(21),
        reason=REASON,
    )
    CONNECTED_IN = _event(
        "networking",
        23,
        "ConnectedIn",
        "Connected in",
        connecting_id=refers_to(21),
        peer_id=PEER_ID,
    )
    CONNECTING_OUT = _event("networking", 24, "ConnectingOut", "Connecting out", to=PEER_DETAILS)
    CONNECT_OUT_FAILED = _event(
        "networking",
        25,
        "ConnectOutFailed",
        "Connect out failed",
        connecting_id=refers_to(24),
        reason=REASON,
    )
    CONNECTED_OUT = _event(
        "networking", 26, "ConnectedOut", "Connected out", connecting_id=refers_to(24)
    )
    DISCONNECTED = _event(
        "networking",
        27,
        "Disconnected",
        "Disconnected",
        peer=PEER_ID,
        terminator=Option(SIDE),
        reason=REASON,
    )
    PEER_MISBEHAVED = _event(
        "networking", 28, "PeerMisbehaved", "Peer misbehaved", peer=PEER_ID, reason=REASON
    )

    # --- Block authoring/importing events ----------
    AUTHORING = _event("block_authoring", 40, "Authoring", "Authoring", slot=U32, parent=HASH)
    AUTHORING_FAILED = _event(
        "block_authoring",
        41,
        "AuthoringFailed",
        "Authoring failed",
        authoring_id=refers_to(40),
        reason=REASON,
    )
    AUTHORED = _event(
        "block_authoring",
        42,
        "Authored",
        "Authored",
        authoring_id=refers_to(40),
        outline=BLOCK_OUTLINE,
    )
    IMPORTING = _event(
        "block_authoring", 43, "Importing", "Importing", slot=U32, outline=BLOCK_OUTLINE
    )
    BLOCK_VERIFICATION_FAILED = _event(
        "block_authoring",
        44,
        "BlockVerificationFailed",
        "Block verification failed",
        importing_id=refers_to(43),
        reason=REASON,
    )
    BLOCK_VERIFIED = _event(
        "block_authoring", 45, "BlockVerified", "Block verified", importing_id=refers_to(43)
    )
    BLOCK_EXECUTION_FAILED = _event(
        "block_authoring",
        46,
        "BlockExecutionFailed",
        "Block execution failed",
        authoring_or_importing_id=refers_to(40, 43),
        reason=REASON,
    )
    BLOCK_EXECUTED = _event(
        "block_authoring",
        47,
        "BlockExecuted",
        "Block executed",
        authoring_or_importing_id=refers_to(40, 43),
        accumulate_costs=List(ACCUMULATED_SERVICE),
    )

    # --- Block distribution events ----------
    BLOCK_ANNOUNCEMENT_STREAM_OPENED = _event(
        "block_distribution",
        60,
        "BlockAnnouncementStreamOpened",
        "Block announcement stream opened",
        peer=PEER_ID,
        opener=SIDE,
    )
    BLOCK_ANNOUNCEMENT_STREAM_CLOSED = _event(
        "block_distribution",
        61,
        "BlockAnnouncementStreamClosed",
        "Block announcement stream closed",
        version_0=struct(
            "BlockAnnouncementStreamClosed",
            peer=PEER_ID,
            closer=SIDE,
            reason=REASON,
        ),
        opened_id=refers_to(60),
        closer=SIDE,
        reason=REASON,
    )
    BLOCK_ANNOUNCED = _event(
        "block_distribution",
        62,
        "BlockAnnounced",
        "Block announced",
        peer=PEER_ID,
        announcer=SIDE,
        slot=U32,
        hash=HASH,
    )
    SENDING_BLOCK_REQUEST = _event(
        "block_distribution",
        63,
        "SendingBlockRequest",
        "Sending block request",
        recipient=PEER_ID,
        hash=HASH,
        direction=DIRECTION,
        max_blocks=U32,
    )
    RECEIVING_BLOCK_REQUEST = _event(
        "block_distribution", 64, "ReceivingBlockRequest", "Receiving block request", sender=PEER_ID
    )
    BLOCK_REQUEST_FAILED = _event(
        "block_distribution",
        65,
        "BlockRequestFailed",
        "Block request failed",
        request_id=refers_to(63, 64),
        reason=REASON,
    )
    BLOCK_REQUEST_SENT = _event(
        "block_distribution", 66, "BlockRequestSent", "Block request sent", request_id=refers_to(63)
    )
    BLOCK_REQUEST_RECEIVED = _event(
        "block_distribution",
        67,
        "BlockRequestReceived",
        "Block request received",
        request_id=refers_to(64),
        hash=HASH,
        direction=DIRECTION,
        max_blocks=U32,
    )
    BLOCK_TRANSFERRED = _event(
        "block_distribution",
        68,
        "BlockTransferred",
        "Block transferred",
        request_id=refers_to(63, 64),
        slot=U32,
        outline=BLOCK_OUTLINE,
        last=BOOL,
    )

    # --- Safrole ticket events ----------
    GENERATING_TICKETS = _event("tickets", 80, "GeneratingTickets", "Generating tickets", epoch=U32)
    TICKET_GENERATION_FAILED = _event(
        "tickets",
        81,
        "TicketGenerationFailed",
        "Ticket generation failed",
        generating_id=refers_to(80),
        reason=REASON,
    )
    TICKETS_GENERATED = _event(
        "tickets",
        82,
        "TicketsGenerated",
        "Tickets generated",
        generating_id=refers_to(80),
        ids=List(HASH),
    )
    TICKET_TRANSFER_FAILED = _event(
        "tickets",
        83,
        "TicketTransferFailed",
        "Ticket transfer failed",
        peer=PEER_ID,
        sender=SIDE,
        from_proxy=BOOL,
        reason=REASON,
    )
    TICKET_TRANSFERRED = _event(
        "tickets",
        84,
        "TicketTransferred",
        "Ticket transferred",
        peer=PEER_ID,
        sender=SIDE,
        from_proxy=BOOL,
        epoch=U32,
        attempt=U8,
        id=HASH,
    )

    # --- Guaranteeing events ----------
    WORK_PACKAGE_SUBMISSION = _event(
        "guaranteeing",
        90,
        "WorkPackageSubmission",
        "Work-package submission",
        builder=PEER_ID,
        bundle=BOOL,
    )
    WORK_PACKAGE_BEING_SHARED = _event(
        "guaranteeing",
        91,
        "WorkPackageBeingShared",
        "Work-package being shared",
        primary=PEER_ID,
    )
    WORK_PACKAGE_FAILED = _event(
        "guaranteeing",
        92,
        "WorkPackageFailed",
        "Work-package failed",
        submission_or_share_id=refers_to(90, 91),
        reason=REASON,
    )
    DUPLICATE_WORK_PACKAGE = _event(
        "guaranteeing",
        93,
        "DuplicateWorkPackage",
        "Duplicate work-package",
        submission_or_share_id=refers_to(90, 91),
        core=U16,
        hash=HASH,
    )
    WORK_PACKAGE_RECEIVED = _event(
        "guaranteeing",
        94,
        "WorkPackageReceived",
        "Work-package received",
        submission_or_share_id=refers_to(90, 91),
        core=U16,
        outline=WORK_PACKAGE_OUTLINE,
    )
    AUTHORIZED = _event(
        "guaranteeing",
        95,
        "Authorized",
        "Authorized",
        submission_or_share_id=refers_to(90, 91),
        cost=IS_AUTHORIZED_COST,
    )
    EXTRINSIC_DATA_RECEIVED = _event(
        "guaranteeing",
        96,
        "ExtrinsicDataReceived",
        "Extrinsic data received",
        submission_or_share_id=refers_to(90, 91),
    )
    IMPORTS_RECEIVED = _event(
        "guaranteeing",
        97,
        "ImportsReceived",
        "Imports received",
        submission_or_share_id=refers_to(90, 91),
    )
    SHARING_WORK_PACKAGE = _event(
        "guaranteeing",
        98,
        "SharingWorkPackage",
        "Sharing work-package",
        submission_id=refers_to(90),
        secondary=PEER_ID,
    )
    WORK_PACKAGE_SHARING_FAILED = _event(
        "guaranteeing",
        99,
        "WorkPackageSharingFailed",
        "Work-package sharing failed",
        submission_id=refers_to(90),
        secondary=PEER_ID,
        reason=REASON,
    )
    BUNDLE_SENT = _event(
        "guaranteeing",
        100,
        "BundleSent",
        "Bundle sent",
        submission_id=refers_to(90),
        secondary=PEER_ID,
    )
    REFINED = _event(
        "guaranteeing",
        101,
        "Refined",
        "Refined",
        submission_or_share_id=refers_to(90, 91),
        costs=List(REFINE_COST),
    )
    WORK_REPORT_BUILT = _event(
        "guaranteeing",
        102,
        "WorkReportBuilt",
        "Work-report built",
        submission_or_share_id=refers_to(90, 91),
        outline=WORK_REPORT_OUTLINE,
    )
    WORK_REPORT_SIGNATURE_SENT = _event(
        "guaranteeing",
        103,
        "WorkReportSignatureSent",
        "Work-report signature sent",
        share_id=refers_to(91),
    )
    WORK_REPORT_SIGNATURE_RECEIVED = _event(
        "guaranteeing",
        104,
        "WorkReportSignatureReceived",
        "Work-report signature received",
        submission_id=refers_to(90),
        secondary=PEER_ID,
    )
    GUARANTEE_BUILT = _event(
        "guaranteeing",
        105,
        "GuaranteeBuilt",
        "Guarantee built",
        submission_id=refers_to(90),
        outline=GUARANTEE_OUTLINE,
    )
    SENDING_GUARANTEE = _event(
        "guaranteeing",
        106,
        "SendingGuarantee",
        "Sending guarantee",
        built_id=refers_to(105),
        recipient=PEER_ID,
    )
    GUARANTEE_SEND_FAILED = _event(
        "guaranteeing",
        107,
        "GuaranteeSendFailed",
        "Guarantee send failed",
        sending_id=refers_to(106),
        reason=REASON,
    )
    GUARANTEE_SENT = _event(
        "guaranteeing", 108, "GuaranteeSent", "Guarantee sent", sending_id=refers_to(106)
    )
    GUARANTEES_DISTRIBUTED = _event(
        "guaranteeing",
        109,
        "GuaranteesDistributed",
        "Guarantees distributed",
        submission_id=refers_to(90),
    )
    RECEIVING_GUARANTEE = _event(
        "guaranteeing", 110, "ReceivingGuarantee", "Receiving guarantee", sender=PEER_ID
    )
    GUARANTEE_RECEIVE_FAILED = _event(
        "guaranteeing",
        111,
        "GuaranteeReceiveFailed",
        "Guarantee receive failed",
        receiving_id=refers_to(110),
        reason=REASON,
    )
    GUARANTEE_RECEIVED = _event(
        "guaranteeing",
        112,
        "GuaranteeReceived",
        "Guarantee received",
        receiving_id=refers_to(110),
        outline=GUARANTEE_OUTLINE,
    )
    GUARANTEE_DISCARDED = _event(
        "guaranteeing",
        113,
        "GuaranteeDiscarded",
        "Guarantee discarded",
        outline=GUARANTEE_OUTLINE,
        reason=GUARANTEE_DISCARD_REASON,
    )

    # --- Availability distribution events ----------
    SENDING_SHARD_REQUEST = _event(
        "availability",
        120,
        "SendingShardRequest",
        "Sending shard request",
        guarantor=PEER_ID,
        erasure_root=HASH,
        shard=U16,
    )
    RECEIVING_SHARD_REQUEST = _event(
        "availability", 121, "ReceivingShardRequest", "Receiving shard request", assurer=PEER_ID
    )
    SHARD_REQUEST_FAILED = _event(
        "availability",
        122,
        "ShardRequestFailed",
        "Shard request failed",
        request_id=refers_to(120, 121),
        reason=REASON,
    )
    SHARD_REQUEST_SENT = _event(
        "availability", 123, "ShardRequestSent", "Shard request sent", request_id=refers_to(120)
    )
    SHARD_REQUEST_RECEIVED = _event(
        "availability",
        124,
        "ShardRequestReceived",
        "Shard request received",
        request_id=refers_to(121),
        erasure_root=HASH,
        shard=U16,
    )
    SHARDS_TRANSFERRED = _event(
        "availability",
        125,
        "ShardsTransferred",
        "Shards transferred",
        request_id=refers_to(120, 121),
    )
    DISTRIBUTING_ASSURANCE = _event(
        "availability",
        126,
        "DistributingAssurance",
        "Distributing assurance",
        statement=AVAILABILITY_STATEMENT,
    )
    ASSURANCE_SEND_FAILED = _event(
        "availability",
        127,
        "AssuranceSendFailed",
        "Assurance send failed",
        distributing_id=refers_to(126),
        recipient=PEER_ID,
        reason=REASON,
    )
    ASSURANCE_SENT = _event(
        "availability",
        128,
        "AssuranceSent",
        "Assurance sent",
        distributing_id=refers_to(126),
        recipient=PEER_ID,
    )
    ASSURANCE_DISTRIBUTED = _event(
        "availability",
        129,
        "AssuranceDistributed",
        "Assurance distributed",
        distributing_id=refers_to(126),
    )
    ASSURANCE_RECEIVE_FAILED = _event(
        "availability",
        130,
        "AssuranceReceiveFailed",
        "Assurance receive failed",
        sender=PEER_ID,
        reason=REASON,
    )
    ASSURANCE_RECEIVED = _event(
        "availability",
        131,
        "AssuranceReceived",
        "Assurance received",
        sender=PEER_ID,
        anchor=HASH,
    )

    # --- Bundle recovery events ----------
    SENDING_BUNDLE_SHARD_REQUEST = _event(
        "bundle_recovery",
        140,
        "SendingBundleShardRequest",
        "Sending bundle shard request",
        audit_id=refers_to(),
        assurer=PEER_ID,
        shard=U16,
    )
    RECEIVING_BUNDLE_SHARD_REQUEST = _event(
        "bundle_recovery",
        141,
        "ReceivingBundleShardRequest",
        "Receiving bundle shard request",
        auditor=PEER_ID,
    )
    BUNDLE_SHARD_REQUEST_FAILED = _event(
        "bundle_recovery",
        142,
        "BundleShardRequestFailed",
        "Bundle shard request failed",
        request_id=refers_to(140, 141),
        reason=REASON,
    )
    BUNDLE_SHARD_REQUEST_SENT = _event(
        "bundle_recovery",
        143,
        "BundleShardRequestSent",
        "Bundle shard request sent",
        request_id=refers_to(140),
    )
    BUNDLE_SHARD_REQUEST_RECEIVED = _event(
        "bundle_recovery",
        144,
        "BundleShardRequestReceived",
        "Bundle shard request received",
        request_id=refers_to(141),
        erasure_root=HASH,
        shard=U16,
    )
    BUNDLE_SHARD_TRANSFERRED = _event(
        "bundle_recovery",
        145,
        "BundleShardTransferred",
        "Bundle shard transferred",
        request_id=refers_to(140, 141),
    )
    RECONSTRUCTING_BUNDLE = _event(
        "bundle_recovery",
        146,
        "ReconstructingBundle",
        "Reconstructing bundle",
        audit_id=refers_to(),
        kind=KIND,
    )
    BUNDLE_RECONSTRUCTED = _event(
        "bundle_recovery", 147, "BundleReconstructed", "Bundle reconstructed", audit_id=refers_to()
    )
    SENDING_BUNDLE_REQUEST = _event(
        "bundle_recovery",
        148,
        "SendingBundleRequest",
        "Sending bundle request",
        audit_id=refers_to(),
        guarantor=PEER_ID,
    )
    RECEIVING_BUNDLE_REQUEST = _event(
        "bundle_recovery",
        149,
        "ReceivingBundleRequest",
        "Receiving bundle request",
        auditor=PEER_ID,
    )
    BUNDLE_REQUEST_FAILED = _event(
        "bundle_recovery",
        150,
        "BundleRequestFailed",
        "Bundle request failed",
        request_id=refers_to(148, 149),
        reason=REASON,
    )
    BUNDLE_REQUEST_SENT = _event(
        "bundle_recovery",
        151,
        "BundleRequestSent",
        "Bundle request sent",
        request_id=refers_to(148),
    )
    BUNDLE_REQUEST_RECEIVED = _event(
        "bundle_recovery",
        152,
        "BundleRequestReceived",
        "Bundle request received",
        request_id=refers_to(149),
        erasure_root=HASH,
    )
    BUNDLE_TRANSFERRED = _event(
        "bundle_recovery",
        153,
        "BundleTransferred",
        "Bundle transferred",
        request_id=refers_to(148, 149),
    )

    # --- Segment recovery events ----------
    WORK_PACKAGE_HASH_MAPPED = _event(
        "segment_recovery",
        160,
        "WorkPackageHashMapped",
        "Work-package hash mapped",
        submission_id=refers_to(90),
        work_package_hash=HASH,
        segments_root=HASH,
    )
    SEGMENTS_ROOT_MAPPED = _event(
        "segment_recovery",
        161,
        "SegmentsRootMapped",
        "Segments-root mapped",
        submission_id=refers_to(90),
        segments_root=HASH,
        erasure_root=HASH,
    )
    SENDING_SEGMENT_SHARD_REQUEST = _event(
        "segment_recovery",
        162,
        "SendingSegmentShardRequest",
        "Sending segment shard request",
        submission_id=refers_to(90),
        assurer=PEER_ID,
        proofs=BOOL,
        shards=List(Tuple((U16, U16))),
    )
    RECEIVING_SEGMENT_SHARD_REQUEST = _event(
        "segment_recovery",
        163,
        "ReceivingSegmentShardRequest",
        "Receiving segment shard request",
        sender=PEER_ID,
        proofs=BOOL,
    )
    SEGMENT_SHARD_REQUEST_FAILED = _event(
        "segment_recovery",
        164,
        "SegmentShardRequestFailed",
        "Segment shard request failed",
        request_id=refers_to(162, 163),
        reason=REASON,
    )
    SEGMENT_SHARD_REQUEST_SENT = _event(
        "segment_recovery",
        165,
        "SegmentShardRequestSent",
        "Segment shard request sent",
        request_id=refers_to(162),
    )
    SEGMENT_SHARD_REQUEST_RECEIVED = _event(
        "segment_recovery",
        166,
        "SegmentShardRequestReceived",
        "Segment shard request received",
        request_id=refers_to(163),
        num=U16,
    )
    SEGMENT_SHARDS_TRANSFERRED = _event(
        "segment_recovery",
        167,
        "SegmentShardsTransferred",
        "Segment shards transferred",
        request_id=refers_to(162, 163),
    )
    RECONSTRUCTING_SEGMENTS = _event(
        "segment_recovery",
        168,
        "ReconstructingSegments",
        "Reconstructing segments",
        submission_id=refers_to(90),
        segments=List(U16),
        kind=KIND,
    )
    SEGMENT_RECONSTRUCTION_FAILED = _event(
        "segment_recovery",
        169,
        "SegmentReconstructionFailed",
        "Segment reconstruction failed",
        reconstructing_id=refers_to(168),
        reason=REASON,
    )
    SEGMENTS_RECONSTRUCTED = _event(
        "segment_recovery",
        170,
        "SegmentsReconstructed",
        "Segments reconstructed",
        reconstructing_id=refers_to(168),
    )
    SEGMENT_VERIFICATION_FAILED = _event(
        "segment_recovery",
        171,
        "SegmentVerificationFailed",
        "Segment verification failed",
        submission_id=refers_to(90),
        segments=List(U16),
        reason=REASON,
    )
    SEGMENTS_VERIFIED = _event(
        "segment_recovery",
        172,
        "SegmentsVerified",
        "Segments verified",
        submission_id=refers_to(90),
        segments=List(U16),
    )
    SENDING_SEGMENT_REQUEST = _event(
        "segment_recovery",
        173,
        "SendingSegmentRequest",
        "Sending segment request",
        submission_id=refers_to(90),
        prev_guarantor=PEER_ID,
        segments=List(U16),
    )
    RECEIVING_SEGMENT_REQUEST = _event(
        "segment_recovery",
        174,
        "ReceivingSegmentRequest",
        "Receiving segment request",
        guarantor=PEER_ID,
    )
    SEGMENT_REQUEST_FAILED = _event(
        "segment_recovery",
        175,
        "SegmentRequestFailed",
        "Segment request failed",
        request_id=refers_to(173, 174),
        reason=REASON,
    )
    SEGMENT_REQUEST_SENT = _event(
        "segment_recovery",
        176,
        "SegmentRequestSent",
        "Segment request sent",
        request_id=refers_to(173),
    )
    SEGMENT_REQUEST_RECEIVED = _event(
        "segment_recovery",
        177,
        "SegmentRequestReceived",
        "Segment request received",
        request_id=refers_to(174),
        num=U16,
    )
    SEGMENTS_TRANSFERRED = _event(
        "segment_recovery",
        178,
        "SegmentsTransferred",
        "Segments transferred",
        request_id=refers_to(173, 174),
    )

    # --- Preimage distribution events ----------
    PREIMAGE_ANNOUNCEMENT_FAILED = _event(
        "preimages",
        190,
        "PreimageAnnouncementFailed",
        "Preimage announcement failed",
        peer=PEER_ID,
        announcer=SIDE,
        reason=REASON,
    )
    PREIMAGE_ANNOUNCED = _event(
        "preimages",
        191,
        "PreimageAnnounced",
        "Preimage announced",
        peer=PEER_ID,
        announcer=SIDE,
        service=U32,
        hash=HASH,
        length=U32,
    )
    ANNOUNCED_PREIMAGE_FORGOTTEN = _event(
        "preimages",
        192,
        "AnnouncedPreimageForgotten",
        "Announced preimage forgotten",
        service=U32,
        hash=HASH,
        length=U32,
        reason=PREIMAGE_FORGET_REASON,
    )
    SENDING_PREIMAGE_REQUEST = _event(
        "preimages",
        193,
        "SendingPreimageRequest",
        "Sending preimage request",
        recipient=PEER_ID,
        hash=HASH,
    )
    RECEIVING_PREIMAGE_REQUEST = _event(
        "preimages",
        194,
        "ReceivingPreimageRequest",
        "Receiving preimage request",
        sender=PEER_ID,
    )
    PREIMAGE_REQUEST_FAILED = _event(
        "preimages",
        195,
        "PreimageRequestFailed",
        "Preimage request failed",
        request_id=refers_to(193, 194),
        reason=REASON,
    )
    PREIMAGE_REQUEST_SENT = _event(
        "preimages",
        196,
        "PreimageRequestSent",
        "Preimage request sent",
        request_id=refers_to(193),
    )
    PREIMAGE_REQUEST_RECEIVED = _event(
        "preimages",
        197,
        "PreimageRequestReceived",
        "Preimage request received",
        request_id=refers_to(194),
        hash=HASH,
    )
    PREIMAGE_TRANSFERRED = _event(
        "preimages",
        198,
        "PreimageTransferred",
        "Preimage transferred",
        request_id=refers_to(193, 194),
        length=U32,
    )
    PREIMAGE_DISCARDED = _event(
        "preimages",
        199,
        "PreimageDiscarded",
        "Preimage discarded",
        hash=HASH,
        length=U32,
        reason=PREIMAGE_DISCARD_REASON,
    )


EVENTS: Mapping[int, EventKind] = MappingProxyType({kind.number: kind for kind in EventKind})

BY_VARIANT: Mapping[str, EventKind] = MappingProxyType(
    {each.variant: each for each in EVENTS.values()}
)
BY_ROLE: Mapping[Role, tuple[EventKind, ...]] = MappingProxyType(
    {
        role: tuple(kind for kind in EventKind if kind.role and kind.role.role is role)
        for role in Role
    }
)
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(each.group for each in EVENTS.values()))


def leading_reference(layout: Struct) -> EventId | None:
    """Return the Event ID that a payload starts with, if any; the event log has a column for it."""
    first = layout.fields[0][1] if layout.fields else None
    return first if isinstance(first, EventId) else None
