"""Handlers of ``api.routes.finality``: finality, and audits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from tart.aggregate.columnar.counters import FINALITY_STEP
from tart.aggregate.keyed.deliveries import decode_bins
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.windows import Handler, Values, common_coverage, request_buckets
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.protocol.roles import AUDIT_ROLES, FINALITY_ROLES, Role
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateByNode, AggregateRows, AggregateSum
from tart.query.shard_queries.blocks import FirstSeenBlocks
from tart.query.topics import audits as audit_figures
from tart.query.topics import finality as figures
from tart.query.topics.assurances import slot_seconds
from tart.query.topics.protocol_steps import StepRows, kinds_of
from tart.query.topics.time_series import Buckets
from tart.units import DAY_US, HOUR_US

# A block is seen at most this long before it becomes final, a report built before its audits.
_BLOCK_AGE_US = HOUR_US
_REPORT_AGE_US = DAY_US


async def finality(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/finality``."""
    buckets = request_buckets(values)
    window, step_us = buckets.window, buckets.step_us
    final = [EventKind.FINALIZED_BLOCK_CHANGED.number]
    earlier = Window(max(0, buckets.start_us - _BLOCK_AGE_US), buckets.end_us)
    parts = await gather_all(
        queries.ask(AggregateByNode("heads", "best", window, by=["bucket"], step_us=step_us)),
        queries.ask(AggregateByNode("heads", "finalized", window, by=["bucket"], step_us=step_us)),
        queries.ask(
            AggregateSum(
                "reached",
                window,
                by=["hash"],
                values=["slot", "seen_at"],
                where={"type": final},
                top=figures.MAX_BLOCKS,
            )
        ),
        queries.ask(FirstSeenBlocks(earlier)),
        queries.ask(
            AggregateRows(
                "deliveries",
                window,
                columns=["hash", "seen_at", "last_at", "bins"],
                where={"type": final},
                limit=figures.MAX_BLOCKS,
            )
        ),
        queries.ask(AggregateSum("counts", window, by=["node"], where={"type": final})),
        queries.ask(
            AggregateSum(
                "latency",
                window,
                by=["bucket", "node", "bin"],
                where={"parent": [FINALITY_STEP[0]], "type": [FINALITY_STEP[1]]},
                step_us=step_us,
            )
        ),
        _steps(queries, buckets, FINALITY_ROLES),
        queries.nodes(),
    )
    best, finalized, blocks, seen, arrivals, events, durations, steps, nodes = (
        rows for rows, _ in parts
    )

    def body() -> Mapping[str, object]:
        rows = figures.FinalityRows(
            buckets=buckets,
            best=best,
            finalized=finalized,
            blocks=blocks,
            first_seen={block["hash"]: block["first_at"] for block in seen},
            arrivals=[
                (row["hash"], row["seen_at"], row["last_at"], _bins(row)) for row in arrivals
            ],
            events=events,
            durations=durations,
            steps=steps,
            nodes=nodes,
            slot_seconds=slot_seconds(nodes),
        )
        return figures.finality(rows, values["limit"])

    return Answer(body, common_coverage(parts))


def _bins(row: Json) -> list[tuple[int, int]]:
    return decode_bins(bytes.fromhex(row["bins"]))


async def audits(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/audits``."""
    buckets = request_buckets(values)
    window, step_us = buckets.window, buckets.step_us
    sent, served = list(audit_figures.SENT_KINDS), list(audit_figures.SERVED_KINDS)
    steps = [*audit_figures.ENDED_STEPS.values(), audit_figures.RECOVERY_STEP]
    parts = await gather_all(
        queries.ask(
            AggregateSum(
                "counts", window, by=["bucket", "type"], where={"type": sent}, step_us=step_us
            )
        ),
        queries.ask(
            AggregateSum("counts", window, by=["node", "type"], where={"type": [*sent, *served]})
        ),
        queries.ask(
            AggregateSum(
                "latency",
                window,
                by=["bucket", "node", "parent", "type", "bin"],
                where={
                    "parent": [
                        EventKind.SENDING_BUNDLE_SHARD_REQUEST,
                        EventKind.SENDING_BUNDLE_REQUEST,
                    ],
                    "type": sorted({number for _, number in steps}),
                },
                step_us=step_us,
            )
        ),
        queries.ask(AggregateSum("erasures", window, by=["root"], top=audit_figures.MAX_REPORTS)),
        _steps(queries, buckets, AUDIT_ROLES),
        queries.nodes(),
    )
    counts, by_node, durations, roots, steps_rows, nodes = (rows for rows, _ in parts)
    newest = [row["root"] for row in audit_figures.audited_roots(roots)[: values["limit"]]]
    reports, seen = await _reports(queries, buckets, newest)
    rows = audit_figures.AuditRows(
        buckets=buckets,
        counts=counts,
        by_node=by_node,
        durations=durations,
        roots=roots,
        reports=reports,
        steps=steps_rows,
        nodes=nodes,
    )
    body = partial(audit_figures.audits, rows, values["limit"])
    return Answer(body, common_coverage([*parts, (reports, seen)]))


async def _reports(
    queries: QueryClient, buckets: Buckets, roots: Sequence[str]
) -> tuple[list[Json], Coverage]:
    """Return the packages whose reports have these erasure roots."""
    return await queries.ask(
        AggregateRows(
            "packages",
            Window(max(0, buckets.start_us - _REPORT_AGE_US), buckets.end_us),
            columns=["erasure_root", "report", "hash", "core"],
            where={"erasure_root": roots},
            # Up to three guarantors build a report.
            limit=4 * max(1, len(roots)),
            distinct=True,
        )
    )


async def _steps(
    queries: QueryClient, buckets: Buckets, roles: Sequence[Role]
) -> tuple[StepRows, Coverage]:
    """Return the events of the types that have one of these roles."""
    where = {"type": kinds_of(roles)}
    (values, seen), (nodes, also) = await gather_all(
        queries.ask(
            AggregateSum(
                "role_events",
                buckets.window,
                by=["bucket", "type", "tranche", "valid"],
                where=where,
                step_us=buckets.step_us,
            )
        ),
        queries.ask(
            AggregateSum(
                "role_events", buckets.window, by=["node", "type"], values=["count"], where=where
            )
        ),
    )
    return StepRows(values, nodes), seen & also


FINALITY_HANDLERS: Mapping[str, Handler] = {"finality": finality, "audits": audits}
