"""Samples of a failure group: its newest failures, the events before them, what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple, cast

from tart.gateway.fanout.failure_watch import event_template
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_us
from tart.query.answers import failures as answers
from tart.query.answers.events import Event
from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.core.merge import Json
from tart.query.core.query import ByteEncoding
from tart.query.core.windows import Window, time_us
from tart.query.shard_queries.aggregates import AggregateRows
from tart.query.shard_queries.events import Trace
from tart.query.topics.breadcrumbs import LAST_EVENTS, RELATED_EVENTS, breadcrumbs
from tart.query.topics.failure_groups import GroupCounts
from tart.query.topics.failure_outcomes import COLUMNS as OUTCOME_COLUMNS
from tart.query.topics.failure_outcomes import (
    EXAMINED,
    FailedAttempt,
    Outcome,
    failed_attempt,
    outcomes,
    rows_needed,
)
from tart.query.topics.failure_outcomes import RULES as OUTCOME_RULES
from tart.units import HOUR_US, SECOND_US

SAMPLES = 3
MAX_OUTCOME_ROWS = 20_000
# Events of a connection are looked for in this time before its failure.
_BEFORE_US = 60 * SECOND_US


class Sample(NamedTuple):
    """A failure with the events before it.

    Attributes:
        attempt: Its subject, with what its chain of references names.
    """

    event: Json
    breadcrumbs: list[answers.Breadcrumb]
    attempt: FailedAttempt


async def read_samples(
    queries: QueryClient, counts: GroupCounts, byte_encoding: ByteEncoding
) -> list[Sample]:
    """Return the newest failures of different nodes that are still stored."""
    newest = sorted(counts.nodes.values(), key=lambda row: -row["last_at"])[:SAMPLES]
    samples = await gather_all(*(_sample(queries, counts, row, byte_encoding) for row in newest))
    return [sample for sample in samples if sample is not None]


async def _sample(
    queries: QueryClient, counts: GroupCounts, row: Json, byte_encoding: ByteEncoding
) -> Sample | None:
    """Return a node's newest failure of a group; ``None`` if it is not stored any more."""
    moment = Window(row["last_at"], row["last_at"])
    kind = Selection(node=row["node"], types=(counts.event_type,))
    place = Cursor(now_us(), moment)
    page, _ = await queries.events(kind, LAST_EVENTS, 0, place, byte_encoding)
    members = [event for event in page.events if event_template(event) == counts.template]
    if not members:
        return None
    event = members[0]
    failed_at = time_us(event["received_at"], "received_at")
    before = Cursor(now_us(), Window(failed_at - _BEFORE_US, failed_at))
    (events, _), chain = await gather_all(
        queries.events(Selection(node=row["node"]), 3 * LAST_EVENTS, 0, before),
        _chain(queries, event),
    )
    return Sample(event, breadcrumbs(event, events.events, chain), failed_attempt(event, chain))


async def _chain(queries: QueryClient, event: Json) -> list[Json]:
    """Return the events of an event's chain of references; nothing if it has none."""
    if event["context"]["root_event_id"] in (None, event["event_id"]):
        return []
    tree, _ = await queries.ask(Trace(event["id"], limit=RELATED_EVENTS))
    return tree["events"] if tree else []


async def find_outcomes(
    queries: QueryClient, counts: GroupCounts, samples: Sequence[Sample], window: Window
) -> tuple[dict[int, Outcome], list[tuple[None, Coverage]]]:
    """Return what came of the newest failures, by event, and the shards that were asked."""
    kind = counts.event_type
    rule = OUTCOME_RULES.get(kind)
    attempts: dict[int, FailedAttempt] = {}
    coverages: list[tuple[None, Coverage]] = []
    if rule is not None and not rule.needs_chain:
        page, seen = await queries.events(
            Selection(types=(kind,)), 2 * EXAMINED, 0, Cursor(now_us(), window)
        )
        coverages.append((None, seen))
        newest = (each for each in page.events if event_template(each) == counts.template)
        attempts |= {each["id"]: failed_attempt(each) for each in islice(newest, EXAMINED)}
    # The chains of samples are known.
    attempts |= {sample.event["id"]: sample.attempt for sample in samples}
    since = min((each.failed_at for each in attempts.values()), default=0) - HOUR_US
    parts = await gather_all(
        *(
            queries.ask(
                AggregateRows(
                    needed.table,
                    Window(since),
                    columns=OUTCOME_COLUMNS[needed.table],
                    where=needed.where,
                    limit=MAX_OUTCOME_ROWS,
                )
            )
            for needed in rows_needed(kind, attempts.values())
        )
    )
    coverages += [(None, seen) for _, seen in parts]
    outcome_of = outcomes(
        kind,
        attempts.values(),
        (row for rows, _ in parts for row in rows),
        now_us=now_us(),
        is_complete=all(seen.complete for _, seen in coverages),
    )
    return outcome_of, coverages


def sample_json(sample: Sample, outcome: Outcome) -> answers.FailureSample:
    """Return a sample as the answer has it."""
    fields = next(iter(sample.event["data"].values()))
    return {
        "event": cast(Event, sample.event),
        "reason": str(fields.get("reason", "")),
        "outcome": outcome.name,
        "outcome_text": outcome.text,
        "breadcrumbs": sample.breadcrumbs,
    }
