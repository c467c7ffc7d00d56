"""One method per event of JIP-3, and the types of their arguments.

Written by ``python -m tart.client.generate_events`` from ``tart.protocol.events``; change it there.

Every method returns the event's id at once, waits for nothing and raises nothing (but in
strict mode). Bytes are ``bytes``, structures dictionaries, enumerations their names.
An ``EventId`` is what the method of the earlier event returned.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from tart.client.core.emitter_core import EventId

Side = Literal["Local", "Remote"]
Direction = Literal["Ascending", "Descending"]
GuaranteeDiscardReason = Literal[
    "PackageReportedOnChain",
    "ReplacedByBetter",
    "CannotReportOnChain",
    "TooManyGuarantees",
    "Other",
]
Kind = Literal["NonTrivial", "Trivial"]
PreimageForgetReason = Literal[
    "ProvidedOnChain",
    "NotRequestedOnChain",
    "FailedToAcquire",
    "TooManyAnnounced",
    "BadLength",
    "Other",
]
PreimageDiscardReason = Literal[
    "ProvidedOnChain",
    "NotRequestedOnChain",
    "TooManyPreimages",
    "Other",
]


class PeerAddress(TypedDict):
    """JIP-3's PeerAddress."""

    ipv6: str
    port: int


class PeerDetails(TypedDict):
    """JIP-3's PeerDetails."""

    peer_id: bytes
    peer_address: PeerAddress


class BlockOutline(TypedDict):
    """JIP-3's BlockOutline."""

    size_bytes: int
    hash: bytes
    num_tickets: int
    num_preimages: int
    total_preimages_size: int
    num_guarantees: int
    num_assurances: int
    num_dispute_verdicts: int


class ExecCost(TypedDict):
    """JIP-3's ExecCost."""

    gas_used: int
    elapsed_ns: int


class AccumulateHostCalls(TypedDict):
    """JIP-3's AccumulateHostCalls."""

    state: ExecCost
    lookup: ExecCost
    preimage: ExecCost
    service: ExecCost
    transfer: ExecCost
    transfer_dest_gas: int
    other: ExecCost


class AccumulateCost(TypedDict):
    """JIP-3's AccumulateCost."""

    num_calls: int
    num_transfers: int
    num_items: int
    total: ExecCost
    load_ns: int
    host_call: AccumulateHostCalls


class SegmentsRoot(TypedDict):
    """Where an import is found: under the root of its segments."""

    SegmentsRoot: bytes


class WorkPackageHash(TypedDict):
    """Where an import is found: under the hash of the work-package that exported it."""

    WorkPackageHash: bytes


class ImportSpec(TypedDict):
    """JIP-3's Import Spec; the index has 15 bits."""

    root_identifier: SegmentsRoot | WorkPackageHash
    export_index: int


class WorkItem(TypedDict):
    """JIP-3's WorkItem."""

    service_id: int
    payload_size: int
    refine_gas_limit: int
    accumulate_gas_limit: int
    sum_of_extrinsic_lengths: int
    imports: list[ImportSpec]
    num_exported_segments: int


class WorkPackageOutline(TypedDict):
    """JIP-3's WorkPackageOutline."""

    work_package_size: int
    work_package_hash: bytes
    anchor: bytes
    lookup_anchor_slot: int
    prerequisites: list[bytes]
    work_items: list[WorkItem]


class IsAuthorizedCost(TypedDict):
    """JIP-3's IsAuthorizedCost."""

    total: ExecCost
    load_ns: int
    host_call: ExecCost


class RefineHostCalls(TypedDict):
    """JIP-3's RefineHostCalls."""

    lookup: ExecCost
    vm: ExecCost
    mem: ExecCost
    invoke: ExecCost
    other: ExecCost


class RefineCost(TypedDict):
    """JIP-3's RefineCost."""

    total: ExecCost
    load_ns: int
    host_call: RefineHostCalls


class WorkReportOutline(TypedDict):
    """JIP-3's WorkReportOutline."""

    work_report_hash: bytes
    bundle_size: int
    erasure_root: bytes
    segments_root: bytes


class GuaranteeOutline(TypedDict):
    """JIP-3's GuaranteeOutline."""

    work_report_hash: bytes
    slot: int
    guarantors: list[int]


class AvailabilityStatement(TypedDict):
    """JIP-3's AvailabilityStatement."""

    anchor: bytes
    bitfield: bytes | list[int]


class Events:
    """The events a node can emit; what becomes of them is the subclass's part."""

    # Protocol version of the connection: one event has other fields in version 0.
    _version: int = 1

    def _emit(self, event_type: int, *values: object) -> EventId:
        raise NotImplementedError

    def status(
        self,
        num_peers: int,
        num_val_peers: int,
        num_sync_peers: int,
        num_guarantees: bytes | list[int],
        num_shards: int,
        shards_size: int,
        num_preimages: int,
        preimages_size: int,
    ) -> EventId:
        """Status (event 10).

        Args:
            num_peers: below 2^32.
            num_val_peers: below 2^32.
            num_sync_peers: below 2^32.
            num_guarantees: one byte per core.
            num_shards: below 2^32.
            shards_size: below 2^64.
            num_preimages: below 2^32.
            preimages_size: below 2^32.
        """
        return self._emit(
            10,
            num_peers,
            num_val_peers,
            num_sync_peers,
            num_guarantees,
            num_shards,
            shards_size,
            num_preimages,
            preimages_size,
        )

    def best_block_changed(self, slot: int, hash: bytes) -> EventId:
        """Best block changed (event 11).

        Args:
            slot: below 2^32.
            hash: 32 bytes.
        """
        return self._emit(11, slot, hash)

    def finalized_block_changed(self, slot: int, hash: bytes) -> EventId:
        """Finalized block changed (event 12).

        Args:
            slot: below 2^32.
            hash: 32 bytes.
        """
        return self._emit(12, slot, hash)

    def sync_status_changed(self, synced: bool) -> EventId:
        """Sync status changed (event 13).

        Args:
            synced: whether it is so.
        """
        return self._emit(13, synced)

    def connection_refused(self, from_: PeerAddress) -> EventId:
        """Connection refused (event 20).

        Args:
            from_: see PeerAddress.
        """
        return self._emit(20, from_)

    def connecting_in(self, from_: PeerAddress) -> EventId:
        """Connecting in (event 21).

        Args:
            from_: see PeerAddress.
        """
        return self._emit(21, from_)

    def connect_in_failed(self, connecting_id: EventId, reason: str) -> EventId:
        """Connect in failed (event 22).

        Args:
            connecting_id: of the ConnectingIn.
            reason: in words; cut where it is too long.
        """
        return self._emit(22, connecting_id, reason)

    def connected_in(self, connecting_id: EventId, peer_id: bytes) -> EventId:
        """Connected in (event 23).

        Args:
            connecting_id: of the ConnectingIn.
            peer_id: 32 bytes.
        """
        return self._emit(23, connecting_id, peer_id)

    def connecting_out(self, to: PeerDetails) -> EventId:
        """Connecting out (event 24).

        Args:
            to: see PeerDetails.
        """
        return self._emit(24, to)

    def connect_out_failed(self, connecting_id: EventId, reason: str) -> EventId:
        """Connect out failed (event 25).

        Args:
            connecting_id: of the ConnectingOut.
            reason: in words; cut where it is too long.
        """
        return self._emit(25, connecting_id, reason)

    def connected_out(self, connecting_id: EventId) -> EventId:
        """Connected out (event 26).

        Args:
            connecting_id: of the ConnectingOut.
        """
        return self._emit(26, connecting_id)

    def disconnected(self, peer: bytes, terminator: Side | None, reason: str) -> EventId:
        """Disconnected (event 27).

        Args:
            peer: 32 bytes.
            terminator: None where it is not known.
            reason: in words; cut where it is too long.
        """
        return self._emit(27, peer, terminator, reason)

    def peer_misbehaved(self, peer: bytes, reason: str) -> EventId:
        """Peer misbehaved (event 28).

        Args:
            peer: 32 bytes.
            reason: in words; cut where it is too long.
        """
        return self._emit(28, peer, reason)

    def authoring(self, slot: int, parent: bytes) -> EventId:
        """Authoring (event 40).

        Args:
            slot: below 2^32.
            parent: 32 bytes.
        """
        return self._emit(40, slot, parent)

    def authoring_failed(self, authoring_id: EventId, reason: str) -> EventId:
        """Authoring failed (event 41).

        Args:
            authoring_id: of the Authoring.
            reason: in words; cut where it is too long.
        """
        return self._emit(41, authoring_id, reason)

    def authored(self, authoring_id: EventId, outline: BlockOutline) -> EventId:
        """Authored (event 42).

        Args:
            authoring_id: of the Authoring.
            outline: see BlockOutline.
        """
        return self._emit(42, authoring_id, outline)

    def importing(self, slot: int, outline: BlockOutline) -> EventId:
        """Importing (event 43).

        Args:
            slot: below 2^32.
            outline: see BlockOutline.
        """
        return self._emit(43, slot, outline)

    def block_verification_failed(self, importing_id: EventId, reason: str) -> EventId:
        """Block verification failed (event 44).

        Args:
            importing_id: of the Importing.
            reason: in words; cut where it is too long.
        """
        return self._emit(44, importing_id, reason)

    def block_verified(self, importing_id: EventId) -> EventId:
        """Block verified (event 45).

        Args:
            importing_id: of the Importing.
        """
        return self._emit(45, importing_id)

    def block_execution_failed(self, authoring_or_importing_id: EventId, reason: str) -> EventId:
        """Block execution failed (event 46).

        Args:
            authoring_or_importing_id: of the Authoring or Importing.
            reason: in words; cut where it is too long.
        """
        return self._emit(46, authoring_or_importing_id, reason)

    def block_executed(
        self, authoring_or_importing_id: EventId, accumulate_costs: list[tuple[int, AccumulateCost]]
    ) -> EventId:
        """Block executed (event 47).

        Args:
            authoring_or_importing_id: of the Authoring or Importing.
            accumulate_costs: in order.
        """
        return self._emit(47, authoring_or_importing_id, accumulate_costs)

    def block_announcement_stream_opened(self, peer: bytes, opener: Side) -> EventId:
        """Block announcement stream opened (event 60).

        Args:
            peer: 32 bytes.
            opener: see Side.
        """
        return self._emit(60, peer, opener)

    def block_announcement_stream_closed(
        self, opened_id: EventId, closer: Side, reason: str, peer: bytes | None = None
    ) -> EventId:
        """Block announcement stream closed (event 61).

        Args:
            opened_id: of the BlockAnnouncementStreamOpened.
            closer: see Side.
            reason: in words; cut where it is too long.
            peer: 32 bytes; protocol version 0 has it for opened_id.
        """
        if self._version == 0:
            return self._emit(61, peer, closer, reason)
        return self._emit(61, opened_id, closer, reason)

    def block_announced(self, peer: bytes, announcer: Side, slot: int, hash: bytes) -> EventId:
        """Block announced (event 62).

        Args:
            peer: 32 bytes.
            announcer: see Side.
            slot: below 2^32.
            hash: 32 bytes.
        """
        return self._emit(62, peer, announcer, slot, hash)

    def sending_block_request(
        self, recipient: bytes, hash: bytes, direction: Direction, max_blocks: int
    ) -> EventId:
        """Sending block request (event 63).

        Args:
            recipient: 32 bytes.
            hash: 32 bytes.
            direction: see Direction.
            max_blocks: below 2^32.
        """
        return self._emit(63, recipient, hash, direction, max_blocks)

    def receiving_block_request(self, sender: bytes) -> EventId:
        """Receiving block request (event 64).

        Args:
            sender: 32 bytes.
        """
        return self._emit(64, sender)

    def block_request_failed(self, request_id: EventId, reason: str) -> EventId:
        """Block request failed (event 65).

        Args:
            request_id: of the SendingBlockRequest or ReceivingBlockRequest.
            reason: in words; cut where it is too long.
        """
        return self._emit(65, request_id, reason)

    def block_request_sent(self, request_id: EventId) -> EventId:
        """Block request sent (event 66).

        Args:
            request_id: of the SendingBlockRequest.
        """
        return self._emit(66, request_id)

    def block_request_received(
        self, request_id: EventId, hash: bytes, direction: Direction, max_blocks: int
    ) -> EventId:
        """Block request received (event 67).

        Args:
            request_id: of the ReceivingBlockRequest.
            hash: 32 bytes.
            direction: see Direction.
            max_blocks: below 2^32.
        """
        return self._emit(67, request_id, hash, direction, max_blocks)

    def block_transferred(
        self, request_id: EventId, slot: int, outline: BlockOutline, last: bool
    ) -> EventId:
        """Block transferred (event 68).

        Args:
            request_id: of the SendingBlockRequest or ReceivingBlockRequest.
            slot: below 2^32.
            outline: see BlockOutline.
            last: whether it is so.
        """
        return self._emit(68, request_id, slot, outline, last)

    def generating_tickets(self, epoch: int) -> EventId:
        """Generating tickets (event 80).

        Args:
            epoch: below 2^32.
        """
        return self._emit(80, epoch)

    def ticket_generation_failed(self, generating_id: EventId, reason: str) -> EventId:
        """Ticket generation failed (event 81).

        Args:
            generating_id: of the GeneratingTickets.
            reason: in words; cut where it is too long.
        """
        return self._emit(81, generating_id, reason)

    def tickets_generated(self, generating_id: EventId, ids: list[bytes]) -> EventId:
        """Tickets generated (event 82).

        Args:
            generating_id: of the GeneratingTickets.
            ids: in order.
        """
        return self._emit(82, generating_id, ids)

    def ticket_transfer_failed(
        self, peer: bytes, sender: Side, from_proxy: bool, reason: str
    ) -> EventId:
        """Ticket transfer failed (event 83).

        Args:
            peer: 32 bytes.
            sender: see Side.
            from_proxy: whether it is so.
            reason: in words; cut where it is too long.
        """
        return self._emit(83, peer, sender, from_proxy, reason)

    def ticket_transferred(
        self, peer: bytes, sender: Side, from_proxy: bool, epoch: int, attempt: int, id: bytes
    ) -> EventId:
        """Ticket transferred (event 84).

        Args:
            peer: 32 bytes.
            sender: see Side.
            from_proxy: whether it is so.
            epoch: below 2^32.
            attempt: below 2^8.
            id: 32 bytes.
        """
        return self._emit(84, peer, sender, from_proxy, epoch, attempt, id)

    def work_package_submission(self, builder: bytes, bundle: bool) -> EventId:
        """Work-package submission (event 90).

        Args:
            builder: 32 bytes.
            bundle: whether it is so.
        """
        return self._emit(90, builder, bundle)

    def work_package_being_shared(self, primary: bytes) -> EventId:
        """Work-package being shared (event 91).

        Args:
            primary: 32 bytes.
        """
        return self._emit(91, primary)

    def work_package_failed(self, submission_or_share_id: EventId, reason: str) -> EventId:
        """Work-package failed (event 92).

        Args:
            submission_or_share_id: of the WorkPackageSubmission or WorkPackageBeingShared.
            reason: in words; cut where it is too long.
        """
        return self._emit(92, submission_or_share_id, reason)

    def duplicate_work_package(
        self, submission_or_share_id: EventId, core: int, hash: bytes
    ) -> EventId:
        """Duplicate work-package (event 93).

        Args:
            submission_or_share_id: of the WorkPackageSubmission or WorkPackageBeingShared.
            core: below 2^16.
            hash: 32 bytes.
        """
        return self._emit(93, submission_or_share_id, core, hash)

    def work_package_received(
        self, submission_or_share_id: EventId, core: int, outline: WorkPackageOutline
    ) -> EventId:
        """Work-package received (event 94).

        Args:
            submission_or_share_id: of the WorkPackageSubmission or WorkPackageBeingShared.
            core: below 2^16.
            outline: see WorkPackageOutline.
        """
        return self._emit(94, submission_or_share_id, core, outline)

    def authorized(self, submission_or_share_id: EventId, cost: IsAuthorizedCost) -> EventId:
        """Authorized (event 95).

        Args:
            submission_or_share_id: of the WorkPackageSubmission or WorkPackageBeingShared.
            cost: see IsAuthorizedCost.
        """
        return self._emit(95, submission_or_share_id, cost)

    def extrinsic_data_received(self, submission_or_share_id: EventId) -> EventId:
        """Extrinsic data received (event 96).

        Args:
            submission_or_share_id: of the WorkPackageSubmission or WorkPackageBeingShared.
        """
        return self._emit(96, submission_or_share_id)

    def imports_received(self, submission_or_share_id: EventId) -> EventId:
        """Imports received (event 97).

        Args:
            submission_or_share_id: of the WorkPackageSubmission or WorkPackageBeingShared.
        """
        return self._emit(97, submission_or_share_id)

    def sharing_work_package(self, submission_id: EventId, secondary: bytes) -> EventId:
        """Sharing work-package (event 98).

        Args:
            submission_id: of the WorkPackageSubmission.
            secondary: 32 bytes.
        """
        return self._emit(98, submission_id, secondary)

    def work_package_sharing_failed(
        self, submission_id: EventId, secondary: bytes, reason: str
    ) -> EventId:
        """Work-package sharing failed (event 99).

        Args:
            submission_id: of the WorkPackageSubmission.
            secondary: 32 bytes.
            reason: in words; cut where it is too long.
        """
        return self._emit(99, submission_id, secondary, reason)

    def bundle_sent(self, submission_id: EventId, secondary: bytes) -> EventId:
        """Bundle sent (event 100).

        Args:
            submission_id: of the WorkPackageSubmission.
            secondary: 32 bytes.
        """
        return self._emit(100, submission_id, secondary)

    def refined(self, submission_or_share_id: EventId, costs: list[RefineCost]) -> EventId:
        """Refined (event 101).

        Args:
            submission_or_share_id: of the WorkPackageSubmission or WorkPackageBeingShared.
            costs: in order.
        """
        return self._emit(101, submission_or_share_id, costs)

    def work_report_built(
        self, submission_or_share_id: EventId, outline: WorkReportOutline
    ) -> EventId:
        """Work-report built (event 102).

        Args:
            submission_or_share_id: of the WorkPackageSubmission or WorkPackageBeingShared.
            outline: see WorkReportOutline.
        """
        return self._emit(102, submission_or_share_id, outline)

    def work_report_signature_sent(self, share_id: EventId) -> EventId:
        """Work-report signature sent (event 103).

        Args:
            share_id: of the WorkPackageBeingShared.
        """
        return self._emit(103, share_id)

    def work_report_signature_received(self, submission_id: EventId, secondary: bytes) -> EventId:
        """Work-report signature received (event 104).

        Args:
            submission_id: of the WorkPackageSubmission.
            secondary: 32 bytes.
        """
        return self._emit(104, submission_id, secondary)

    def guarantee_built(self, submission_id: EventId, outline: GuaranteeOutline) -> EventId:
        """Guarantee built (event 105).

        Args:
            submission_id: of the WorkPackageSubmission.
            outline: see GuaranteeOutline.
        """
        return self._emit(105, submission_id, outline)

    def sending_guarantee(self, built_id: EventId, recipient: bytes) -> EventId:
        """Sending guarantee (event 106).

        Args:
            built_id: of the GuaranteeBuilt.
            recipient: 32 bytes.
        """
        return self._emit(106, built_id, recipient)

    def guarantee_send_failed(self, sending_id: EventId, reason: str) -> EventId:
        """Guarantee send failed (event 107).

        Args:
            sending_id: of the SendingGuarantee.
            reason: in words; cut where it is too long.
        """
        return self._emit(107, sending_id, reason)

    def guarantee_sent(self, sending_id: EventId) -> EventId:
        """Guarantee sent (event 108).

        Args:
            sending_id: of the SendingGuarantee.
        """
        return self._emit(108, sending_id)

    def guarantees_distributed(self, submission_id: EventId) -> EventId:
        """Guarantees distributed (event 109).

        Args:
            submission_id: of the WorkPackageSubmission.
        """
        return self._emit(109, submission_id)

    def receiving_guarantee(self, sender: bytes) -> EventId:
        """Receiving guarantee (event 110).

        Args:
            sender: 32 bytes.
        """
        return self._emit(110, sender)

    def guarantee_receive_failed(self, receiving_id: EventId, reason: str) -> EventId:
        """Guarantee receive failed (event 111).

        Args:
            receiving_id: of the ReceivingGuarantee.
            reason: in words; cut where it is too long.
        """
        return self._emit(111, receiving_id, reason)

    def guarantee_received(self, receiving_id: EventId, outline: GuaranteeOutline) -> EventId:
        """Guarantee received (event 112).

        Args:
            receiving_id: of the ReceivingGuarantee.
            outline: see GuaranteeOutline.
        """
        return self._emit(112, receiving_id, outline)

    def guarantee_discarded(
        self, outline: GuaranteeOutline, reason: GuaranteeDiscardReason
    ) -> EventId:
        """Guarantee discarded (event 113).

        Args:
            outline: see GuaranteeOutline.
            reason: see GuaranteeDiscardReason.
        """
        return self._emit(113, outline, reason)

    def sending_shard_request(self, guarantor: bytes, erasure_root: bytes, shard: int) -> EventId:
        """Sending shard request (event 120).

        Args:
            guarantor: 32 bytes.
            erasure_root: 32 bytes.
            shard: below 2^16.
        """
        return self._emit(120, guarantor, erasure_root, shard)

    def receiving_shard_request(self, assurer: bytes) -> EventId:
        """Receiving shard request (event 121).

        Args:
            assurer: 32 bytes.
        """
        return self._emit(121, assurer)

    def shard_request_failed(self, request_id: EventId, reason: str) -> EventId:
        """Shard request failed (event 122).

        Args:
            request_id: of the SendingShardRequest or ReceivingShardRequest.
            reason: in words; cut where it is too long.
        """
        return self._emit(122, request_id, reason)

    def shard_request_sent(self, request_id: EventId) -> EventId:
        """Shard request sent (event 123).

        Args:
            request_id: of the SendingShardRequest.
        """
        return self._emit(123, request_id)

    def shard_request_received(
        self, request_id: EventId, erasure_root: bytes, shard: int
    ) -> EventId:
        """Shard request received (event 124).

        Args:
            request_id: of the ReceivingShardRequest.
            erasure_root: 32 bytes.
            shard: below 2^16.
        """
        return self._emit(124, request_id, erasure_root, shard)

    def shards_transferred(self, request_id: EventId) -> EventId:
        """Shards transferred (event 125).

        Args:
            request_id: of the SendingShardRequest or ReceivingShardRequest.
        """
        return self._emit(125, request_id)

    def distributing_assurance(self, statement: AvailabilityStatement) -> EventId:
        """Distributing assurance (event 126).

        Args:
            statement: see AvailabilityStatement.
        """
        return self._emit(126, statement)

    def assurance_send_failed(
        self, distributing_id: EventId, recipient: bytes, reason: str
    ) -> EventId:
        """Assurance send failed (event 127).

        Args:
            distributing_id: of the DistributingAssurance.
            recipient: 32 bytes.
            reason: in words; cut where it is too long.
        """
        return self._emit(127, distributing_id, recipient, reason)

    def assurance_sent(self, distributing_id: EventId, recipient: bytes) -> EventId:
        """Assurance sent (event 128).

        Args:
            distributing_id: of the DistributingAssurance.
            recipient: 32 bytes.
        """
        return self._emit(128, distributing_id, recipient)

    def assurance_distributed(self, distributing_id: EventId) -> EventId:
        """Assurance distributed (event 129).

        Args:
            distributing_id: of the DistributingAssurance.
        """
        return self._emit(129, distributing_id)

    def assurance_receive_failed(self, sender: bytes, reason: str) -> EventId:
        """Assurance receive failed (event 130).

        Args:
            sender: 32 bytes.
            reason: in words; cut where it is too long.
        """
        return self._emit(130, sender, reason)

    def assurance_received(self, sender: bytes, anchor: bytes) -> EventId:
        """Assurance received (event 131).

        Args:
            sender: 32 bytes.
            anchor: 32 bytes.
        """
        return self._emit(131, sender, anchor)

    def sending_bundle_shard_request(self, audit_id: int, assurer: bytes, shard: int) -> EventId:
        """Sending bundle shard request (event 140).

        Args:
            audit_id: number of the audit's event, which JIP-3 does not define yet.
            assurer: 32 bytes.
            shard: below 2^16.
        """
        return self._emit(140, audit_id, assurer, shard)

    def receiving_bundle_shard_request(self, auditor: bytes) -> EventId:
        """Receiving bundle shard request (event 141).

        Args:
            auditor: 32 bytes.
        """
        return self._emit(141, auditor)

    def bundle_shard_request_failed(self, request_id: EventId, reason: str) -> EventId:
        """Bundle shard request failed (event 142).

        Args:
            request_id: of the SendingBundleShardRequest or ReceivingBundleShardRequest.
            reason: in words; cut where it is too long.
        """
        return self._emit(142, request_id, reason)

    def bundle_shard_request_sent(self, request_id: EventId) -> EventId:
        """Bundle shard request sent (event 143).

        Args:
            request_id: of the SendingBundleShardRequest.
        """
        return self._emit(143, request_id)

    def bundle_shard_request_received(
        self, request_id: EventId, erasure_root: bytes, shard: int
    ) -> EventId:
        """Bundle shard request received (event 144).

        Args:
            request_id: of the ReceivingBundleShardRequest.
            erasure_root: 32 bytes.
            shard: below 2^16.
        """
        return self._emit(144, request_id, erasure_root, shard)

    def bundle_shard_transferred(self, request_id: EventId) -> EventId:
        """Bundle shard transferred (event 145).

        Args:
            request_id: of the SendingBundleShardRequest or ReceivingBundleShardRequest.
        """
        return self._emit(145, request_id)

    def reconstructing_bundle(self, audit_id: int, kind: Kind) -> EventId:
        """Reconstructing bundle (event 146).

        Args:
            audit_id: number of the audit's event, which JIP-3 does not define yet.
            kind: see Kind.
        """
        return self._emit(146, audit_id, kind)

    def bundle_reconstructed(self, audit_id: int) -> EventId:
        """Bundle reconstructed (event 147).

        Args:
            audit_id: number of the audit's event, which JIP-3 does not define yet.
        """
        return self._emit(147, audit_id)

    def sending_bundle_request(self, audit_id: int, guarantor: bytes) -> EventId:
        """Sending bundle request (event 148).

        Args:
            audit_id: number of the audit's event, which JIP-3 does not define yet.
            guarantor: 32 bytes.
        """
        return self._emit(148, audit_id, guarantor)

    def receiving_bundle_request(self, auditor: bytes) -> EventId:
        """Receiving bundle request (event 149).

        Args:
            auditor: 32 bytes.
        """
        return self._emit(149, auditor)

    def bundle_request_failed(self, request_id: EventId, reason: str) -> EventId:
        """Bundle request failed (event 150).

        Args:
            request_id: of the SendingBundleRequest or ReceivingBundleRequest.
            reason: in words; cut where it is too long.
        """
        return self._emit(150, request_id, reason)

    def bundle_request_sent(self, request_id: EventId) -> EventId:
        """Bundle request sent (event 151).

        Args:
            request_id: of the SendingBundleRequest.
        """
        return self._emit(151, request_id)

    def bundle_request_received(self, request_id: EventId, erasure_root: bytes) -> EventId:
        """Bundle request received (event 152).

        Args:
            request_id: of the ReceivingBundleRequest.
            erasure_root: 32 bytes.
        """
        return self._emit(152, request_id, erasure_root)

    def bundle_transferred(self, request_id: EventId) -> EventId:
        """Bundle transferred (event 153).

        Args:
            request_id: of the SendingBundleRequest or ReceivingBundleRequest.
        """
        return self._emit(153, request_id)

    def work_package_hash_mapped(
        self, submission_id: EventId, work_package_hash: bytes, segments_root: bytes
    ) -> EventId:
        """Work-package hash mapped (event 160).

        Args:
            submission_id: of the WorkPackageSubmission.
            work_package_hash: 32 bytes.
            segments_root: 32 bytes.
        """
        return self._emit(160, submission_id, work_package_hash, segments_root)

    def segments_root_mapped(
        self, submission_id: EventId, segments_root: bytes, erasure_root: bytes
    ) -> EventId:
        """Segments-root mapped (event 161).

        Args:
            submission_id: of the WorkPackageSubmission.
            segments_root: 32 bytes.
            erasure_root: 32 bytes.
        """
        return self._emit(161, submission_id, segments_root, erasure_root)

    def sending_segment_shard_request(
        self, submission_id: EventId, assurer: bytes, proofs: bool, shards: list[tuple[int, int]]
    ) -> EventId:
        """Sending segment shard request (event 162).

        Args:
            submission_id: of the WorkPackageSubmission.
            assurer: 32 bytes.
            proofs: whether it is so.
            shards: in order.
        """
        return self._emit(162, submission_id, assurer, proofs, shards)

    def receiving_segment_shard_request(self, sender: bytes, proofs: bool) -> EventId:
        """Receiving segment shard request (event 163).

        Args:
            sender: 32 bytes.
            proofs: whether it is so.
        """
        return self._emit(163, sender, proofs)

    def segment_shard_request_failed(self, request_id: EventId, reason: str) -> EventId:
        """Segment shard request failed (event 164).

        Args:
            request_id: of the SendingSegmentShardRequest or ReceivingSegmentShardRequest.
            reason: in words; cut where it is too long.
        """
        return self._emit(164, request_id, reason)

    def segment_shard_request_sent(self, request_id: EventId) -> EventId:
        """Segment shard request sent (event 165).

        Args:
            request_id: of the SendingSegmentShardRequest.
        """
        return self._emit(165, request_id)

    def segment_shard_request_received(self, request_id: EventId, num: int) -> EventId:
        """Segment shard request received (event 166).

        Args:
            request_id: of the ReceivingSegmentShardRequest.
            num: below 2^16.
        """
        return self._emit(166, request_id, num)

    def segment_shards_transferred(self, request_id: EventId) -> EventId:
        """Segment shards transferred (event 167).

        Args:
            request_id: of the SendingSegmentShardRequest or ReceivingSegmentShardRequest.
        """
        return self._emit(167, request_id)

    def reconstructing_segments(
        self, submission_id: EventId, segments: list[int], kind: Kind
    ) -> EventId:
        """Reconstructing segments (event 168).

        Args:
            submission_id: of the WorkPackageSubmission.
            segments: in order.
            kind: see Kind.
        """
        return self._emit(168, submission_id, segments, kind)

    def segment_reconstruction_failed(self, reconstructing_id: EventId, reason: str) -> EventId:
        """Segment reconstruction failed (event 169).

        Args:
            reconstructing_id: of the ReconstructingSegments.
            reason: in words; cut where it is too long.
        """
        return self._emit(169, reconstructing_id, reason)

    def segments_reconstructed(self, reconstructing_id: EventId) -> EventId:
        """Segments reconstructed (event 170).

        Args:
            reconstructing_id: of the ReconstructingSegments.
        """
        return self._emit(170, reconstructing_id)

    def segment_verification_failed(
        self, submission_id: EventId, segments: list[int], reason: str
    ) -> EventId:
        """Segment verification failed (event 171).

        Args:
            submission_id: of the WorkPackageSubmission.
            segments: in order.
            reason: in words; cut where it is too long.
        """
        return self._emit(171, submission_id, segments, reason)

    def segments_verified(self, submission_id: EventId, segments: list[int]) -> EventId:
        """Segments verified (event 172).

        Args:
            submission_id: of the WorkPackageSubmission.
            segments: in order.
        """
        return self._emit(172, submission_id, segments)

    def sending_segment_request(
        self, submission_id: EventId, prev_guarantor: bytes, segments: list[int]
    ) -> EventId:
        """Sending segment request (event 173).

        Args:
            submission_id: of the WorkPackageSubmission.
            prev_guarantor: 32 bytes.
            segments: in order.
        """
        return self._emit(173, submission_id, prev_guarantor, segments)

    def receiving_segment_request(self, guarantor: bytes) -> EventId:
        """Receiving segment request (event 174).

        Args:
            guarantor: 32 bytes.
        """
        return self._emit(174, guarantor)

    def segment_request_failed(self, request_id: EventId, reason: str) -> EventId:
        """Segment request failed (event 175).

        Args:
            request_id: of the SendingSegmentRequest or ReceivingSegmentRequest.
            reason: in words; cut where it is too long.
        """
        return self._emit(175, request_id, reason)

    def segment_request_sent(self, request_id: EventId) -> EventId:
        """Segment request sent (event 176).

        Args:
            request_id: of the SendingSegmentRequest.
        """
        return self._emit(176, request_id)

    def segment_request_received(self, request_id: EventId, num: int) -> EventId:
        """Segment request received (event 177).

        Args:
            request_id: of the ReceivingSegmentRequest.
            num: below 2^16.
        """
        return self._emit(177, request_id, num)

    def segments_transferred(self, request_id: EventId) -> EventId:
        """Segments transferred (event 178).

        Args:
            request_id: of the SendingSegmentRequest or ReceivingSegmentRequest.
        """
        return self._emit(178, request_id)

    def preimage_announcement_failed(self, peer: bytes, announcer: Side, reason: str) -> EventId:
        """Preimage announcement failed (event 190).

        Args:
            peer: 32 bytes.
            announcer: see Side.
            reason: in words; cut where it is too long.
        """
        return self._emit(190, peer, announcer, reason)

    def preimage_announced(
        self, peer: bytes, announcer: Side, service: int, hash: bytes, length: int
    ) -> EventId:
        """Preimage announced (event 191).

        Args:
            peer: 32 bytes.
            announcer: see Side.
            service: below 2^32.
            hash: 32 bytes.
            length: below 2^32.
        """
        return self._emit(191, peer, announcer, service, hash, length)

    def announced_preimage_forgotten(
        self, service: int, hash: bytes, length: int, reason: PreimageForgetReason
    ) -> EventId:
        """Announced preimage forgotten (event 192).

        Args:
            service: below 2^32.
            hash: 32 bytes.
            length: below 2^32.
            reason: see PreimageForgetReason.
        """
        return self._emit(192, service, hash, length, reason)

    def sending_preimage_request(self, recipient: bytes, hash: bytes) -> EventId:
        """Sending preimage request (event 193).

        Args:
            recipient: 32 bytes.
            hash: 32 bytes.
        """
        return self._emit(193, recipient, hash)

    def receiving_preimage_request(self, sender: bytes) -> EventId:
        """Receiving preimage request (event 194).

        Args:
            sender: 32 bytes.
        """
        return self._emit(194, sender)

    def preimage_request_failed(self, request_id: EventId, reason: str) -> EventId:
        """Preimage request failed (event 195).

        Args:
            request_id: of the SendingPreimageRequest or ReceivingPreimageRequest.
            reason: in words; cut where it is too long.
        """
        return self._emit(195, request_id, reason)

    def preimage_request_sent(self, request_id: EventId) -> EventId:
        """Preimage request sent (event 196).

        Args:
            request_id: of the SendingPreimageRequest.
        """
        return self._emit(196, request_id)

    def preimage_request_received(self, request_id: EventId, hash: bytes) -> EventId:
        """Preimage request received (event 197).

        Args:
            request_id: of the ReceivingPreimageRequest.
            hash: 32 bytes.
        """
        return self._emit(197, request_id, hash)

    def preimage_transferred(self, request_id: EventId, length: int) -> EventId:
        """Preimage transferred (event 198).

        Args:
            request_id: of the SendingPreimageRequest or ReceivingPreimageRequest.
            length: below 2^32.
        """
        return self._emit(198, request_id, length)

    def preimage_discarded(
        self, hash: bytes, length: int, reason: PreimageDiscardReason
    ) -> EventId:
        """Preimage discarded (event 199).

        Args:
            hash: 32 bytes.
            length: below 2^32.
            reason: see PreimageDiscardReason.
        """
        return self._emit(199, hash, length, reason)
