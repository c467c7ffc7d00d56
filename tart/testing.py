"""FakeNode: a JAM node's side of JIP-3, as bytes.

Pure: it encodes messages and counts event ids; the caller sends them, so it works with asyncio,
blocking sockets and gevent. Public: for the tests, the load tests, the simulator, and
authors of other telemetry receivers. Its RPC (JIP-2) is played by ``tart.rpc.fake_node``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.protocol.connection import EVENT_ID_MODULUS
from tart.protocol.dropped_events import ids_taken
from tart.protocol.encoding import encode_event, encode_first_message
from tart.protocol.framing import LENGTH_BYTES
from tart.protocol.node_information import NodeInformation

# The two parameter sets of the JAM test networks and main network (JIP-2 names).
TINY_PARAMETERS: Mapping[str, int] = {
    "deposit_per_item": 10,
    "deposit_per_byte": 1,
    "deposit_per_account": 100,
    "core_count": 2,
    "min_turnaround_period": 32,
    "epoch_period": 12,
    "max_accumulate_gas": 10_000_000,
    "max_is_authorized_gas": 50_000_000,
    "max_refine_gas": 1_000_000_000,
    "block_gas_limit": 20_000_000,
    "recent_block_count": 8,
    "max_work_items": 16,
    "max_dependencies": 8,
    "max_tickets_per_block": 3,
    "max_lookup_anchor_age": 24,
    "tickets_attempts_number": 3,
    "auth_window": 8,
    "slot_period_sec": 6,
    "auth_queue_len": 80,
    "rotation_period": 4,
    "max_extrinsics": 128,
    "availability_timeout": 5,
    "val_count": 6,
    "max_authorizer_code_size": 64_000,
    "max_input": 13_791_360,
    "max_service_code_size": 4_000_000,
    "basic_piece_len": 4,
    "max_imports": 3072,
    "segment_piece_count": 1026,
    "max_report_elective_data": 49_152,
    "transfer_memo_size": 128,
    "max_exports": 3072,
    "epoch_tail_start": 10,
}
FULL_PARAMETERS: Mapping[str, int] = {
    **TINY_PARAMETERS,
    "core_count": 341,
    "min_turnaround_period": 19_200,
    "epoch_period": 600,
    "max_refine_gas": 5_000_000_000,
    "block_gas_limit": 3_500_000_000,
    "max_tickets_per_block": 16,
    "max_lookup_anchor_age": 14_400,
    "tickets_attempts_number": 2,
    "rotation_period": 10,
    "val_count": 1023,
    "basic_piece_len": 684,
    "segment_piece_count": 6,
    "epoch_tail_start": 500,
}


def parameters_for(cores: int, validators: int) -> dict[str, int]:
    """JAM parameters of a network of that size, tiny in everything else."""
    return {**TINY_PARAMETERS, "core_count": cores, "val_count": validators}


class FakeNode:
    """One JAM node as a telemetry server sees it.

    Args:
        peer_id: Its Ed25519 public key, 32 bytes.
        cores: The network's core count C.
        validators: The network's validator count V.
        version: Telemetry protocol version, 0 or 1.
        name: Implementation name, at most 32 bytes of UTF-8.
        genesis: Hash of the genesis header, 32 bytes.

    Attributes:
        next_event_id: The id the next event of this connection will have.

    Example:
        >>> node = FakeNode(bytes(32))
        >>> hello = node.connect()
        >>> first, frame = node.event("SyncStatusChanged", 0, synced=True)
        >>> first, node.next_event_id
        (0, 1)
    """

    def __init__(
        self,
        peer_id: bytes,
        *,
        cores: int = 2,
        validators: int = 6,
        version: int = 1,
        name: str = "fake-node",
        implementation_version: str = "0.1.0",
        gp_version: str = "0.7.2",
        address: str = "127.0.0.1",
        port: int = 40_000,
        flags: int = 0,
        genesis: bytes = bytes(32),
        note: str = "",
    ) -> None:
        self.information = NodeInformation(
            protocol_version=version,
            parameters=parameters_for(cores, validators),
            layout="gp-0.7",
            raw_parameters=b"",
            genesis=genesis,
            peer_id=peer_id,
            address=address,
            port=port,
            flags=flags,
            implementation_name=name,
            implementation_version=implementation_version,
            gp_version=gp_version,
            additional_info=note,
        )
        self.next_event_id = 0

    @property
    def peer_id(self) -> bytes:
        """The node's key."""
        return self.information.peer_id

    def connect(self) -> bytes:
        """Start a connection: its first frame; event ids begin at 0 again."""
        self.next_event_id = 0
        return encode_first_message(self.information)

    def event(self, variant: str, timestamp: int, **fields: Any) -> tuple[int, bytes]:
        """One event: the id it has on this connection, and its frame.

        ``from`` is Python's word; write ``from_``. A Dropped takes as many ids as events that it
        stands for; a number that cannot be true takes one, as at the server
        (``protocol.dropped_events``).

        Raises:
            EncodeError: No such event, or a field its type cannot carry.
        """
        named = {name.rstrip("_"): value for name, value in fields.items()}
        version = self.information.protocol_version
        encoded = encode_event(variant, timestamp, named, version=version)
        event_id = self.next_event_id
        taken = ids_taken(encoded[LENGTH_BYTES:])
        self.next_event_id = (event_id + taken) % EVENT_ID_MODULUS
        return event_id, encoded
