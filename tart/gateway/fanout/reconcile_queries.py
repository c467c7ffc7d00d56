"""The queries of the comparison of telemetry with the chain, to the shards and the chain process.

The work is bounded by ``MAX_CELLS``: the number of validators times that of blocks, for each
validator may assure each block.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tart.errors import BadQuery
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.protocol.events import EventKind
from tart.protocol.node_information import SLOT_SECONDS
from tart.protocol.rules import RULES
from tart.query.chain_queries.chain import (
    Blocks,
    BlocksByHash,
    ChainBlock,
    ChainState,
    Cores,
    CoreTotals,
    Services,
    ServiceTotals,
    State,
)
from tart.query.core.merge import Json
from tart.query.core.wall_clock import wall_clock_slot
from tart.query.core.windows import Window
from tart.query.reconcile.attendance import AttendanceRows
from tart.query.reconcile.chain_view import ChainView
from tart.query.reconcile.claims import (
    BLOCK_COLUMNS,
    PACKAGE_COLUMNS,
    Claims,
    authored_blocks,
    package_claims,
)
from tart.query.reconcile.findings import (
    SendCounts,
    suspicious_blocks,
    suspicious_reports,
    witness_blocks,
)
from tart.query.reconcile.reconciliation import Inputs
from tart.query.reconcile.reports import find_reports, validity_slots
from tart.query.shard_queries.aggregates import AggregateRows, AggregateSum
from tart.query.shard_queries.blocks import BlockPropagation, FirstSeenBlocks
from tart.query.shard_queries.claims import AssurersOfAnchors, ExecutedGas
from tart.query.shard_queries.sessions import VersionSpans
from tart.units import DAY_US, HOUR_US, JCE_US, MINUTE_US, SECOND_US

# Validators times blocks: an hour of 1,023 validators is 614,000, a day of 80 validators 1,152,000.
MAX_CELLS = 1_300_000
MAX_WINDOW_US = DAY_US
# Rows of a shard about packages; beyond them nothing is said about guarantees.
MAX_PACKAGES = 200_000
_MAX_ROWS = 300_000
# Sights of suspicious blocks and of those beside them, and reports, whose witnesses are read.
_MAX_SIGHTS = 200_000
_MAX_SUSPICIOUS = 500
# Claims about blocks at the edges of a window are received before and after it.
_BEFORE_US, _AFTER_US = 5 * MINUTE_US, 3 * MINUTE_US
_EDGE_BLOCKS = 40
_EDGE_SLOTS = 30
# Counts by this step are kept for a time; shards answer by the minute a little before its end.
_FINE_STEP_US = 10 * SECOND_US
_FINE_MARGIN_US = 5 * MINUTE_US
# Frames with these errors are events that are not known; a number that JIP-3 does not have hides
# nothing.
_UNDECODABLE = [
    rule.code for rule in RULES.values() if rule.scope == "frame" and rule.code != "unknown_event"
]


@dataclass(frozen=True)
class ReadInputs:
    """Everything that was read of a window.

    Attributes:
        coverage: Of the shards.
    """

    inputs: Inputs
    coverage: Coverage


async def read_inputs(
    queries: QueryClient, window: Window, now_us: int, epoch: int | None = None
) -> ReadInputs:
    """Return everything that the comparison needs.

    Args:
        queries: The shards and the chain process.
        window: With both ends.
        now_us: The present, Unix microseconds.
        epoch: Only this one; the window is ``epoch_window`` then.

    Raises:
        ChainNotFollowed, ChainUnavailable: See ``QueryClient.ask_chain``.
        BadQuery: The window has too many validators and blocks.
    """
    state = await queries.ask_chain(State())
    reading = _Reading(queries, state, now_us)
    padded = _pad(window, now_us)
    seen, first_seen_coverage = await queries.ask(FirstSeenBlocks(padded))
    first_seen = {row["hash"]: row["first_at"] for row in seen}
    first, last = await reading.slots(window, seen, epoch)
    blocks = await reading.blocks(first, last)
    view = ChainView(blocks, state, first_seen, now_us, first, last)
    _check_size(view)
    parts = await gather_all(*reading.telemetry(view, padded))
    coverage = first_seen_coverage
    for _, covered in parts:
        coverage &= covered
    cores, services = await reading.totals(view)
    rows = [found for found, _ in parts]
    claims = _claims(rows)
    claims, unexamined, more = await reading.witnesses(view, claims, cores, padded)
    attendance = replace(
        _attendance(rows, padded, now_us, all_shards=(coverage & more).complete),
        step_us=reading.step_us(padded),
    )
    inputs = Inputs(
        view=view,
        claims=claims,
        attendance=attendance,
        cores=cores,
        services=services,
        sends=_sends(rows[_SENDS]),
        unexamined=unexamined,
    )
    return ReadInputs(inputs, coverage & more)


async def epoch_window(queries: QueryClient, epoch: int, now_us: int) -> Window:
    """Return the time of an epoch: of its slots by the calendar, and of its blocks as first seen.

    Raises:
        BadQuery: Its length is not known, or it has not begun.
    """
    state = await queries.ask_chain(State())
    length = state.parameters.get("epoch_period")
    if not length:
        raise BadQuery("no endpoint said how long an epoch is; ask for a duration", "epoch")
    first, last = epoch * length, (epoch + 1) * length - 1
    slot_us = (state.parameters.get("slot_period_sec") or SLOT_SECONDS) * SECOND_US
    start, end = JCE_US + first * slot_us, JCE_US + (last + 1) * slot_us - 1
    page = await queries.ask_chain(Blocks(first, last, limit=2 * length))
    seen = [block.seen_at for block in page.blocks]
    # Blocks that were read much later were seen first when they were read.
    if seen and max(seen) - min(seen) <= 2 * length * slot_us:
        start, end = min(start, *seen), max(end, *seen)
        if end - start > MAX_WINDOW_US:
            start, end = min(seen), max(seen)
    end = min(end, now_us)
    if start > end:
        raise BadQuery("the epoch has not begun", "epoch")
    return Window(start, end)


def _pad(window: Window, now_us: int) -> Window:
    """Return a window with what belongs to its edges: whole minutes, until the present at most."""
    assert window.start_us is not None
    assert window.end_us is not None
    start = max(0, window.start_us - _BEFORE_US)
    return Window(start - start % MINUTE_US, min(now_us, window.end_us + _AFTER_US))


def _check_size(view: ChainView) -> None:
    validators = max((block.validators or 0 for block in view.compared), default=0)
    if validators * len(view.compared) > MAX_CELLS:
        blocks = MAX_CELLS // validators
        raise BadQuery(
            f"the window has {len(view.compared)} blocks of {validators} validators; ask for at "
            f"most {blocks} blocks, such as a shorter duration or an epoch",
            "duration",
        )


# Places of the answers in the order of ``_Reading.telemetry``.
(
    _SIGHTINGS,
    _BLOCKS,
    _ASSURERS,
    _PACKAGES,
    _GAS,
    _EXECUTIONS,
    _SPANS,
    _EVENTS,
    _DROPPED,
    _FRAMES,
    _SENDS,
) = range(11)


class _Reading:
    """Queries about one window."""

    def __init__(self, queries: QueryClient, state: ChainState, now_us: int) -> None:
        self._queries = queries
        self._state = state
        self._now_us = now_us

    async def slots(
        self, window: Window, seen: Sequence[Json], epoch: int | None
    ) -> tuple[int, int]:
        """Return the first and last slot of the window or of the epoch.

        The blocks that nodes named in the window say which slots it has, whatever their clocks
        say; a window in which they named none has those of the wall clock.
        """
        length = self._state.parameters.get("epoch_period")
        if epoch is not None and length:
            return epoch * length, (epoch + 1) * length - 1
        assert window.start_us is not None
        assert window.end_us is not None
        inside = sorted(
            (row for row in seen if window.start_us <= row["first_at"] <= window.end_us),
            key=lambda row: row["first_at"],
        )
        edges = [row["hash"] for row in (*inside[:_EDGE_BLOCKS], *inside[-_EDGE_BLOCKS:])]
        known = await self._queries.ask_chain(BlocksByHash(edges)) if edges else []
        slots = [block.slot for block in known if block.status != "fork"]
        if slots:
            return min(slots), max(slots)
        seconds = self._state.parameters.get("slot_period_sec") or SLOT_SECONDS
        return wall_clock_slot(window.start_us, seconds), wall_clock_slot(window.end_us, seconds)

    async def blocks(self, first: int, last: int) -> list[ChainBlock]:
        """Return the blocks of the slots, and some beside them."""
        wanted = Blocks(
            first_slot=max(0, first - _EDGE_SLOTS),
            last_slot=last + 2 * _EDGE_SLOTS,
            limit=2 * (last - first + 3 * _EDGE_SLOTS),
        )
        return (await self._queries.ask_chain(wanted)).blocks

    async def totals(self, view: ChainView) -> tuple[list[CoreTotals], list[ServiceTotals]]:
        """Return the figures of cores and services, block by block."""
        last = view.last_slot + validity_slots(view)
        cores, services = await gather_all(
            self._queries.ask_chain(Cores(view.first_slot, last, step_slots=1)),
            self._queries.ask_chain(Services(view.first_slot, view.last_slot, step_slots=1)),
        )
        return cores, services

    def telemetry(self, view: ChainView, window: Window) -> list[Any]:
        """Return the queries to the shards about a window, in the order of their places."""
        ask = self._queries.ask
        margin_us = view.slot_us // 6
        return [
            ask(
                AggregateRows(
                    "sightings",
                    window,
                    columns=["seen_at", "node", "hash", "slot"],
                    where={"type": [EventKind.AUTHORED]},
                    limit=_MAX_ROWS,
                )
            ),
            ask(
                AggregateRows(
                    "blocks",
                    window,
                    columns=BLOCK_COLUMNS,
                    where={"kind": [EventKind.AUTHORING]},
                    known=["hash"],
                    limit=_MAX_ROWS,
                )
            ),
            ask(
                AssurersOfAnchors(
                    window,
                    [block.parent or "" for block in view.compared],
                    [view.time_us(block) - margin_us for block in view.compared],
                )
            ),
            ask(
                AggregateRows(
                    "packages",
                    window,
                    columns=PACKAGE_COLUMNS,
                    known=["report"],
                    limit=MAX_PACKAGES,
                )
            ),
            ask(ExecutedGas(window)),
            ask(AggregateSum("executions", window, by=["hash", "service"], values=["gas"])),
            ask(VersionSpans(window, self._now_us, 0)),
            ask(self._steps(window, None)),
            ask(self._steps(window, [EventKind.DROPPED])),
            ask(
                AggregateSum(
                    "conformance",
                    window,
                    by=["node", "bucket"],
                    values=["count"],
                    where={"rule": _UNDECODABLE},
                )
            ),
            ask(
                AggregateSum(
                    "counts",
                    window,
                    by=["node", "bucket", "type"],
                    where={"type": [EventKind.ASSURANCE_SENT, EventKind.ASSURANCE_SEND_FAILED]},
                    step_us=MINUTE_US,
                )
            ),
        ]

    def step_us(self, window: Window) -> int:
        """Return the step by which all shards have the counts of a window."""
        assert window.start_us is not None
        available_us = self._queries.retention.counts_10s_hours * HOUR_US - _FINE_MARGIN_US
        return _FINE_STEP_US if window.start_us >= self._now_us - available_us else MINUTE_US

    def _steps(self, window: Window, types: Sequence[int] | None) -> AggregateSum:
        where = None if types is None else {"type": types}
        step_us = self.step_us(window)
        return AggregateSum("counts", window, by=["node", "bucket"], where=where, step_us=step_us)

    async def witnesses(
        self, view: ChainView, claims: Claims, cores: Sequence[CoreTotals], window: Window
    ) -> tuple[Claims, int, Coverage]:
        """Return the claims with the witnesses of what the chain does not know.

        Returns:
            The claims, the number of those that were too many to be examined, and the coverage.
        """
        nodes = max(1, len({claim.node for claim in claims.authored}), len(claims.assurers))
        most = min(_MAX_SUSPICIOUS, max(1, _MAX_SIGHTS // (5 * nodes)))
        blocks = suspicious_blocks(view, claims.authored)
        reports = suspicious_reports(find_reports(view, claims.packages, cores))
        examined_blocks, examined_reports = blocks[-most:], reports[-_MAX_SUSPICIOUS:]
        hashes = [block.hash for block in examined_blocks]
        elsewhere = await self._queries.ask_chain(BlocksByHash(hashes)) if hashes else []
        sought = {*hashes, *witness_blocks(view, examined_blocks)}
        (sights, covered), (received, also) = await gather_all(
            self._queries.ask(BlockPropagation(sorted(sought))),
            self._queries.ask(
                AggregateSum(
                    "reports",
                    window,
                    by=["hash"],
                    values=["received"],
                    where={"hash": [report.hash for report in examined_reports]},
                )
            ),
        )
        examined = {*hashes, *(report.hash for report in examined_reports)}
        examined -= {block.hash for block in elsewhere}
        unexamined = len(blocks) + len(reports) - len(examined_blocks) - len(examined_reports)
        with_witnesses = replace(
            claims,
            sights=_sights(sights),
            received={row["hash"]: row["received"] for row in received},
            examined=frozenset(examined),
        )
        return with_witnesses, unexamined, covered & also


def _sights(rows: Iterable[Json]) -> Mapping[str, Mapping[str, int]]:
    sights: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["node"] is not None:
            sights.setdefault(row["hash"], {})[row["node"]] = row["at"]
    return sights


def _claims(rows: Sequence[Any]) -> Claims:
    packages: Collection[Json] = rows[_PACKAGES]
    return Claims(
        authored=authored_blocks(rows[_SIGHTINGS], rows[_BLOCKS]),
        assurers=rows[_ASSURERS],
        packages=package_claims(packages),
        gas=rows[_GAS],
        services=rows[_EXECUTIONS],
        is_complete=len(packages) < MAX_PACKAGES,
    )


def _attendance(
    rows: Sequence[Any], window: Window, now_us: int, *, all_shards: bool
) -> AttendanceRows:
    assert window.start_us is not None
    assert window.end_us is not None
    return AttendanceRows(
        start_us=window.start_us,
        end_us=min(window.end_us, now_us),
        spans=rows[_SPANS],
        events=rows[_EVENTS],
        dropped=rows[_DROPPED],
        undecodable=rows[_FRAMES],
        all_shards=all_shards,
    )


def _sends(rows: Iterable[Json]) -> SendCounts:
    sent: dict[tuple[str, int], int] = {}
    failed: dict[tuple[str, int], int] = {}
    for row in rows:
        counts = sent if row["type"] == EventKind.ASSURANCE_SENT else failed
        counts[row["node"], row["bucket"]] = row["count"]
    return SendCounts(sent, failed)
