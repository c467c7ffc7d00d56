"""What the routes answer, as types of dictionaries.

Written by ``python -m tart.gateway.codegen.client`` from the server's declarations; change
it there. Times are RFC 3339 in UTC, hashes and keys hex. Answers may grow members.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Error(TypedDict):
    error: ErrorDetails


class ErrorDetails(TypedDict):
    code: str
    message: str
    # The parameter that is not valid.
    param: NotRequired[str]


class Health(TypedDict):
    status: str
    service: str
    version: str


class DetailedHealth(TypedDict):
    status: Literal["Degraded", "Healthy", "Unhealthy"]
    timestamp: str
    components: dict[str, Component]
    version: str
    uptime_seconds: int
    summary: HealthSummary
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class Shards(TypedDict):
    answered: int
    total: int


class Unreadable(TypedDict):
    file: str
    # Null where the number is not known.
    rows: int | None
    # First received_at of the part.
    since: str | None
    # Last received_at of the part.
    until: str | None


class Component(TypedDict):
    name: str
    status: Literal["Degraded", "Healthy", "Unhealthy"]
    message: str
    last_check: str
    metrics: dict[str, Any]


class HealthSummary(TypedDict):
    total_components: int
    healthy_components: int
    degraded_components: int
    unhealthy_components: int


class Stats(TypedDict):
    # The highest slot that a third of the connected nodes, and at least one, have reached; null
    # until that many nodes have named a best block.
    best_block: int | None
    # The highest finalized slot that as many nodes have reached.
    finalized_block: int | None
    # Nodes that claim to be beyond either block.
    ahead: list[NodeAhead]
    # Distinct header hashes of the blocks authored in the window.
    total_blocks_authored: int
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class NodeAhead(TypedDict):
    node_id: str
    best_slot: int | None
    finalized_slot: int | None


class Network(TypedDict):
    network: NetworkNodes
    topology: NetworkTopology
    # The parameters that most connected nodes report.
    protocol_params: dict[str, Any] | None
    implementations: list[Implementation]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class NetworkNodes(TypedDict):
    connected_nodes: int
    total_nodes: int
    genesis: str | None


class NetworkTopology(TypedDict):
    core_count: int | None
    validator_count: int | None
    epoch_period: int | None
    slot_period_sec: int | None


class Implementation(TypedDict):
    name: str | None
    version: str | None
    count: int


class Live(TypedDict):
    timestamp: str
    latest_slot: int | None
    finalized_slot: int | None
    # Nodes that sent a message in the last ten complete seconds.
    active_nodes: int
    last_10s: LiveWindow
    last_1m: LiveWindow
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class LiveWindow(TypedDict):
    events: int
    # Distinct header hashes of best blocks.
    blocks: int
    # Distinct header hashes of finalized blocks.
    finalized: int
    best_block_events: int
    finalized_block_events: int
    events_per_second: float | None
    blocks_per_second: float | None
    # Start of the first second that was counted.
    start: str
    # End of the last complete second.
    end: str


class Nodes(TypedDict):
    nodes: list[Node]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class Node(TypedDict):
    node_id: str
    peer_id: str
    implementation_name: str | None
    implementation_version: str | None
    node_info: NodeInfo | None
    # When the connection began on which the node sent node_info; see statements.
    connected_at: str | None
    # When its last connection ended; null while one is open.
    disconnected_at: str | None
    # When its last message was received, or when the connection began if it has sent none.
    last_seen_at: str | None
    # If the node's shard does not answer: its last known state, and false if the shard's process is
    # gone.
    is_connected: bool
    # Events of all its connections, each counted once.
    event_count: int
    address: str | None
    first_seen_at: str | None
    # Events that the node reports as dropped by itself.
    dropped_count: int | str
    dropped_messages: int
    # Events that could not be decoded; they are stored.
    undecodable: int
    # Number of deviations from JIP-3 by rule.
    deviations: dict[str, int]
    # Number of read pauses of its connections by reason: rate (of the node), buffer (of the
    # writer), disk. Counted since its shards started. Nothing is lost by a pause.
    pauses: dict[str, int]
    # Total length of the pauses that are over, for all its connections.
    paused_seconds: float
    # Events dropped by this server by reason, if the settings allow that.
    shed: dict[str, int]
    # As the node reports it; statements says when and on which connection.
    best: ReportedBlock | None
    # As the node reports it; statements says when and on which connection.
    finalized: ReportedBlock | None
    # As the node reports it; statements says when and on which connection.
    synced: bool | None
    # Sources of node_info (with implementation, address and connected_at), best, finalized and
    # synced. Each is the newest statement by received_at on any open connection; if no open
    # connection has made one, the newest on those that have ended, with is_open false. Null if the
    # node never made the statement, or if it is no longer stored.
    statements: Statements


class NodeInfo(TypedDict):
    params: dict[str, int | None] | None
    genesis: str
    details: dict[str, Any]
    flags: int
    implementation_name: str
    implementation_version: str
    gp_version: str
    additional_info: str
    params_layout: NotRequired[str | None]
    protocol_version: NotRequired[int | None]


class ReportedBlock(TypedDict):
    slot: int
    hash: str


class Statements(TypedDict):
    node_info: Statement | None
    best: Statement | None
    finalized: Statement | None
    synced: Statement | None


class Statement(TypedDict):
    # By the server's clock; for node_info, when the connection began.
    received_at: str
    # The connection, null if it is not known.
    session: int | None
    # Remote address of that connection.
    address: str | None
    # Whether that connection is open now.
    is_open: bool


class NodeDetails(TypedDict):
    node_id: str
    peer_id: str
    implementation_name: str | None
    implementation_version: str | None
    node_info: NodeInfo | None
    # When the connection began on which the node sent node_info; see statements.
    connected_at: str | None
    # When its last connection ended; null while one is open.
    disconnected_at: str | None
    # When its last message was received, or when the connection began if it has sent none.
    last_seen_at: str | None
    # If the node's shard does not answer: its last known state, and false if the shard's process is
    # gone.
    is_connected: bool
    # Events of all its connections, each counted once.
    event_count: int
    address: str | None
    first_seen_at: str | None
    # Events that the node reports as dropped by itself.
    dropped_count: int | str
    dropped_messages: int
    # Events that could not be decoded; they are stored.
    undecodable: int
    # Number of deviations from JIP-3 by rule.
    deviations: dict[str, int]
    # Number of read pauses of its connections by reason: rate (of the node), buffer (of the
    # writer), disk. Counted since its shards started. Nothing is lost by a pause.
    pauses: dict[str, int]
    # Total length of the pauses that are over, for all its connections.
    paused_seconds: float
    # Events dropped by this server by reason, if the settings allow that.
    shed: dict[str, int]
    # As the node reports it; statements says when and on which connection.
    best: ReportedBlock | None
    # As the node reports it; statements says when and on which connection.
    finalized: ReportedBlock | None
    # As the node reports it; statements says when and on which connection.
    synced: bool | None
    # Sources of node_info (with implementation, address and connected_at), best, finalized and
    # synced. Each is the newest statement by received_at on any open connection; if no open
    # connection has made one, the newest on those that have ended, with is_open false. Null if the
    # node never made the statement, or if it is no longer stored.
    statements: Statements
    connections: list[OpenConnection]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]
    # The newest connection. Present only while one is open.
    connection_info: NotRequired[ConnectionInfo]


class OpenConnection(TypedDict):
    session: int
    address: str | None
    connected_at: str | None
    protocol_version: NotRequired[int | None]
    params_layout: NotRequired[str | None]


class ConnectionInfo(TypedDict):
    address: str | None
    event_count: int
    connected_duration_secs: int


class NodeStatus(TypedDict):
    chain_status: ChainStatus
    # Fields of the newest Status event.
    latest_status: dict[str, Any] | None
    event_breakdown: list[EventTypeCount]
    node: NodeSummary
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class ChainStatus(TypedDict):
    # Of the newest BestBlockChanged event.
    best_slot: int | None
    # Of the newest FinalizedBlockChanged event.
    finalized_slot: int | None
    best_hash: str | None
    finalized_hash: str | None
    best_block_events: int
    finalized_block_events: int
    synced: bool | None
    last_updated: str | None


class EventTypeCount(TypedDict):
    event_type: int
    count: int


class NodeSummary(TypedDict):
    node_id: str
    peer_id: str
    implementation_name: str | None
    implementation_version: str | None
    is_connected: bool
    connected_at: str | None
    last_seen_at: str | None
    event_count: int


class Topology(TypedDict):
    window: OpenWindow
    connections: list[AnnouncementLink]
    block_transfers: list[BlockTransfers]
    ticket_transfers: list[Link]
    network_stats: LinkStatistics
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class OpenWindow(TypedDict):
    start: str | None
    end: str | None


class AnnouncementLink(TypedDict):
    from_node: str
    to_node: str
    # The greater of sent and received.
    message_count: int
    # As reported by from_node.
    sent: int
    # As reported by to_node.
    received: int
    last_seen: str
    # Always null: no event tells which nodes are validators.
    connection_type: None


class BlockTransfers(TypedDict):
    node_id: str
    blocks_transferred: int
    unique_slots: int
    last_transfer: str


class Link(TypedDict):
    from_node: str
    to_node: str
    # The greater of sent and received.
    message_count: int
    # As reported by from_node.
    sent: int
    # As reported by to_node.
    received: int
    last_seen: str


class LinkStatistics(TypedDict):
    total_connections: int
    block_announcements_last_hour: int
    block_transfers_last_hour: int
    ticket_transfers_last_hour: int
    # Peers that a node names; null if no node names any.
    average_peers_per_node: float | None
    active_nodes: int


class ValidatorsCores(TypedDict):
    window: OpenWindow
    node_core_mapping: list[PrimaryCore]
    guarantee_activity: list[NodeCoreGuarantees]
    ticket_activity: list[EpochTickets]
    core_summary: list[CoreGuaranteeTotals]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class PrimaryCore(TypedDict):
    node_id: str
    primary_core: int
    guarantee_count: int


class NodeCoreGuarantees(TypedDict):
    node_id: str
    core_index: int
    last_guarantee: str
    guarantee_count: int


class EpochTickets(TypedDict):
    node_id: str
    # A number as text, for compatibility with jamtart.
    epoch: str
    ticket_count: int
    last_generated: str
    generations: int
    failures: int


class CoreGuaranteeTotals(TypedDict):
    core_index: int
    active_validators: int
    total_guarantees: int
    last_activity: str


class NodeStatusEnhanced(TypedDict):
    node_id: str
    peer_id: str
    implementation_name: str | None
    implementation_version: str | None
    is_connected: bool
    connected_at: str | None
    last_seen_at: str | None
    event_count: int
    chain_status: ChainStatus
    # Fields of the newest Status event.
    latest_status: dict[str, Any] | None
    event_breakdown: list[EventTypeCount]
    # The first of cores_active.
    assigned_core: int | None
    cores_active: list[int]
    guarantee_activity: GuaranteeActivity | None
    ticket_activity: TicketActivity | None
    window: OpenWindow
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class GuaranteeActivity(TypedDict):
    guarantees_built: int
    guarantees_signed: int
    primary_core: int | None
    last_guarantee_at: str | None


class TicketActivity(TypedDict):
    tickets_generated: int
    # Always null: no event tells which tickets seal a block.
    tickets_sealed: None
    last_ticket_at: str | None
    generations: int
    generations_failed: int


class NodePeers(TypedDict):
    window: OpenWindow
    validator_peers: int | None
    non_validator_peers: int | None
    total_peers: int | None
    sync_peers: int | None
    # Peers with which a block announcement stream was opened in the window.
    block_announcement_peers: int
    last_update: str | None
    connections: dict[str, int]
    history: list[PeerSample]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class PeerSample(TypedDict):
    timestamp: str | None
    total_peers: int
    validator_peers: int
    sync_peers: int


class NodeTimeline(TypedDict):
    has_more: bool
    timestamp: str
    window: OpenWindow
    node_id: str
    events: list[TimelineEvent]
    # Number of events in this answer.
    event_count: int
    category_counts: list[CategoryCount]
    time_range: TimeRange
    # Present only if has_more is true.
    next_cursor: NotRequired[str]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class TimelineEvent(TypedDict):
    id: int
    event_id: int
    session: int
    event_type: int
    timestamp: str | None
    created_at: str
    category: str
    data: dict[str, Any]


class CategoryCount(TypedDict):
    category: str
    count: int


class TimeRange(TypedDict):
    start: str | None
    end: str | None


class DaStats(TypedDict):
    window: OpenWindow
    aggregate: StorageTotals
    preimage_activity: PreimageEvents
    by_node: list[NodeStorage]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class StorageTotals(TypedDict):
    total_shards: int
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    total_shard_size_bytes: int | str
    total_preimages: int
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    total_preimages_size_bytes: int | str
    average_shards_per_node: float | None
    node_count: int


class PreimageEvents(TypedDict):
    announced: int
    forgotten: int
    transferred: int
    discarded: int


class NodeStorage(TypedDict):
    node_id: str
    num_shards: int
    shard_size_bytes: int
    num_preimages: int
    preimages_size_bytes: int
    # Same as preimages_size_bytes, under the name of dashboards.
    preimage_size_bytes: int
    last_update: str


class DaStatsEnhanced(TypedDict):
    timestamp: str
    window: OpenWindow
    by_node: list[NodeAvailability]
    aggregate: AvailabilityTotals
    availability_rate: float | None
    shard_distribution: list[ShardIndexRequests]
    node_health: list[NodeHealth]
    preimage_activity: PreimageRequests
    recent_operations: list[ShardOperation]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class NodeAvailability(TypedDict):
    node_id: str
    num_shards: int | None
    shard_size_bytes: int | None
    preimages_announced: int
    preimages_in_pool: int | None
    read_ops_last_hour: int
    write_ops_last_hour: int
    # From a histogram; within 10 % of the exact value.
    avg_read_latency_ms: float | None
    # From a histogram; within 10 % of the exact value.
    avg_write_latency_ms: float | None
    # Share of the requests it received that ended in a transfer.
    transfer_success_rate: float | None
    # Share of the requests it sent that ended in a transfer.
    fetch_success_rate: float | None
    # Always null: no event tells it.
    bytes_written: None
    # Always null: no event tells it.
    bytes_transferred: None
    requests_sent: int
    requests_received: int
    reads_failed: int
    writes_failed: int


class AvailabilityTotals(TypedDict):
    total_shards: int
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    total_shard_size_bytes: int | str
    total_preimages: int
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    total_preimage_size_bytes: int | str
    average_shards_per_node: float | None
    average_shard_size_per_node: float | None
    # Nodes that sent or received requests for shards.
    nodes_reporting: int


class ShardIndexRequests(TypedDict):
    shard_index: int
    # Sum of requests_sent and requests_received.
    count: int
    requests_sent: int
    requests_received: int
    # Nodes that requested it.
    nodes: int


class NodeHealth(TypedDict):
    node_id: str
    status: Literal["degraded", "healthy", "unhealthy", "unknown"]
    shards_stored: int | None
    # Always null: no event tells it.
    storage_used_pct: None
    # Time of its newest Status.
    last_activity: str | None
    issues: list[str]


class PreimageRequests(TypedDict):
    announced_last_hour: int
    requested_last_hour: int
    received_last_hour: int


class ShardOperation(TypedDict):
    timestamp: str | None
    received_at: str
    node_id: str
    event_type: int
    operation: str
    reason: str | None
    id: int


class Execution(TypedDict):
    window: OpenWindow
    refinement: Refinement
    authorization: Authorization
    accumulation: Accumulation
    by_service: list[ServiceExecution]
    recent: list[ExecutionEvent]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class Refinement(TypedDict):
    # Work items.
    total_refined: int
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    total_gas_used: int | str
    average_gas_per_wp: float | None
    # Mean time of a work item.
    average_time_ns: float | None
    # Work-packages.
    packages_refined: int


class Authorization(TypedDict):
    total_authorized: int
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    total_gas_used: int | str
    average_gas: float | None
    average_time_ns: float | None


class Accumulation(TypedDict):
    # Services in blocks; a service in a block counts once.
    total_accumulated: int
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    total_gas_used: int | str
    average_gas: float | None
    average_time_ns: float | None
    # Reports of accumulations, over all nodes.
    reports: int


class ServiceExecution(TypedDict):
    # Null for items of an unknown work-package.
    service_id: int | None
    items_refined: int
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    refine_gas_used: int | str
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    refine_time_ns: int | str
    accumulations: int
    # Exact: an integer up to 2^64 - 1, beyond that decimal text.
    accumulate_gas_used: int | str
    accumulate_average_time_ns: float | None


class ExecutionEvent(TypedDict):
    timestamp: str | None
    event_type: int
    node_id: str
    # A number as text, for compatibility with jamtart.
    gas_used: str
    # A number as text, for compatibility with jamtart.
    elapsed_ns: str
    id: int


class Events(TypedDict):
    has_more: bool
    events: list[Event]
    # Present only if has_more is true.
    next_cursor: NotRequired[str]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class Event(TypedDict):
    # Below 2^53; unique while the event is stored.
    id: int
    session: int
    # By the node's clock; null beyond the year 9999.
    timestamp: str | None
    # By the server's clock; windows and order go by it.
    received_at: str
    # The event's name and its fields. Hashes are hex, or arrays of integers with bytes=array.
    data: dict[str, dict[str, Any]]
    node_name: str | None
    node_version: str | None
    context: EventContext
    node_id: str
    # As JIP-3 counts: the first of a connection is 0.
    event_id: int
    event_type: int


class EventContext(TypedDict):
    # Of the event itself, or of the event that its chain of references begins with.
    slot: int | None
    # Of the event itself, or of the event that its chain of references begins with.
    core: int | None
    # The hash of the block, work-package, erasure root or anchor that the chain of references is
    # about, as far as earlier events have named it; otherwise the hash that the event itself names.
    # Null if there is none, or if the event that named it is more than two million messages of its
    # shard in the past.
    hash: str | None
    # The first event of the chain of references that the event belongs to, which may be the event
    # itself. Null if it belongs to none, or if the chain is not known. An audit_id refers to no
    # event that JIP-3 specifies.
    root_event_id: int | None


class SearchResult(TypedDict):
    has_more: bool
    window: OpenWindow
    events: list[Event]
    # Null if there are more pages.
    total: int | None
    limit: int
    offset: int
    timestamp: str
    # Present only if has_more is true.
    next_cursor: NotRequired[str]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class EventDetails(TypedDict):
    # Below 2^53; unique while the event is stored.
    id: int
    session: int
    # By the node's clock; null beyond the year 9999.
    timestamp: str | None
    # By the server's clock; windows and order go by it.
    received_at: str
    # The event's name and its fields. Hashes are hex, or arrays of integers with bytes=array.
    data: dict[str, dict[str, Any]]
    node_name: str | None
    node_version: str | None
    context: EventContext
    node_id: str | None
    event_id: int | None
    event_type: int | None
    raw: RawEvent
    # Present only if the event could not be decoded; data is empty then.
    undecodable: NotRequired[DecodeProblem]


class RawEvent(TypedDict):
    payload: str
    # The payload with its length prefix.
    frame: str


class DecodeProblem(TypedDict):
    rule: str
    field: str
    offset: int
    expectation: str


class Trace(TypedDict):
    # Id of the first event.
    root: int
    # The reference of the root to an event that is not stored.
    missing_ref: int | None
    truncated: bool
    searched_until: str | None
    events: list[TracedEvent]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class TracedEvent(TypedDict):
    # Below 2^53; unique while the event is stored.
    id: int
    session: int
    # By the node's clock; null beyond the year 9999.
    timestamp: str | None
    # By the server's clock; windows and order go by it.
    received_at: str
    # The event's name and its fields. Hashes are hex, or arrays of integers with bytes=array.
    data: dict[str, dict[str, Any]]
    node_name: str | None
    node_version: str | None
    context: EventContext
    node_id: str
    # As JIP-3 counts: the first of a connection is 0.
    event_id: int
    event_type: int
    # Id of the event that it refers to.
    parent: int | None
    # 0 for the root.
    depth: int


class SqlResult(TypedDict):
    columns: list[SqlColumn]
    # Values in the order of the columns. Bytes are hex and times RFC 3339; integers beyond 64 bits,
    # and decimals that no double represents, are text.
    rows: list[list[Any]]
    row_count: int
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class SqlColumn(TypedDict):
    name: str
    # DuckDB's name of the type.
    type: str


class SqlStatement(TypedDict):
    # One SELECT over the views.
    map: str
    # One SELECT over the table partials.
    reduce: NotRequired[str | None]


class Sessions(TypedDict):
    has_more: bool
    window: OpenWindow
    sessions: list[Session]
    # Present only if has_more is true.
    next_cursor: NotRequired[str]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class Session(TypedDict):
    session: int
    # Null if the node never sent it.
    node_id: str | None
    address: str
    started_at: str
    # Null while the connection is open.
    ended_at: str | None
    outcome: Literal["closed", "died", "open", "refused"]
    reason: str | None
    protocol_version: int | None
    params_layout: str | None
    first_event_id: int | None
    last_event_id: int | None
    last_event_at: str | None
    next_event_id: int
    event_count: int
    bytes: int
    # Events that the node reports as dropped by itself.
    dropped_count: int | str
    undecodable: int
    shed: int
    deviations: dict[str, int]


class Conformance(TypedDict):
    window: OpenWindow
    verdict: Literal["conformant", "error", "warning"]
    rules: list[BrokenRule]
    nodes: list[JudgedNode]
    # Findings of connections that never named their node.
    unidentified: list[Finding]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class BrokenRule(TypedDict):
    code: str
    severity: Literal["error", "info", "warning"]
    count: int
    # The unit of count: events, messages, connections or hours.
    counted: str
    first_at: str
    last_at: str
    # Path of the rule's page on this server.
    docs: str | None
    scope: str | None
    explanation: str
    # Number of nodes that broke the rule.
    nodes: int
    examples: list[NodeExample]


class NodeExample(TypedDict):
    # Id of the event; null for a connection's first message.
    id: int | None
    session: int
    event_id: int | None
    event_type: int | None
    at: str
    field: str
    # Byte offset in the message, after its length prefix.
    offset: int
    expectation: str
    hex: str | None
    # Size of the whole message in bytes.
    size: int | None
    node_id: str | None


class JudgedNode(TypedDict):
    node_id: str
    implementation_name: str | None
    implementation_version: str | None
    is_connected: bool
    sessions: int
    # Over all connections of the node, within the window.
    connected_seconds: float
    event_count: int
    # While connected.
    events_per_second: float | None
    status_count: int
    # Mean interval between Status events; JIP-3 has about 2 s.
    status_interval_seconds: float | None
    clock: ConformanceClock
    # The worst severity other than info.
    verdict: Literal["conformant", "error", "warning"]
    handshakes: list[Handshake]
    findings: list[Finding]


class ConformanceClock(TypedDict):
    offset_ms: float | None
    is_jce: bool | None
    # What the node seems to count instead, where that can be inferred.
    looks_like: str | None


class Handshake(TypedDict):
    protocol_version: int | None
    params_layout: str | None
    sessions: int
    first_at: str
    last_at: str


class Finding(TypedDict):
    code: str
    severity: Literal["error", "info", "warning"]
    count: int
    # The unit of count: events, messages, connections or hours.
    counted: str
    first_at: str
    last_at: str
    # Path of the rule's page on this server.
    docs: str | None


class NodeConformance(TypedDict):
    node_id: str
    implementation_name: str | None
    implementation_version: str | None
    is_connected: bool
    sessions: int
    # Over all connections of the node, within the window.
    connected_seconds: float
    event_count: int
    # While connected.
    events_per_second: float | None
    status_count: int
    # Mean interval between Status events; JIP-3 has about 2 s.
    status_interval_seconds: float | None
    clock: ConformanceClock
    # The worst severity other than info.
    verdict: Literal["conformant", "error", "warning"]
    handshakes: list[Handshake]
    window: OpenWindow
    findings: list[ExplainedFinding]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class ExplainedFinding(TypedDict):
    code: str
    severity: Literal["error", "info", "warning"]
    count: int
    # The unit of count: events, messages, connections or hours.
    counted: str
    first_at: str
    last_at: str
    # Path of the rule's page on this server.
    docs: str | None
    scope: str | None
    explanation: str
    examples: list[Example]


class Example(TypedDict):
    # Id of the event; null for a connection's first message.
    id: int | None
    session: int
    event_id: int | None
    event_type: int | None
    at: str
    field: str
    # Byte offset in the message, after its length prefix.
    offset: int
    expectation: str
    hex: str | None
    # Size of the whole message in bytes.
    size: int | None


class Workpackages(TypedDict):
    window: Window
    # Distinct packages.
    totals: PackageTotals
    # Events of all guarantors; one package has several guarantors.
    events: PackageEventCounts
    unidentified: UnidentifiedAttempts
    exact: bool
    by_core: list[CorePackages]
    recent: list[ReceivedPackage]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class Window(TypedDict):
    start: str
    end: str


class PackageTotals(TypedDict):
    submissions: int
    being_shared: int
    failed: int
    duplicates: int
    received: int
    refined: int
    work_reports_built: int
    guarantees_built: int
    packages: int
    distributed: int


class PackageEventCounts(TypedDict):
    submissions: int
    being_shared: int
    failed: int
    duplicates: int
    received: int
    refined: int
    work_reports_built: int
    guarantees_built: int


class UnidentifiedAttempts(TypedDict):
    submissions: int
    shares: int
    failed: int


class CorePackages(TypedDict):
    core: int
    count: int


class ReceivedPackage(TypedDict):
    node_id: str
    timestamp: str | None
    core: str
    work_package_size: str
    hash: str


class ActiveWorkpackages(TypedDict):
    window: Window
    work_packages: list[ActiveWorkpackage]
    # Number of packages by current_stage. superseded and active are counted in addition.
    summary: dict[str, int]
    # Number of packages that reached each stage.
    reached: dict[str, int]
    # Failed attempts (event 92) by their reason.
    failure_breakdown: dict[str, int]
    stage_duration_percentiles: dict[str, Percentiles]
    complete: bool
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class ActiveWorkpackage(TypedDict):
    hash: str
    core_index: int | None
    # The leading guarantor.
    node_id: str
    # First event at any guarantor, by the server's clock.
    submitted_at: str
    # By the server's clock.
    last_update: str
    current_stage: Literal[
        "authorized",
        "available",
        "discarded",
        "distributed",
        "failed",
        "guarantee_built",
        "guarantee_received",
        "included",
        "received",
        "refined",
        "report_built",
        "submitted",
    ]
    # Times of received to distributed and failed are by the guarantor's clock, the others by the
    # server's.
    stages: dict[str, str | None]
    failure_reason: str | None
    discard_reason: str | None
    nodes_involved: int
    elapsed_ms: float
    # The node that took the first submission.
    submitted_to: str | None
    is_active: bool
    superseded: bool
    report_hash: str | None
    erasure_root: str | None


class Percentiles(TypedDict):
    p50_ms: float
    p95_ms: float
    sample_count: int


class Journey(TypedDict):
    # The requested text if the package is not known.
    work_package_hash: str
    core_index: int | None
    current_stage: Literal[
        "authorized",
        "available",
        "discarded",
        "distributed",
        "failed",
        "guarantee_built",
        "guarantee_received",
        "included",
        "received",
        "refined",
        "report_built",
        "submitted",
    ]
    failed: bool
    superseded: bool
    failure_reason: str | None
    # Whether there may be more events than the limit.
    truncated: bool
    stages: list[JourneyStep]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class JourneyStep(TypedDict):
    # Null if the event is no longer stored.
    id: int | None
    session: int | None
    event_id: int | None
    received_at: str | None
    stage: str
    timestamp: str | None
    node_id: str
    event_type: int
    data: dict[str, Any] | None


class EnhancedJourney(TypedDict):
    # The requested text if the package is not known.
    work_package_hash: str
    core_index: int | None
    current_stage: Literal[
        "authorized",
        "available",
        "discarded",
        "distributed",
        "failed",
        "guarantee_built",
        "guarantee_received",
        "included",
        "received",
        "refined",
        "report_built",
        "submitted",
    ]
    failed: bool
    superseded: bool
    failure_reason: str | None
    # Whether there may be more events than the limit.
    truncated: bool
    hash: str
    stages: list[JourneyDetailStep]
    stage_count: int
    current_status: Literal["completed", "failed", "in_progress", "superseded"] | None
    started_at: str | None
    completed_at: str | None
    has_errors: bool
    execution_details: dict[str, Any] | None
    guarantor_info: list[GuarantorInfo]
    timing: JourneyTiming
    errors: list[JourneyError]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class JourneyDetailStep(TypedDict):
    # Null if the event is no longer stored.
    id: int | None
    session: int | None
    event_id: int | None
    received_at: str | None
    stage: str
    status: Literal["completed", "failed", "in_progress", "superseded"]
    event_type: int
    node_id: str
    timestamp: str | None
    duration_ms: float | None
    error_code: str | None
    data: dict[str, Any]


class GuarantorInfo(TypedDict):
    # Always null: no event names the index.
    guarantor_index: int | None
    node_id: str
    signed_at: str | None
    # Whether the guarantor itself reported it.
    is_local: bool
    role: Literal["primary", "secondary"]


class JourneyTiming(TypedDict):
    total_duration_ms: float | None
    submission_to_guarantee_ms: float | None
    stage_durations: dict[str, float]


class JourneyError(TypedDict):
    stage: str
    error_code: str | None
    message: str | None
    timestamp: str | None
    node_id: str


class AuditProgress(TypedDict):
    timestamp: str
    hash: str
    status: str
    tranche: int | None
    audit_progress: AuditCounts
    panic_mode: bool | None
    is_accumulated: bool | None
    is_failed: bool
    events: list[AuditEvent]
    # Whether there may be more events than the limit.
    truncated: bool
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class AuditCounts(TypedDict):
    bundle_shards_served: int
    bundle_shards_transferred: int
    bundle_shards_failed: int
    bundles_served: int
    bundles_transferred: int
    bundles_failed: int
    guarantees_built: int
    guarantees_signed: int
    guarantees_shared: int
    auditors_completed: int | None
    auditor_node_ids: list[str]


class AuditEvent(TypedDict):
    event_type: int
    event_name: str
    node_id: str
    timestamp: str | None
    data: dict[str, Any]


class BatchJourney(TypedDict):
    journeys: list[BatchJourneyItem]
    timestamp: str
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]
    requested: NotRequired[int]
    found: NotRequired[int]


class BatchJourneyItem(TypedDict):
    hash: str
    stages: list[BatchJourneyStep]
    stage_count: int
    has_errors: bool
    first_seen: str
    last_seen: str
    nodes_involved: int
    current_stage: Literal[
        "authorized",
        "available",
        "discarded",
        "distributed",
        "failed",
        "guarantee_built",
        "guarantee_received",
        "included",
        "received",
        "refined",
        "report_built",
        "submitted",
    ]
    core_index: int | None
    failed: bool
    superseded: bool


class BatchJourneyStep(TypedDict):
    stage: str
    status: Literal["completed", "failed", "in_progress", "superseded"]
    event_type: int
    node_id: str
    timestamp: str | None
    core_index: int | None


class BatchRequest(TypedDict):
    hashes: list[str]


class Guarantees(TypedDict):
    window: Window
    totals: GuaranteeTotals
    success_rates: GuaranteeRates
    by_node: list[NodeGuarantees]
    recent: list[GuaranteeEvent]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class GuaranteeTotals(TypedDict):
    built: int
    sending: int
    send_failed: int
    sent: int
    distributed: int
    receiving: int
    receive_failed: int
    received: int
    # For any reason, including that the report is on chain already.
    discarded: int


class GuaranteeRates(TypedDict):
    send_success_rate: str | None
    receive_success_rate: str | None


class NodeGuarantees(TypedDict):
    node_id: str
    guarantees_built: int


class GuaranteeEvent(TypedDict):
    node_id: str
    event_type: int
    timestamp: str | None
    data: dict[str, Any]


class Guarantors(TypedDict):
    timestamp: str
    window: Window
    guarantors: list[Guarantor]
    total_guarantors: int
    top_performers: list[str]
    bottom_performers: list[str]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class Guarantor(TypedDict):
    node_id: str
    # Guarantees built (event 105).
    total_guarantees: int
    guarantees_last_hour: int
    success_rate: float | None
    send_success_rate: float | None
    sent: int
    send_failed: int
    packages_guaranteed: int
    packages_distributed: int
    # Packages signed as secondary, for another guarantor.
    packages_signed: int
    # The core with the most guarantees first.
    cores_active: list[int]
    primary_core: int | None
    # By the node's clock.
    last_guarantee: str | None


class CoresStatus(TypedDict):
    window: Window
    cores: list[Core]
    summary: CoresSummary
    telemetry: CoresTelemetry
    exact: bool
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class Core(TypedDict):
    core_index: int
    status: Literal["active", "idle"]
    work_packages_last_hour: int
    guarantees_last_hour: int
    # Gas of refining the packages received, guaranteed or not. Exact, and text beyond 2^64 - 1.
    gas_used: int | str
    # Bytes of the bundles of the packages guaranteed.
    da_load: int
    # Always null: no event has it.
    popularity_avg: float | None
    imports: int
    exports: int
    # Always null: no event has it.
    extrinsic_count: int | None
    extrinsic_size: int
    # Number of window_blocks in which the core had a guarantee.
    active_blocks: int
    # Number of slots with a block that a node authored or imported.
    window_blocks: int
    utilization_pct: float | None
    last_active_slot: int | None
    slots_since_active: int | None


class CoresSummary(TypedDict):
    total_cores: int
    active_cores: int
    idle_cores: int


class CoresTelemetry(TypedDict):
    guarantees_last_hour: int
    work_packages_last_hour: int
    last_activity: str | None


class CoreGuarantees(TypedDict):
    window: Window
    core_index: int
    current_guarantees: int | None
    by_node: list[NodePool]
    guarantee_history: list[CoreGuarantee]
    recent_guarantors: list[RecentGuarantor]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class NodePool(TypedDict):
    node_id: str
    guarantees: int
    timestamp: str


class CoreGuarantee(TypedDict):
    timestamp: str | None
    node_id: str
    work_package_hash: str | None
    work_report_hash: str | None
    slot: int | None
    core_index: int


class RecentGuarantor(TypedDict):
    node_id: str
    core_index: int
    guarantee_count: int
    # By the node's clock.
    last_guarantee: str | None


class CoreGuarantors(TypedDict):
    window: Window
    core_index: int
    guarantors: list[CoreGuarantor]
    core_total_da_bytes: int
    active_guarantor_count: int
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class CoreGuarantor(TypedDict):
    node_id: str
    guarantee_count: int
    signature_count: int
    last_activity: str
    # Bytes of the bundles of the packages it guaranteed here.
    da_usage_bytes: int
    shards_stored: int | None
    shards_served: int
    # Always null: no event has it.
    bytes_served: int | None
    import_efficiency: float | None
    export_efficiency: float | None


class EnhancedCoreGuarantors(TypedDict):
    window: Window
    core_index: int
    guarantors: list[CoreGuarantor]
    core_total_da_bytes: int
    active_guarantor_count: int
    timestamp: str
    import_sharing: ImportSharing
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class ImportSharing(TypedDict):
    transfers: list[SegmentTransfer]
    sent: list[SegmentTransfer]
    received: list[SegmentReceipt]


class SegmentTransfer(TypedDict):
    node_id: str
    peer_id: str
    segments: list[int]
    timestamp: str | None


class SegmentReceipt(TypedDict):
    node_id: str
    request_id: int
    timestamp: str | None


class CoreWorkPackages(TypedDict):
    window: Window
    work_packages: list[CorePackage]
    queue_depth: int
    total_recent: int
    avg_processing_time_ms: float | None
    completed_last_hour: int
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class CorePackage(TypedDict):
    hash: str
    work_package_hash: str
    stage: str
    status: str
    is_active: bool
    last_update: str
    submitted_at: str
    # The guarantor to which it was submitted.
    submitting_node: str | None
    node_id: str
    gas_used: int | str | None
    elapsed_ms: float


class CoreValidators(TypedDict):
    timestamp: str
    window: Window
    core_index: int
    validators: list[CoreValidator]
    validator_count: int
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class CoreValidator(TypedDict):
    node_id: str
    # Always null: no event has it.
    validator_index: int | None
    guarantee_count: int
    signature_count: int
    packages: int
    last_active: str
    latest_slot: int | None
    implementation_name: str
    implementation_version: str
    # Whether last_active is in the last two minutes of the window.
    is_active: bool


class CoreMetrics(TypedDict):
    timestamp: str
    window: Window
    core_index: int
    processing_efficiency_pct: float | None
    accumulate_efficiency_pct: float | None
    distribution_efficiency_pct: float | None
    network_latency_ms: float | None
    # From the submission to GuaranteesDistributed (event 109).
    average_completion_time_ms: float | None
    # Of the same durations, read from a histogram with bins 20 % wide.
    p95_latency_ms: float | None
    throughput_per_second: float | None
    gas_utilization_pct: float | None
    work_packages_processed_24h: int
    stats: CoreCounts
    sample_count: int
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class CoreCounts(TypedDict):
    wps_received: int
    refinements_completed: int
    # Packages received that failed before they were refined, for any reason.
    refinements_failed: int
    reports_built: int
    guarantees_built: int
    guarantees_distributed: int
    active_validators: int
    avg_gas_used: int | str | None
    avg_gas_limit: int | str | None


class CoreBottlenecks(TypedDict):
    timestamp: str
    window: Window
    core_index: int
    slow_validators: list[SlowValidator]
    bottleneck_messages: list[BottleneckMessage]
    # Attempts that failed while another guarantor guaranteed the package. They are not counted as
    # failures.
    superseded: int
    stats: BottleneckCounts
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class SlowValidator(TypedDict):
    node_id: str
    avg_processing_ms: float | None
    # Attempts, without duplicate submissions (event 93).
    event_count: int
    # Failed attempts of event_count, without superseded ones.
    failure_count: int
    # failure_count divided by event_count.
    failure_rate: float | None
    # Attempts that failed while another guarantor guaranteed the package. They are not counted as
    # failures.
    superseded: int
    slowdown_factor: float | None
    is_bottleneck: bool


class BottleneckMessage(TypedDict):
    severity: str
    type: str
    message: str
    node_id: str


class BottleneckCounts(TypedDict):
    # Attempts of all guarantors.
    total_events: int
    # Failed attempts of total_events, without superseded ones.
    total_failures: int
    # total_failures divided by total_events.
    failure_rate: float | None
    validator_count: int
    bottleneck_count: int


class Blocks(TypedDict):
    timestamp: str
    window: Window
    totals: BlockTotals
    chain: Chain
    authoring_by_node: list[Author]
    recent_authored: list[AuthoredBlock]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class BlockTotals(TypedDict):
    authoring_started: int
    authoring_failed: int
    authored: int
    importing: int
    verification_failed: int
    verified: int
    execution_failed: int
    executed: int
    best_block_changes: int
    finalized_block_changes: int
    # Distinct header hashes.
    blocks_authored: int


class Chain(TypedDict):
    best_slot: int | None
    finalized_slot: int | None
    ahead: list[NodeAhead]


class Author(TypedDict):
    node_id: str
    blocks_authored: int


class AuthoredBlock(TypedDict):
    node_id: str
    # Time of authoring, by the node's clock.
    timestamp: str | None
    # Start of authoring, by the server's clock.
    received_at: str
    slot: int | None
    hash: str
    parent: str | None
    size_bytes: int | None
    num_tickets: int | None
    num_preimages: int | None
    num_guarantees: int | None
    num_assurances: int | None
    num_dispute_verdicts: int | None
    authoring_ms: float
    outcome: str
    reason: str | None


class Slot(TypedDict):
    slot: int
    blocks_authored: int
    blocks_announced: int
    blocks_transferred: int
    # Header hashes named in the slot.
    blocks: list[str]
    announcements: int
    transfers: int
    total_events: int
    authoring_attempts: int
    authoring_failures: int
    nodes_involved: int
    first_event: str | None
    last_event: str | None
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]
    events_by_node: NotRequired[list[NodeSlotEvents]]
    # True if there are more events than are listed.
    has_more: NotRequired[bool]


class NodeSlotEvents(TypedDict):
    node_id: str
    events: list[SlotEvent]


class SlotEvent(TypedDict):
    id: int
    event_id: int
    session: int
    event_type: int
    timestamp: str | None
    received_at: str
    data: dict[str, Any]


class Timeseries(TypedDict):
    metric: str
    interval_minutes: int
    duration_hours: float
    timestamp: str
    window: Window
    data: list[SeriesBucket]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class SeriesBucket(TypedDict):
    # Start of the bucket.
    timestamp: str
    # True if the window ends within the bucket.
    partial: bool
    # Distinct header hashes of best blocks; each counts in the bucket that first has it.
    blocks: NotRequired[int]
    finalized: NotRequired[int]
    authored: NotRequired[int]
    best_block_events: NotRequired[int]
    authoring_nodes: NotRequired[int]
    max_slot: NotRequired[int | None]
    total_events: NotRequired[int]
    active_nodes: NotRequired[int]
    event_types: NotRequired[int]
    # Over the elapsed part of the bucket.
    events_per_second: NotRequired[float | None]
    # Distinct header hashes of best blocks; each counts in the bucket that first has it.
    best_blocks: NotRequired[int]
    finalized_blocks: NotRequired[int]
    authored_blocks: NotRequired[int]
    block_announcements: NotRequired[int]
    work_package_events: NotRequired[int]
    guarantee_events: NotRequired[int]
    finalized_block_events: NotRequired[int]


class GroupedTimeseries(TypedDict):
    metric: str
    interval_minutes: int
    duration_hours: float
    timestamp: str
    window: Window
    group_by: str
    data: list[GroupBucket]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class GroupBucket(TypedDict):
    # Start of the bucket.
    timestamp: str
    # True if the window ends within the bucket.
    partial: bool
    node_id: NotRequired[str]
    event_type: NotRequired[int]
    core: NotRequired[int]
    category: NotRequired[str]
    events: NotRequired[int]
    event_types: NotRequired[int]
    nodes: NotRequired[int]
    guarantees: NotRequired[int]
    failures: NotRequired[int]


class Realtime(TypedDict):
    window_seconds: int
    # Less than window_seconds if a shard started within the window.
    counted_seconds: int
    start: str
    end: str
    timestamp: str
    totals: RealtimeTotals
    rates: RealtimeRates
    data: list[RealtimeSecond]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class RealtimeTotals(TypedDict):
    events: int
    best_blocks: int
    finalized_blocks: int
    # Number of Authored events.
    authored_blocks: int
    announcements: int
    tickets: int
    active_nodes: int
    latest_slot: int | None
    best_block_events: int
    finalized_block_events: int


class RealtimeRates(TypedDict):
    events_per_second: float | None
    blocks_per_second: float | None


class RealtimeSecond(TypedDict):
    timestamp: str
    events: int
    nodes: int
    blocks: int
    finalized: int
    announcements: int
    tickets: int
    authored: int


class Latency(TypedDict):
    timestamp: str
    window: Window
    group_by: str
    steps: list[LatencyStep]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


LatencyStep = TypedDict(
    "LatencyStep",
    {
        "count": "int",
        "mean_ms": "float | None",
        "p50_ms": "float | None",
        "p90_ms": "float | None",
        "p95_ms": "float | None",
        "p99_ms": "float | None",
        "histogram": "list[LatencyBin]",
        "from": "str | None",
        "to": "str | None",
        "step": "str",
        "from_type": "int | None",
        "to_type": "int | None",
        "group": "NotRequired[str | int | None]",
    },
)


class LatencyBin(TypedDict):
    up_to_ms: float
    count: int


class TopNodes(TypedDict):
    timestamp: str
    window: Window
    event_types: list[NamedEventType] | None
    total_events: int
    total_nodes: int
    nodes: list[TopNode]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class NamedEventType(TypedDict):
    event_type: int
    # Null for an unknown event type.
    event_name: str | None


class TopNode(TypedDict):
    node_id: str
    implementation_name: str | None
    implementation_version: str | None
    events: int
    share: float
    events_per_second: float | None


class FailureRates(TypedDict):
    timestamp: str
    window: Window
    overall: OverallFailures
    by_category: list[CategoryFailures]
    by_node: list[NodeFailures]
    by_reason: list[ReasonFailures]
    recent_failures: list[RecentFailure]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class OverallFailures(TypedDict):
    total_events: int
    # Failures of all categories.
    failed_events: int
    # failed_events divided by attempts; null without an attempt.
    failure_rate: float | None
    # Attempts of all categories.
    attempts: int
    refused: int
    misbehaved: int


class CategoryFailures(TypedDict):
    category: str
    attempts: int
    failures: int
    # Failures divided by attempts; null without an attempt.
    rate: float | None


class NodeFailures(TypedDict):
    node_id: str
    total_events: int
    failures: int
    # Failures divided by attempts; null without an attempt.
    failure_rate: float | None
    top_failure_type: int
    attempts: int


class ReasonFailures(TypedDict):
    event_type: int
    event_name: str
    reason: str
    count: int
    nodes: int
    last_at: str


class RecentFailure(TypedDict):
    id: int
    event_type: int
    event_name: str
    node_id: str
    timestamp: str | None
    received_at: str
    reason: str


class BlockPropagation(TypedDict):
    timestamp: str
    window: Window
    # In the window, by the server's clock.
    last_hour: PropagationDelays
    # By the nodes' clocks, each corrected by its offset.
    node_clocks: PropagationDelays
    coverage: PropagationCoverage
    blocks: int
    blocks_looked_at: int
    by_node: list[NodePropagation]
    recent_blocks: list[PropagatedBlock]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class PropagationDelays(TypedDict):
    clock: str
    avg_propagation_ms: float | None
    p50_propagation_ms: float | None
    p95_propagation_ms: float | None
    p99_propagation_ms: float | None
    sample_count: int
    # Sightings more than a minute after the first.
    late: int


class PropagationCoverage(TypedDict):
    received_at: list[ShareReached]
    node_clocks: list[ShareReached]


class ShareReached(TypedDict):
    share: float
    blocks: int
    blocks_reached: int
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None


class NodePropagation(TypedDict):
    node_id: str
    blocks_announced: int
    blocks_received: int
    blocks_originated: int
    blocks_seen: int
    blocks_first_seen: int
    p50_ms: float | None
    p95_ms: float | None


class PropagatedBlock(TypedDict):
    hash: str
    slot: int | None
    first_seen_at: str
    first_node: str
    nodes: int
    connected_nodes: int
    until_50_ms: float | None
    until_90_ms: float | None
    until_99_ms: float | None
    until_100_ms: float | None


class NetworkHealth(TypedDict):
    timestamp: str
    window: Window
    overall_health: Literal["degraded", "healthy", "unhealthy", "unknown"]
    # Mean of the known scores.
    health_score: float | None
    components: list[HealthComponent]
    alerts: list[Alert]
    recommendations: list[str]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class HealthComponent(TypedDict):
    name: str
    status: Literal["degraded", "healthy", "unhealthy", "unknown"]
    # Percent; null if it is not known.
    score: int | None
    metrics: dict[str, int]
    issues: list[str]


class Alert(TypedDict):
    severity: str
    message: str
    component: str
    timestamp: str
    acknowledged: bool


class SyncTimeline(TypedDict):
    duration_hours: float
    interval_minutes: int
    timestamp: str
    window: Window
    timeline: list[SyncBucket]
    current_status: list[NodeSync]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class SyncBucket(TypedDict):
    # Start of the bucket.
    timestamp: str
    # True if the window ends within the bucket.
    partial: bool
    # Nodes that named a best block.
    total_nodes: int
    synced_nodes: int
    behind_nodes: int
    sync_percentage: float | None
    network_slot: int | None
    nodes_saying_synced: int
    nodes_saying_not_synced: int


class NodeSync(TypedDict):
    node_id: str
    slot: int
    slots_behind: int | None
    is_synced: bool | None
    says_synced: bool | None
    is_connected: bool
    last_update: str | None


class ConnectionTimeline(TypedDict):
    duration_hours: float
    interval_minutes: int
    timestamp: str
    window: Window
    timeline: list[ConnectionBucket]
    by_node: list[NodeConnections]
    health_stats: NodeCounts
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class ConnectionBucket(TypedDict):
    # Start of the bucket.
    timestamp: str
    # True if the window ends within the bucket.
    partial: bool
    connections: int
    disconnections: int
    active_nodes: int
    net_change: int
    # At the end of the bucket.
    open: int
    refused: int
    peer_connections: dict[str, int]


class NodeConnections(TypedDict):
    node_id: str
    first_seen: str | None
    last_seen: str | None
    uptime_hours: float
    days_active: int
    total_events: int
    events_per_hour: float | None
    events_per_second: float | None
    sessions: int
    is_connected: bool


class NodeCounts(TypedDict):
    total_nodes_seen: int
    # Seen in the last five minutes.
    currently_active: int
    active_last_hour: int
    connected: int


class Assurances(TypedDict):
    timestamp: str
    window: Window
    anchors: list[AnchorAssurances]
    total_anchors: int
    totals: dict[str, int]
    # Present only if a shard did not answer.
    shards: NotRequired[Shards]
    # Present only if data of the answer may be in a damaged part of a file or in a quarantined
    # file: rows of the event log received in that time, or rows of aggregates.
    unreadable: NotRequired[list[Unreadable]]


class AnchorAssurances(TypedDict):
    anchor: str
    slot: int | None
    first_at: str
    last_at: str
    distributing: int
    send_failed: int
    sent: int
    distributed: int
    received: int
    received_within_5_slots: int | None
    share_within_5_slots: float | None
    receivers_per_assurance: float | None


class Keys(TypedDict):
    keys: list[Key]


class Key(TypedDict):
    id: str
    name: str
    role: Literal["admin", "operator", "viewer"]
    created_at: str
    revoked_at: str | None


class CreatedKey(TypedDict):
    id: str
    name: str
    role: Literal["admin", "operator", "viewer"]
    created_at: str
    # For the header Authorization: Bearer. It is not shown again.
    key: str


class NewKey(TypedDict):
    # The holder of the key, in printable characters.
    name: str
    role: Literal["admin", "operator", "viewer"]


class RevokedKey(TypedDict):
    id: str
    revoked: bool


class Audit(TypedDict):
    entries: list[AuditEntry]
    has_more: bool


class AuditEntry(TypedDict):
    number: int
    at: str
    # Null if the request had no key, or no valid one.
    key: str | None
    # Remote address of the client; local for the command line.
    address: str
    action: Literal["create_key", "request", "revoke_key", "sql"]
    detail: str
    # Status of the answer; 0 for the command line.
    status: int
