"""Every event of JIP-3, declared once, in the specification's order.

Pure, and a table on purpose: number, name of the variant in JSON, the specification's
heading, then the fields as they come after timestamp and number on the wire.
Decoder, encoder, JSON names and storage columns all derive from these lines.
Fields are those of protocol version 1; ``version_0`` tells where version 0 differed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

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


@dataclass(frozen=True)
class EventType:
    """One event type of JIP-3.

    Attributes:
        number: the byte that announces it on the wire.
        variant: its name in JSON.
        title: its heading in the specification.
        group: the section it stands in.
        fields: its payload, in protocol version 1.
        version_0: its payload in protocol version 0 where that differed.
    """

    number: int
    variant: str
    title: str
    group: str
    fields: Struct
    version_0: Struct | None = None

    def layout(self, version: int) -> Struct:
        """The payload as that protocol version writes it."""
        return self.version_0 if version == 0 and self.version_0 else self.fields

    @cached_property
    def slot_offset(self) -> int | None:
        """Where the payload names the slot of a block or guarantee, if it does."""
        return self.fields.offset_of("slot")

    @cached_property
    def core_offset(self) -> int | None:
        """Where the payload names the core, if it does."""
        return self.fields.offset_of("core")


def leading_reference(layout: Struct) -> EventId | None:
    """The Event ID a payload starts with, if it does: the log keeps it apart."""
    first = layout.fields[0][1] if layout.fields else None
    return first if isinstance(first, EventId) else None


def _event(
    number: int,
    variant: str,
    title: str,
    *,
    version_0: Struct | None = None,
    **fields: Any,
) -> EventType:
    return EventType(number, variant, title, "", struct(variant, **fields), version_0)


def _group(name: str, *events: EventType) -> tuple[EventType, ...]:
    return tuple(
        EventType(each.number, each.variant, each.title, name, each.fields, each.version_0)
        for each in events
    )


def _by_number(groups: Iterable[tuple[EventType, ...]]) -> Mapping[int, EventType]:
    return MappingProxyType({each.number: each for group in groups for each in group})


EVENTS: Mapping[int, EventType] = _by_number(
    (
        # --- Meta events ----------------------------------------------------------------
        _group(
            "meta",
            _event(0, "Dropped", "Dropped", last_timestamp=TIMESTAMP, num=U64),
        ),
        # --- Status events --------------------------------------------------------------
        _group(
            "status",
            _event(
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
            ),
            _event(11, "BestBlockChanged", "Best block changed", slot=U32, hash=HASH),
            _event(
                12,
                "FinalizedBlockChanged",
                "Finalized block changed",
                slot=U32,
                hash=HASH,
            ),
            _event(13, "SyncStatusChanged", "Sync status changed", synced=BOOL),
        ),
        # --- Networking events ----------------------------------------------------------
        _group(
            "networking",
            _event(20, "ConnectionRefused", "Connection refused", from_=PEER_ADDRESS),
            _event(21, "ConnectingIn", "Connecting in", from_=PEER_ADDRESS),
            _event(
                22,
                "ConnectInFailed",
                "Connect in failed",
                connecting_id=refers_to(21),
                reason=REASON,
            ),
            _event(
                23,
                "ConnectedIn",
                "Connected in",
                connecting_id=refers_to(21),
                peer_id=PEER_ID,
            ),
            _event(24, "ConnectingOut", "Connecting out", to=PEER_DETAILS),
            _event(
                25,
                "ConnectOutFailed",
                "Connect out failed",
                connecting_id=refers_to(24),
                reason=REASON,
            ),
            _event(26, "ConnectedOut", "Connected out", connecting_id=refers_to(24)),
            _event(
                27,
                "Disconnected",
                "Disconnected",
                peer=PEER_ID,
                terminator=Option(SIDE),
                reason=REASON,
            ),
            _event(28, "PeerMisbehaved", "Peer misbehaved", peer=PEER_ID, reason=REASON),
        ),
        # --- Block authoring/importing events -------------------------------------------
        _group(
            "block_authoring",
            _event(40, "Authoring", "Authoring", slot=U32, parent=HASH),
            _event(
                41,
                "AuthoringFailed",
                "Authoring failed",
                authoring_id=refers_to(40),
                reason=REASON,
            ),
            _event(
                42,
                "Authored",
                "Authored",
                authoring_id=refers_to(40),
                outline=BLOCK_OUTLINE,
            ),
            _event(43, "Importing", "Importing", slot=U32, outline=BLOCK_OUTLINE),
            _event(
                44,
                "BlockVerificationFailed",
                "Block verification failed",
                importing_id=refers_to(43),
                reason=REASON,
            ),
            _event(45, "BlockVerified", "Block verified", importing_id=refers_to(43)),
            _event(
                46,
                "BlockExecutionFailed",
                "Block execution failed",
                authoring_or_importing_id=refers_to(40, 43),
                reason=REASON,
            ),
            _event(
                47,
                "BlockExecuted",
                "Block executed",
                authoring_or_importing_id=refers_to(40, 43),
                accumulate_costs=List(ACCUMULATED_SERVICE),
            ),
        ),
        # --- Block distribution events --------------------------------------------------
        _group(
            "block_distribution",
            _event(
                60,
                "BlockAnnouncementStreamOpened",
                "Block announcement stream opened",
                peer=PEER_ID,
                opener=SIDE,
            ),
            _event(
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
            ),
            _event(
                62,
                "BlockAnnounced",
                "Block announced",
                peer=PEER_ID,
                announcer=SIDE,
                slot=U32,
                hash=HASH,
            ),
            _event(
                63,
                "SendingBlockRequest",
                "Sending block request",
                recipient=PEER_ID,
                hash=HASH,
                direction=DIRECTION,
                max_blocks=U32,
            ),
            _event(64, "ReceivingBlockRequest", "Receiving block request", sender=PEER_ID),
            _event(
                65,
                "BlockRequestFailed",
                "Block request failed",
                request_id=refers_to(63, 64),
                reason=REASON,
            ),
            _event(66, "BlockRequestSent", "Block request sent", request_id=refers_to(63)),
            _event(
                67,
                "BlockRequestReceived",
                "Block request received",
                request_id=refers_to(64),
                hash=HASH,
                direction=DIRECTION,
                max_blocks=U32,
            ),
            _event(
                68,
                "BlockTransferred",
                "Block transferred",
                request_id=refers_to(63, 64),
                slot=U32,
                outline=BLOCK_OUTLINE,
                last=BOOL,
            ),
        ),
        # --- Safrole ticket events ------------------------------------------------------
        _group(
            "tickets",
            _event(80, "GeneratingTickets", "Generating tickets", epoch=U32),
            _event(
                81,
                "TicketGenerationFailed",
                "Ticket generation failed",
                generating_id=refers_to(80),
                reason=REASON,
            ),
            _event(
                82,
                "TicketsGenerated",
                "Tickets generated",
                generating_id=refers_to(80),
                ids=List(HASH),
            ),
            _event(
                83,
                "TicketTransferFailed",
                "Ticket transfer failed",
                peer=PEER_ID,
                sender=SIDE,
                from_proxy=BOOL,
                reason=REASON,
            ),
            _event(
                84,
                "TicketTransferred",
                "Ticket transferred",
                peer=PEER_ID,
                sender=SIDE,
                from_proxy=BOOL,
                epoch=U32,
                attempt=U8,
                id=HASH,
            ),
        ),
        # --- Guaranteeing events --------------------------------------------------------
        _group(
            "guaranteeing",
            _event(
                90,
                "WorkPackageSubmission",
                "Work-package submission",
                builder=PEER_ID,
                bundle=BOOL,
            ),
            _event(
                91,
                "WorkPackageBeingShared",
                "Work-package being shared",
                primary=PEER_ID,
            ),
            _event(
                92,
                "WorkPackageFailed",
                "Work-package failed",
                submission_or_share_id=refers_to(90, 91),
                reason=REASON,
            ),
            _event(
                93,
                "DuplicateWorkPackage",
                "Duplicate work-package",
                submission_or_share_id=refers_to(90, 91),
                core=U16,
                hash=HASH,
            ),
            _event(
                94,
                "WorkPackageReceived",
                "Work-package received",
                submission_or_share_id=refers_to(90, 91),
                core=U16,
                outline=WORK_PACKAGE_OUTLINE,
            ),
            _event(
                95,
                "Authorized",
                "Authorized",
                submission_or_share_id=refers_to(90, 91),
                cost=IS_AUTHORIZED_COST,
            ),
            _event(
                96,
                "ExtrinsicDataReceived",
                "Extrinsic data received",
                submission_or_share_id=refers_to(90, 91),
            ),
            _event(
                97,
                "ImportsReceived",
                "Imports received",
                submission_or_share_id=refers_to(90, 91),
            ),
            _event(
                98,
                "SharingWorkPackage",
                "Sharing work-package",
                submission_id=refers_to(90),
                secondary=PEER_ID,
            ),
            _event(
                99,
                "WorkPackageSharingFailed",
                "Work-package sharing failed",
                submission_id=refers_to(90),
                secondary=PEER_ID,
                reason=REASON,
            ),
            _event(
                100,
                "BundleSent",
                "Bundle sent",
                submission_id=refers_to(90),
                secondary=PEER_ID,
            ),
            _event(
                101,
                "Refined",
                "Refined",
                submission_or_share_id=refers_to(90, 91),
                costs=List(REFINE_COST),
            ),
            _event(
                102,
                "WorkReportBuilt",
                "Work-report built",
                submission_or_share_id=refers_to(90, 91),
                outline=WORK_REPORT_OUTLINE,
            ),
            _event(
                103,
                "WorkReportSignatureSent",
                "Work-report signature sent",
                share_id=refers_to(91),
            ),
            _event(
                104,
                "WorkReportSignatureReceived",
                "Work-report signature received",
                submission_id=refers_to(90),
                secondary=PEER_ID,
            ),
            _event(
                105,
                "GuaranteeBuilt",
                "Guarantee built",
                submission_id=refers_to(90),
                outline=GUARANTEE_OUTLINE,
            ),
            _event(
                106,
                "SendingGuarantee",
                "Sending guarantee",
                built_id=refers_to(105),
                recipient=PEER_ID,
            ),
            _event(
                107,
                "GuaranteeSendFailed",
                "Guarantee send failed",
                sending_id=refers_to(106),
                reason=REASON,
            ),
            _event(108, "GuaranteeSent", "Guarantee sent", sending_id=refers_to(106)),
            _event(
                109,
                "GuaranteesDistributed",
                "Guarantees distributed",
                submission_id=refers_to(90),
            ),
            _event(110, "ReceivingGuarantee", "Receiving guarantee", sender=PEER_ID),
            _event(
                111,
                "GuaranteeReceiveFailed",
                "Guarantee receive failed",
                receiving_id=refers_to(110),
                reason=REASON,
            ),
            _event(
                112,
                "GuaranteeReceived",
                "Guarantee received",
                receiving_id=refers_to(110),
                outline=GUARANTEE_OUTLINE,
            ),
            _event(
                113,
                "GuaranteeDiscarded",
                "Guarantee discarded",
                outline=GUARANTEE_OUTLINE,
                reason=GUARANTEE_DISCARD_REASON,
            ),
        ),
        # --- Availability distribution events -------------------------------------------
        _group(
            "availability",
            _event(
                120,
                "SendingShardRequest",
                "Sending shard request",
                guarantor=PEER_ID,
                erasure_root=HASH,
                shard=U16,
            ),
            _event(121, "ReceivingShardRequest", "Receiving shard request", assurer=PEER_ID),
            _event(
                122,
                "ShardRequestFailed",
                "Shard request failed",
                request_id=refers_to(120, 121),
                reason=REASON,
            ),
            _event(123, "ShardRequestSent", "Shard request sent", request_id=refers_to(120)),
            _event(
                124,
                "ShardRequestReceived",
                "Shard request received",
                request_id=refers_to(121),
                erasure_root=HASH,
                shard=U16,
            ),
            _event(
                125,
                "ShardsTransferred",
                "Shards transferred",
                request_id=refers_to(120, 121),
            ),
            _event(
                126,
                "DistributingAssurance",
                "Distributing assurance",
                statement=AVAILABILITY_STATEMENT,
            ),
            _event(
                127,
                "AssuranceSendFailed",
                "Assurance send failed",
                distributing_id=refers_to(126),
                recipient=PEER_ID,
                reason=REASON,
            ),
            _event(
                128,
                "AssuranceSent",
                "Assurance sent",
                distributing_id=refers_to(126),
                recipient=PEER_ID,
            ),
            _event(
                129,
                "AssuranceDistributed",
                "Assurance distributed",
                distributing_id=refers_to(126),
            ),
            _event(
                130,
                "AssuranceReceiveFailed",
                "Assurance receive failed",
                sender=PEER_ID,
                reason=REASON,
            ),
            _event(
                131,
                "AssuranceReceived",
                "Assurance received",
                sender=PEER_ID,
                anchor=HASH,
            ),
        ),
        # --- Bundle recovery events -----------------------------------------------------
        _group(
            "bundle_recovery",
            _event(
                140,
                "SendingBundleShardRequest",
                "Sending bundle shard request",
                audit_id=refers_to(),
                assurer=PEER_ID,
                shard=U16,
            ),
            _event(
                141,
                "ReceivingBundleShardRequest",
                "Receiving bundle shard request",
                auditor=PEER_ID,
            ),
            _event(
                142,
                "BundleShardRequestFailed",
                "Bundle shard request failed",
                request_id=refers_to(140, 141),
                reason=REASON,
            ),
            _event(
                143,
                "BundleShardRequestSent",
                "Bundle shard request sent",
                request_id=refers_to(140),
            ),
            _event(
                144,
                "BundleShardRequestReceived",
                "Bundle shard request received",
                request_id=refers_to(141),
                erasure_root=HASH,
                shard=U16,
            ),
            _event(
                145,
                "BundleShardTransferred",
                "Bundle shard transferred",
                request_id=refers_to(140, 141),
            ),
            _event(
                146,
                "ReconstructingBundle",
                "Reconstructing bundle",
                audit_id=refers_to(),
                kind=KIND,
            ),
            _event(147, "BundleReconstructed", "Bundle reconstructed", audit_id=refers_to()),
            _event(
                148,
                "SendingBundleRequest",
                "Sending bundle request",
                audit_id=refers_to(),
                guarantor=PEER_ID,
            ),
            _event(
                149,
                "ReceivingBundleRequest",
                "Receiving bundle request",
                auditor=PEER_ID,
            ),
            _event(
                150,
                "BundleRequestFailed",
                "Bundle request failed",
                request_id=refers_to(148, 149),
                reason=REASON,
            ),
            _event(
                151,
                "BundleRequestSent",
                "Bundle request sent",
                request_id=refers_to(148),
            ),
            _event(
                152,
                "BundleRequestReceived",
                "Bundle request received",
                request_id=refers_to(149),
                erasure_root=HASH,
            ),
            _event(
                153,
                "BundleTransferred",
                "Bundle transferred",
                request_id=refers_to(148, 149),
            ),
        ),
        # --- Segment recovery events ----------------------------------------------------
        _group(
            "segment_recovery",
            _event(
                160,
                "WorkPackageHashMapped",
                "Work-package hash mapped",
                submission_id=refers_to(90),
                work_package_hash=HASH,
                segments_root=HASH,
            ),
            _event(
                161,
                "SegmentsRootMapped",
                "Segments-root mapped",
                submission_id=refers_to(90),
                segments_root=HASH,
                erasure_root=HASH,
            ),
            _event(
                162,
                "SendingSegmentShardRequest",
                "Sending segment shard request",
                submission_id=refers_to(90),
                assurer=PEER_ID,
                proofs=BOOL,
                shards=List(Tuple((U16, U16))),
            ),
            _event(
                163,
                "ReceivingSegmentShardRequest",
                "Receiving segment shard request",
                sender=PEER_ID,
                proofs=BOOL,
            ),
            _event(
                164,
                "SegmentShardRequestFailed",
                "Segment shard request failed",
                request_id=refers_to(162, 163),
                reason=REASON,
            ),
            _event(
                165,
                "SegmentShardRequestSent",
                "Segment shard request sent",
                request_id=refers_to(162),
            ),
            _event(
                166,
                "SegmentShardRequestReceived",
                "Segment shard request received",
                request_id=refers_to(163),
                num=U16,
            ),
            _event(
                167,
                "SegmentShardsTransferred",
                "Segment shards transferred",
                request_id=refers_to(162, 163),
            ),
            _event(
                168,
                "ReconstructingSegments",
                "Reconstructing segments",
                submission_id=refers_to(90),
                segments=List(U16),
                kind=KIND,
            ),
            _event(
                169,
                "SegmentReconstructionFailed",
                "Segment reconstruction failed",
                reconstructing_id=refers_to(168),
                reason=REASON,
            ),
            _event(
                170,
                "SegmentsReconstructed",
                "Segments reconstructed",
                reconstructing_id=refers_to(168),
            ),
            _event(
                171,
                "SegmentVerificationFailed",
                "Segment verification failed",
                submission_id=refers_to(90),
                segments=List(U16),
                reason=REASON,
            ),
            _event(
                172,
                "SegmentsVerified",
                "Segments verified",
                submission_id=refers_to(90),
                segments=List(U16),
            ),
            _event(
                173,
                "SendingSegmentRequest",
                "Sending segment request",
                submission_id=refers_to(90),
                prev_guarantor=PEER_ID,
                segments=List(U16),
            ),
            _event(
                174,
                "ReceivingSegmentRequest",
                "Receiving segment request",
                guarantor=PEER_ID,
            ),
            _event(
                175,
                "SegmentRequestFailed",
                "Segment request failed",
                request_id=refers_to(173, 174),
                reason=REASON,
            ),
            _event(
                176,
                "SegmentRequestSent",
                "Segment request sent",
                request_id=refers_to(173),
            ),
            _event(
                177,
                "SegmentRequestReceived",
                "Segment request received",
                request_id=refers_to(174),
                num=U16,
            ),
            _event(
                178,
                "SegmentsTransferred",
                "Segments transferred",
                request_id=refers_to(173, 174),
            ),
        ),
        # --- Preimage distribution events -----------------------------------------------
        _group(
            "preimages",
            _event(
                190,
                "PreimageAnnouncementFailed",
                "Preimage announcement failed",
                peer=PEER_ID,
                announcer=SIDE,
                reason=REASON,
            ),
            _event(
                191,
                "PreimageAnnounced",
                "Preimage announced",
                peer=PEER_ID,
                announcer=SIDE,
                service=U32,
                hash=HASH,
                length=U32,
            ),
            _event(
                192,
                "AnnouncedPreimageForgotten",
                "Announced preimage forgotten",
                service=U32,
                hash=HASH,
                length=U32,
                reason=PREIMAGE_FORGET_REASON,
            ),
            _event(
                193,
                "SendingPreimageRequest",
                "Sending preimage request",
                recipient=PEER_ID,
                hash=HASH,
            ),
            _event(
                194,
                "ReceivingPreimageRequest",
                "Receiving preimage request",
                sender=PEER_ID,
            ),
            _event(
                195,
                "PreimageRequestFailed",
                "Preimage request failed",
                request_id=refers_to(193, 194),
                reason=REASON,
            ),
            _event(
                196,
                "PreimageRequestSent",
                "Preimage request sent",
                request_id=refers_to(193),
            ),
            _event(
                197,
                "PreimageRequestReceived",
                "Preimage request received",
                request_id=refers_to(194),
                hash=HASH,
            ),
            _event(
                198,
                "PreimageTransferred",
                "Preimage transferred",
                request_id=refers_to(193, 194),
                length=U32,
            ),
            _event(
                199,
                "PreimageDiscarded",
                "Preimage discarded",
                hash=HASH,
                length=U32,
                reason=PREIMAGE_DISCARD_REASON,
            ),
        ),
    )
)

BY_VARIANT: Mapping[str, EventType] = MappingProxyType(
    {each.variant: each for each in EVENTS.values()}
)
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(each.group for each in EVENTS.values()))
