"""``tart/query/sql/package_tables.py``: packages as the API merges them."""

from __future__ import annotations

from itertools import product

import pytest

from tart.protocol.events import EventKind
from tart.query.packages.package_progress import stage_of
from tests.query.sql.sql_parts import Parts

PACKAGE, REPORT, ROOT = b"p" * 32, b"r" * 32, b"e" * 32
SUBMISSION = EventKind.WORK_PACKAGE_SUBMISSION
SHARE = EventKind.WORK_PACKAGE_BEING_SHARED


@pytest.fixture
def parts():
    made = Parts()
    for shard, name in ((0, "aa"), (1, "bb")):
        made.add(shard, "nodes", node=3, node_id=name * 32)
    return made


def moment(second):
    return f"2026-11-21 12:00:{second:02d}"


def attempt(parts, shard, second, kind, outcome="unfinished", **steps):
    values = {"hash": PACKAGE, "core": 1, "session": 2, "root": 9, "seq": 1} | steps
    parts.add(
        shard, "packages", node=3, kind=kind, outcome=outcome, started_at=moment(second),
        ended_at=moment(second + 1), sent=0, sending=0, send_failed=0, items=1, **values,
    )  # fmt: skip


def test_a_package_is_one_row_of_its_leading_guarantor(parts):
    attempt(parts, 0, 5, SHARE, received=5, built=7, report=REPORT, erasure_root=ROOT)
    attempt(parts, 1, 3, SUBMISSION, "failed", received=4, reason="late")
    attempt(parts, 1, 8, SUBMISSION, "duplicate")
    (row,) = parts.rows("work_packages")
    assert row["hash"] == PACKAGE
    assert (row["stage"], row["is_active"], row["node_id"]) == ("report_built", True, "aa" * 32)
    assert (row["submitted_to"], row["nodes_involved"]) == ("bb" * 32, 2)
    assert (row["submissions"], row["submissions_failed"], row["shares"]) == (1, 1, 1)
    assert row["failure_reason"] == "late"
    assert (row["submitted_at"].second, row["last_update"].second) == (3, 6)


@pytest.mark.parametrize("known", [("reports",), ("reports", "erasures")])
def test_another_shard_knows_of_the_report_and_of_the_shards(parts, known):
    attempt(parts, 0, 5, SUBMISSION, "distributed", received=5, guaranteed=8, distributed=9,
            report=REPORT, erasure_root=ROOT)  # fmt: skip
    parts.add(
        1, "reports", hash=REPORT, first_at=moment(10), last_at=moment(40), cannot_report=0,
        received_at=moment(10), included_at=moment(20),
    )  # fmt: skip
    if "erasures" in known:
        parts.add(1, "erasures", root=ROOT, first_at=moment(30), last_at=moment(31))
    (row,) = parts.rows("work_packages")
    assert row["stage"] == ("available" if "erasures" in known else "included")
    assert (row["included_at"].second, row["last_update"].second) == (20, 40)
    assert not row["is_active"]


STEPS = ("received", "authorized", "refined", "built", "guaranteed", "distributed")


REPORTS = (None, {"received_at": moment(9)}, {"cannot_report": 2}, {"included_at": moment(9)})


def test_the_stage_is_that_of_the_api(parts):
    """Of packages that reached any step, with any news of their report."""
    expected = {}
    cases = product(("unfinished", "failed"), range(len(STEPS) + 1), REPORTS)
    for number, (outcome, reached, report) in enumerate(cases):
        package, report_hash = bytes([1, number]) * 16, bytes([2, number]) * 16
        steps = {step: number for number, step in enumerate(STEPS[:reached], 1)}
        attempt(parts, 0, 5, SUBMISSION, outcome, hash=package, report=report_hash, **steps)
        if report is not None:
            filled = {"cannot_report": 0, **report}
            parts.add(
                1, "reports", hash=report_hash, first_at=moment(9), last_at=moment(9), **filled
            )
        known = {step: steps.get(step) for step in STEPS} | {"outcome": outcome}
        expected[package] = (outcome, reached, report, stage_of(known, report, None))
    stages = {row["hash"]: row["stage"] for row in parts.rows("work_packages")}
    assert {package: (*case[:3], stages.pop(package)) for package, case in expected.items()} == (
        expected
    )
    assert stages == {}


def test_attempts_have_the_times_of_the_node(parts):
    attempt(parts, 0, 5, SUBMISSION, guaranteed=8, guarantors="[1, 2]")
    attempt(parts, 1, 6, SHARE, "failed")
    first, second = sorted(parts.rows("work_package_attempts"), key=lambda row: row["node_id"])
    assert (first["node_id"], first["guarantors"], first["is_submission"]) == (
        "aa" * 32,
        "[1, 2]",
        True,
    )
    assert first["guarantee_built_at"].isoformat() == "2025-01-01T12:00:00.000008"
    assert (second["outcome"], second["guarantee_built_at"]) == ("failed", None)
