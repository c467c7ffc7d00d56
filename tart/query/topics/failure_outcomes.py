"""Outcomes of failures, as the rows of blocks and work-packages tell them.

Pure. Recovered: a later attempt at the same succeeded. Superseded: another took its place, and the
network went on without it. Lost: neither, some time after the failure. Unknown: it is too early, or
the rows do not have the failure itself, so that nothing follows from what they lack. ``RULES`` says
what that means for each type of event; nothing tells about other types.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from tart.protocol.events import EventKind
from tart.query.answers import failures as answers
from tart.query.core.merge import Json
from tart.query.core.windows import time_us
from tart.units import MINUTE_US

# Failures of a group that are looked at: the newest.
EXAMINED = 50
# A block that replaces another has its slot, or one of the next.
NEXT_SLOTS = 5
BLOCK_LOST_US = MINUTE_US
PACKAGE_LOST_US = 10 * MINUTE_US
Table: TypeAlias = Literal["blocks", "packages"]
COLUMNS: Mapping[Table, tuple[str, ...]] = {
    "blocks": (
        *("started_at", "ended_at", "node", "kind", "slot", "hash", "failed_type"),
        *("authored", "executed"),
    ),
    "packages": (
        *("started_at", "ended_at", "node", "kind", "hash", "failed_type"),
        *("signed", "guaranteed", "distributed"),
    ),
}


class FailedAttempt(NamedTuple):
    """A failure and its subject.

    Attributes:
        event_id: The id of the event in the API.
        node: 64 hex digits.
        failed_at: Arrival, Unix microseconds.
        slot: Of its block; ``None`` if unknown.
        hash: Of its block or package, hex without a prefix; ``None`` if unknown.
        is_served: Whether the node was asked, and a peer of it was the one that failed to get
            something.
    """

    event_id: int
    node: str
    failed_at: int
    slot: int | None
    hash: str | None
    is_served: bool = False


class Outcome(NamedTuple):
    """The outcome of a failure, and why, as a sentence."""

    name: answers.Outcome
    text: str


class RowsOf(NamedTuple):
    """The conditions on rows of a table that tell outcomes."""

    table: Table
    where: dict[str, list[Any]]


@dataclass(frozen=True)
class Rule:
    """The rule that tells the outcome of failures of one type.

    Attributes:
        text: What counts as which.
        decide: Returns the outcome of an attempt; takes the rows of its subject, and whether it is
            long enough ago.
        lost_us: After this time an attempt without another outcome is lost.
        needs_chain: Whether the events before a failure name its subject, not its context: only
            samples are found.
    """

    table: Table
    text: str
    decide: Callable[[FailedAttempt, Sequence[Json], bool], Outcome]
    lost_us: int
    needs_chain: bool = False


def failed_attempt(event: Json, chain: Iterable[Json] = ()) -> FailedAttempt:
    """Return the attempt of an event that reports a failure.

    Args:
        event: The event.
        chain: Events of its chain of references, if they were read: they may name what the
            event's context does not.
    """
    context = event["context"]
    named, is_served = context["hash"], False
    for earlier in chain:
        fields: Json = next(iter(earlier["data"].values()), {})
        named = named or fields.get("hash")
        is_served = is_served or earlier["event_type"] == EventKind.RECEIVING_BLOCK_REQUEST
    if isinstance(named, list):
        named = bytes(named).hex()
    return FailedAttempt(
        event_id=event["id"],
        node=event["node_id"],
        failed_at=time_us(event["received_at"], "received_at"),
        slot=context["slot"],
        hash=named and named.removeprefix("0x"),
        is_served=is_served,
    )


def rows_needed(event_type: int, attempts: Iterable[FailedAttempt]) -> list[RowsOf]:
    """Return the rows that tell the outcomes of attempts; nothing for types without a rule."""
    rule = RULES.get(event_type)
    known = list(attempts)
    hashes = sorted({each.hash for each in known if each.hash})
    slots = {each.slot for each in known if each.slot is not None}
    nodes = sorted({each.node for each in known})
    if rule is None:
        return []
    if rule.table == "packages":
        return [RowsOf("packages", {"hash": hashes})] if hashes else []
    if event_type == EventKind.AUTHORING_FAILED:
        return [RowsOf("blocks", {"slot": sorted(slots)})] if slots else []
    needed = [RowsOf("blocks", {"hash": hashes, "node": nodes})] if hashes else []
    later = sorted({slot + step for slot in slots for step in range(NEXT_SLOTS + 1)})
    return [*needed, RowsOf("blocks", {"slot": later, "node": nodes})] if later else needed


def outcomes(
    event_type: int,
    attempts: Iterable[FailedAttempt],
    rows: Iterable[Json],
    *,
    now_us: int,
    is_complete: bool,
) -> dict[int, Outcome]:
    """Return the outcome of each attempt by its event.

    Args:
        event_type: Of all attempts.
        attempts: Failures of one group.
        rows: Those of ``rows_needed``.
        now_us: Unix microseconds.
        is_complete: Whether all shards answered: else nothing is lost.
    """
    rule = RULES.get(event_type)
    if rule is None:
        return {each.event_id: UNTRACKED for each in attempts}
    every = list(rows)
    outcome_of: dict[int, Outcome] = {}
    for attempt in attempts:
        is_over = is_complete and now_us - attempt.failed_at >= rule.lost_us
        outcome_of[attempt.event_id] = rule.decide(attempt, every, is_over)
    return outcome_of


def outcome_counts(event_type: int, results: Iterable[Outcome]) -> answers.FailureOutcomes:
    """Return how many attempts had each outcome."""
    counts = Counter(outcome.name for outcome in results)
    rule = RULES.get(event_type)
    return {
        "recovered": counts["recovered"],
        "superseded": counts["superseded"],
        "lost": counts["lost"],
        "unknown": counts["unknown"],
        "examined": counts.total(),
        "rule": None if rule is None else rule.text,
    }


UNTRACKED = Outcome("unknown", "Nothing that is stored tells what came of failures of this type.")
_TOO_EARLY = Outcome("unknown", "It is too early to tell, or a shard did not answer.")
_NOT_STORED = Outcome("unknown", "The progress of this attempt is not stored, or not any more.")
_NO_SUBJECT = Outcome("unknown", "The events before it do not name what it is about.")


def _outcome_of_package(attempt: FailedAttempt, rows: Sequence[Json], is_over: bool) -> Outcome:
    if attempt.hash is None:
        return _NO_SUBJECT
    own = [row for row in rows if row["hash"] == attempt.hash]
    if not any(row["node"] == attempt.node for row in own):
        return _NOT_STORED
    guaranteed = [row for row in own if row["guaranteed"] is not None]
    if any(row["started_at"] > attempt.failed_at for row in guaranteed):
        return Outcome("recovered", "It was submitted again later, and guaranteed.")
    if guaranteed:
        return Outcome("superseded", "It was guaranteed by another attempt of that time.")
    if not is_over:
        return _TOO_EARLY
    return Outcome("lost", "No guarantor that reports here guaranteed it.")


def _outcome_of_step(attempt: FailedAttempt, rows: Sequence[Json], is_over: bool) -> Outcome:
    if attempt.hash is None:
        return _NO_SUBJECT
    of_package = [row for row in rows if row["hash"] == attempt.hash]
    own = [row for row in of_package if row["node"] == attempt.node]
    if not own:
        return _NOT_STORED
    if any(row["guaranteed"] is not None or row["signed"] is not None for row in own):
        return Outcome("recovered", "The guarantor finished the package nevertheless.")
    if any(row["guaranteed"] is not None for row in of_package):
        return Outcome("superseded", "Another guarantor finished the package.")
    if not is_over:
        return _TOO_EARLY
    return Outcome("lost", "No guarantor that reports here guaranteed the package.")


def _outcome_of_authoring(attempt: FailedAttempt, rows: Sequence[Json], is_over: bool) -> Outcome:
    if attempt.slot is None:
        return _NO_SUBJECT
    of_slot = [row for row in rows if row["slot"] == attempt.slot]
    own = [row for row in of_slot if row["node"] == attempt.node]
    if not own:
        return _NOT_STORED
    if any(row["authored"] is not None and row["started_at"] > attempt.failed_at for row in own):
        return Outcome("recovered", f"The node authored a block in slot {attempt.slot} later.")
    if any(row["executed"] is not None for row in of_slot):
        return Outcome("superseded", f"Slot {attempt.slot} has a block of another author.")
    return Outcome("lost", f"Slot {attempt.slot} has no block.") if is_over else _TOO_EARLY


def _outcome_of_import(attempt: FailedAttempt, rows: Sequence[Json], is_over: bool) -> Outcome:
    if attempt.hash is None or attempt.slot is None:
        return _NO_SUBJECT
    of_node = [row for row in rows if row["node"] == attempt.node]
    if not any(row["hash"] == attempt.hash for row in of_node):
        return _NOT_STORED
    executed = [
        row
        for row in of_node
        if row["executed"] is not None and row["ended_at"] > attempt.failed_at
    ]
    if any(
        row["hash"] == attempt.hash and row["started_at"] > attempt.failed_at for row in executed
    ):
        return Outcome("recovered", "The node imported the same block later.")
    if any(row["hash"] != attempt.hash and row["slot"] >= attempt.slot for row in executed):
        return Outcome("superseded", "The node went on with another block.")
    if not is_over:
        return _TOO_EARLY
    return Outcome("lost", f"The node executed no block of the next {NEXT_SLOTS} slots.")


def _outcome_of_request(attempt: FailedAttempt, rows: Sequence[Json], is_over: bool) -> Outcome:
    if attempt.hash is None:
        return _NO_SUBJECT
    if attempt.is_served:
        return Outcome("unknown", "The node was asked for the block; see the node that asked.")
    own = [row for row in rows if row["hash"] == attempt.hash and row["node"] == attempt.node]
    if any(row["started_at"] < attempt.failed_at for row in own):
        return Outcome("unknown", "The node had the block already.")
    if own:
        return Outcome("recovered", "The node imported the block later.")
    return Outcome("lost", "The node never imported the block.") if is_over else _TOO_EARLY


_STEP = Rule(
    "packages",
    "recovered: the same guarantor signed a report of the package, or built a guarantee. "
    "superseded: another did. lost: none that reports here did in ten minutes. unknown: the node "
    "served the request, or the package is not known.",
    _outcome_of_step,
    PACKAGE_LOST_US,
)
_IMPORT = Rule(
    "blocks",
    "recovered: the node imported the same block later. superseded: it executed another block of "
    f"that slot or of the next {NEXT_SLOTS} after the failure. lost: neither, a minute later.",
    _outcome_of_import,
    BLOCK_LOST_US,
)
RULES: Mapping[int, Rule] = {
    EventKind.WORK_PACKAGE_FAILED: Rule(
        "packages",
        "recovered: the package was submitted or shared again after the failure, and guaranteed. "
        "superseded: another attempt that had begun by then guaranteed it. lost: no guarantor that "
        "reports here guaranteed it in ten minutes.",
        _outcome_of_package,
        PACKAGE_LOST_US,
    ),
    EventKind.AUTHORING_FAILED: Rule(
        "blocks",
        "recovered: the node authored a block in that slot later. superseded: a block of another "
        "author in that slot was executed. lost: the slot has no block a minute later.",
        _outcome_of_authoring,
        BLOCK_LOST_US,
    ),
    EventKind.WORK_PACKAGE_SHARING_FAILED: _STEP,
    EventKind.SEGMENT_SHARD_REQUEST_FAILED: _STEP,
    EventKind.SEGMENT_REQUEST_FAILED: _STEP,
    EventKind.SEGMENT_RECONSTRUCTION_FAILED: _STEP,
    EventKind.SEGMENT_VERIFICATION_FAILED: _STEP,
    EventKind.BLOCK_VERIFICATION_FAILED: _IMPORT,
    EventKind.BLOCK_EXECUTION_FAILED: _IMPORT,
    EventKind.BLOCK_REQUEST_FAILED: Rule(
        "blocks",
        "recovered: the node imported the block later, from whomever. lost: it never did, a minute "
        "later. unknown: it was asked for the block, or had it already. Of the samples only.",
        _outcome_of_request,
        BLOCK_LOST_US,
        needs_chain=True,
    ),
}
