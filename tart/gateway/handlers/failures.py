"""Handlers of ``api.routes.failures``: failure groups, their details and their states."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from tart.errors import BadQuery, NotFound
from tart.gateway.fanout.failure_rows import failure_rows
from tart.gateway.fanout.failure_watch import FailureWatch, ScanReport
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.failure_samples import find_outcomes, read_samples, sample_json
from tart.gateway.handlers.windows import (
    Values,
    common_coverage,
    request_window,
    timestamped_answer,
    windowed,
)
from tart.gateway.http.auth import Caller
from tart.gateway.http.responses import Answer
from tart.query.answers import failures as answers
from tart.query.core import failure_states
from tart.query.core.failure_states import FailureState
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.sessions import VersionSpans
from tart.query.topics import failure_groups as figures
from tart.query.topics.failure_groups import FailureInput, VersionHistory
from tart.query.topics.failure_outcomes import outcome_counts
from tart.query.topics.time_series import Buckets
from tart.units import MINUTE_US

# Different reasons that are read for one group.
MAX_REASONS = 1_000
_STATES = ("open", "resolved", "ignored")

Handler = Callable[[Values, Caller], Awaitable[Answer]]
# Writes an entry of the audit log: key, address, action, detail, status.
Record = Callable[[str | None, str, str, str, int], None]


class FailureHandlers:
    """Answers the routes of failure groups.

    Args:
        queries: Of the shards.
        watch: The states of all groups.
        record: Writes to the audit log.
    """

    def __init__(self, queries: QueryClient, watch: FailureWatch, record: Record) -> None:
        self._queries = queries
        self._watch = watch
        self._record = record
        self._list = windowed(self._failures)
        self._show = windowed(self._failure)

    def table(self) -> Mapping[str, Handler]:
        """Return the handlers by the names of their routes."""
        return {
            "failures": self.failures,
            "failure": self.failure,
            "set_failure_state": self.set_state,
        }

    async def failures(self, values: Values, caller: Caller) -> Answer:
        """Answer ``GET /api/failures``."""
        return await self._list(self._queries, values)

    async def failure(self, values: Values, caller: Caller) -> Answer:
        """Answer ``GET /api/failures/{fingerprint}``."""
        return await self._show(self._queries, values)

    async def set_state(self, values: Values, caller: Caller) -> Answer:
        """Answer ``POST /api/failures/{fingerprint}/state``."""
        body, fingerprint = values["body"], values["fingerprint"]
        state = _choice(body.get("state"))
        comment = _text(body, "reason", failure_states.MAX_COMMENT)
        version = _text(body, "version", failure_states.MAX_VERSION) or None
        if version is not None and state is not FailureState.RESOLVED:
            raise BadQuery("version belongs to the state resolved", "version")
        group = await self._watch.set_state(
            fingerprint, state, changed_by=caller.key, comment=comment, version=version
        )
        detail = " ".join(filter(None, (fingerprint, state, version, comment)))
        self._record(caller.key, caller.address, "set_failure_state", detail, 200)
        assert group.changed_at is not None
        answer: answers.FailureStateSet = {
            "fingerprint": fingerprint,
            "state": state.value,
            "changed_at": figures.time_or_none(group.changed_at) or "",
            "changed_by": group.changed_by,
            "comment": group.comment,
            "resolved_at": figures.time_or_none(group.resolved_at),
            "resolved_version": group.resolved_version,
        }
        return Answer(answer)

    async def _failures(self, queries: QueryClient, values: Values) -> Answer:
        window = request_window(values)
        buckets = window.buckets(figures.series_step_us(window.length_us()), stored_us=MINUTE_US)
        rows, seen = await self._input(
            buckets,
            window.now,
            types=values["event_types"],
            node=values["node_id"],
            implementation=values["implementation"],
        )

        def body() -> answers.Failures:
            answer = figures.failure_groups(
                rows, state=values["state"], sort=values["sort"], limit=values["limit"]
            )
            return {**answer, "watch": watch_state(self._watch.report)}

        return timestamped_answer(body, (None, seen))

    async def _failure(self, queries: QueryClient, values: Values) -> Answer:
        fingerprint = values["fingerprint"]
        window = request_window(values)
        buckets = window.buckets(figures.series_step_us(window.length_us()), stored_us=MINUTE_US)
        stored = await self._watch.find(fingerprint)
        types = None if stored is None else [stored.event_type]
        rows, seen = await self._input(buckets, window.now, types=types)
        counts = figures.count_groups(rows).get(fingerprint)
        if counts is None:
            if stored is None:
                raise NotFound(
                    f"no failure group has the fingerprint {fingerprint}: it never was, or was "
                    "removed; /api/failures lists those of a window",
                    "fingerprint",
                )
            counts = figures.empty_counts(stored, buckets)
        kind = {"type": [counts.event_type]}
        attempt_types = list(figures.attempt_types(counts.event_type))
        reasons, attempts, samples = await gather_all(
            queries.ask(
                AggregateSum("failures", buckets.window, by=["reason"], where=kind, top=MAX_REASONS)
            ),
            queries.ask(
                AggregateSum("counts", buckets.window, by=["type"], where={"type": attempt_types})
            ),
            read_samples(queries, counts, values["bytes"]),
        )
        outcome_of, coverages = await find_outcomes(queries, counts, samples, buckets.window)
        members = figures.group_members(fingerprint, counts, stored, buckets)
        examples, different = figures.failure_reasons(reasons[0], counts.template)
        by_type = {row["type"]: row["count"] for row in attempts[0]}
        answer: answers.FailureDetails = {
            **members,
            "summary": figures.summary(members),
            "buckets": figures.bucket_header(buckets),
            "failing_nodes": figures.failing_nodes(counts, rows.spans),
            "reasons": examples,
            "different_reasons": different,
            "samples": [sample_json(sample, outcome_of[sample.event["id"]]) for sample in samples],
            "outcomes": outcome_counts(counts.event_type, outcome_of.values()),
            "rate": figures.failure_rate(counts.event_type, counts.count, by_type),
        }
        return timestamped_answer(answer, (None, seen), reasons, attempts, *coverages)

    async def _input(
        self,
        buckets: Buckets,
        now: int,
        *,
        types: Sequence[int] | None,
        node: str | None = None,
        implementation: str | None = None,
    ) -> tuple[FailureInput, Coverage]:
        """Return the rows about the failures of a window that fulfil the conditions."""
        queries, window = self._queries, buckets.window
        spans = await queries.ask(VersionSpans(window, now, MINUTE_US))
        where: dict[str, list[Any]] = {} if types is None else {"type": list(types)}
        history = VersionHistory(spans[0])
        if implementation is not None:
            running = history.nodes_of(implementation)
            where["node"] = [each for each in running if node in (None, each)]
        elif node is not None:
            where["node"] = [node]
        changed = [each for each in history.changed() if each in where.get("node", [each])]
        by_node, by_bucket, by_minute, totals = await gather_all(
            failure_rows(queries, window, ["node"], where=where),
            failure_rows(queries, window, ["bucket"], where=where, step_us=buckets.step_us),
            failure_rows(queries, window, ["bucket", "node"], where={**where, "node": changed}),
            queries.ask(AggregateSum("failures", window, by=["type"], where=where)),
        )
        rows = FailureInput(
            buckets=buckets,
            by_node=by_node[0],
            by_bucket=by_bucket[0],
            by_minute=by_minute[0],
            totals={row["type"]: row["count"] for row in totals[0]},
            spans=spans[0],
            groups=self._watch.groups,
        )
        return rows, common_coverage([spans, by_node, by_bucket, by_minute, totals])


def watch_state(report: ScanReport) -> answers.FailureWatchState:
    """Return the state of the watch for an answer."""
    return {
        "scanned_at": figures.time_or_none(report.scanned_at),
        "is_complete": report.is_complete,
        "groups": report.groups,
        "evicted": report.evicted,
        "problem": report.problem,
    }


def _choice(state: Any) -> FailureState:
    if state not in _STATES:
        raise BadQuery(f"state must be one of {', '.join(_STATES)}", "state")
    return FailureState(state)


def _text(body: Mapping[str, Any], name: str, characters: int) -> str:
    text = body.get(name, "")
    if not isinstance(text, str) or len(text) > characters or not text.isprintable():
        raise BadQuery(f"{name} must be at most {characters} printable characters", name)
    return text.strip()
