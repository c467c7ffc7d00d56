"""``tart/query/topics/failure_outcomes.py``: recovered, superseded, lost, unknown."""

from __future__ import annotations

from typing import Any

import pytest

from tart.aggregate.core.tables import ROWS
from tart.protocol.events import EventKind
from tart.query.topics.failure_outcomes import (
    COLUMNS,
    NEXT_SLOTS,
    RULES,
    FailedAttempt,
    failed_attempt,
    outcome_counts,
    outcomes,
    rows_needed,
)
from tests.cases import all_cases
from tests.gateway.fake_shard import NOON, event

LATER = 1000 + 3_600_000_000
ATTEMPT = FailedAttempt(1, "n", 1000, 7, "aa")
PACKAGE, AUTHORING = EventKind.WORK_PACKAGE_FAILED, EventKind.AUTHORING_FAILED
IMPORT, REQUEST = EventKind.BLOCK_EXECUTION_FAILED, EventKind.BLOCK_REQUEST_FAILED
STEP = EventKind.SEGMENT_REQUEST_FAILED


def row(node: str = "n", subject: str = "aa", **columns: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(COLUMNS["packages"] + COLUMNS["blocks"]),
        **{"node": node, "hash": subject, "slot": 7, "started_at": 900, "ended_at": 1000},
        **columns,
    }


DONE = {"guaranteed": 5}
EXECUTED = {"executed": 5, "ended_at": 1500}
CASES = [
    (PACKAGE, [row()], "lost"),
    (PACKAGE, [], "unknown"),
    (PACKAGE, [row(), row("m", **DONE)], "superseded"),
    (PACKAGE, [row(), row("m", started_at=1001, **DONE)], "recovered"),
    (PACKAGE, [row(), row("m", "bb", **DONE)], "lost"),
    (STEP, [row(signed=5)], "recovered"),
    (STEP, [row(), row("m", **DONE)], "superseded"),
    (STEP, [row()], "lost"),
    (STEP, [row("m", **DONE)], "unknown"),
    (AUTHORING, [row()], "lost"),
    (AUTHORING, [row(), row("m", **EXECUTED)], "superseded"),
    (AUTHORING, [row(), row("m", slot=8, **EXECUTED)], "lost"),
    (AUTHORING, [row(), row(started_at=1001, authored=5)], "recovered"),
    (AUTHORING, [row("m", **EXECUTED)], "unknown"),
    (IMPORT, [row()], "lost"),
    (IMPORT, [row(), row(started_at=1001, **EXECUTED)], "recovered"),
    (IMPORT, [row(), row(subject="bb", slot=8, **EXECUTED)], "superseded"),
    (IMPORT, [row(), row(subject="bb", slot=6, **EXECUTED)], "lost"),
    (IMPORT, [row(), row("m", "bb", slot=8, **EXECUTED)], "lost"),
    (IMPORT, [], "unknown"),
    (REQUEST, [row(started_at=1001)], "recovered"),
    (REQUEST, [row()], "unknown"),
    (REQUEST, [], "lost"),
]


@all_cases("kind, rows, expected", CASES)
def test_rows_tell_the_outcome(kind: EventKind, rows: list[Any], expected: str) -> None:
    (found,) = outcomes(kind, [ATTEMPT], rows, now_us=LATER, is_complete=True).values()
    assert found.name == expected
    assert found.text.endswith(".")
    for now_us, is_complete in ((1001, True), (LATER, False)):
        (early,) = outcomes(kind, [ATTEMPT], rows, now_us=now_us, is_complete=is_complete).values()
        assert early.name == ("unknown" if expected == "lost" else expected)


@all_cases("kind", RULES)
def test_without_a_subject_nothing_is_known(kind: int) -> None:
    nothing = ATTEMPT._replace(hash=None, slot=None)
    (found,) = outcomes(kind, [nothing], [row()], now_us=LATER, is_complete=True).values()
    assert found.name == "unknown"
    assert rows_needed(kind, [nothing]) == []


def test_other_types_have_no_rule() -> None:
    kind = EventKind.CONNECT_OUT_FAILED
    assert rows_needed(kind, [ATTEMPT]) == []
    found = outcomes(kind, [ATTEMPT], [], now_us=LATER, is_complete=True)
    assert outcome_counts(kind, found.values()) == {
        **{"recovered": 0, "superseded": 0, "lost": 0, "unknown": 1, "examined": 1},
        "rule": None,
    }


def test_a_node_that_served_the_request_failed_for_another() -> None:
    served = ATTEMPT._replace(is_served=True)
    (found,) = outcomes(REQUEST, [served], [], now_us=LATER, is_complete=True).values()
    assert found.name == "unknown"


def test_the_conditions_on_rows_are_narrow() -> None:
    other = ATTEMPT._replace(node="m", slot=9, hash="bb")
    assert [(each.table, each.where) for each in rows_needed(PACKAGE, [ATTEMPT, other])] == [
        ("packages", {"hash": ["aa", "bb"]})
    ]
    assert [(each.table, each.where) for each in rows_needed(AUTHORING, [ATTEMPT])] == [
        ("blocks", {"slot": [7]})
    ]
    assert [each.where for each in rows_needed(IMPORT, [ATTEMPT])] == [
        {"hash": ["aa"], "node": ["n"]},
        {"slot": list(range(7, 8 + NEXT_SLOTS)), "node": ["n"]},
    ]


@pytest.mark.parametrize("table", COLUMNS)
def test_the_columns_are_those_of_the_tables(table: Any) -> None:
    assert set(COLUMNS[table]) <= ROWS[table].keys()


def test_the_chain_names_what_the_context_does_not() -> None:
    failure = event(0, 9, at=NOON, number=REQUEST.number, variant="BlockRequestFailed", fields={})
    asked = event(0, 8, number=EventKind.SENDING_BLOCK_REQUEST.number, fields={"hash": "0xaa"})
    assert failed_attempt(failure) == FailedAttempt(
        failure["id"], failure["node_id"], NOON, None, None
    )
    assert failed_attempt(failure, [asked]).hash == "aa"
    answered = event(0, 8, number=EventKind.RECEIVING_BLOCK_REQUEST.number, fields={})
    assert failed_attempt(failure, [answered]).is_served
    failure["context"] = {"slot": 7, "hash": [0xAB], "core": None, "root_event_id": 8}
    assert failed_attempt(failure)[-3:] == (7, "ab", False)
