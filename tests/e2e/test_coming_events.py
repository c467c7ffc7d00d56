"""Event types to come: declared with a role, they are in the answers without other code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

import tart

ROOT = Path(tart.__file__).parents[1]
# As JIP-3 may have them: numbers and layouts are invented.
DECLARATIONS = """
    AUDIT_ANNOUNCEMENT_SENT = _event(
        "auditing",
        200,
        "AuditAnnouncementSent",
        "Audit announcement sent",
        role=EventRole(Role.ANNOUNCEMENT_SENT, tranche="tranche"),
        hash=HASH,
        tranche=U8,
    )
    JUDGMENT_MADE = _event(
        "auditing",
        201,
        "JudgmentMade",
        "Judgment made",
        role=EventRole(Role.JUDGMENT_MADE, tranche="tranche", valid="is_valid"),
        audit_id=refers_to(200),
        tranche=U8,
        is_valid=BOOL,
    )
    FINALITY_ROUND_COMPLETED = _event(
        "finality",
        220,
        "FinalityRoundCompleted",
        "Finality round completed",
        role=EventRole(Role.ROUND_COMPLETED, round="round"),
        round=U64,
        hash=HASH,
    )
"""
SCRIPT = """
import json, sys
from pathlib import Path
from tart.testing import FakeNode
from tests.running import PATIENT, running_system, wait_for

with running_system(Path(sys.argv[1]), shards=2, environ=PATIENT) as system:
    peer = bytes(31) + b"\\x07"
    node = FakeNode(peer)
    with system.connect() as connection:
        connection.sendall(node.connect())
        for tranche, is_valid in ((0, True), (0, False), (1, True)):
            audit, frame = node.event("AuditAnnouncementSent", 5, hash=bytes(32), tranche=tranche)
            connection.sendall(frame)
            _, frame = node.event(
                "JudgmentMade", 9, audit_id=audit, tranche=tranche, is_valid=is_valid
            )
            connection.sendall(frame)
        for number in (2**63, 7):
            _, frame = node.event("FinalityRoundCompleted", 11, round=number, hash=bytes(32))
            connection.sendall(frame)
        wait_for(lambda: system.node(peer).get("event_count", 0) >= 8)
        audits, finality = system.get("/api/audits"), system.get("/api/finality")
        steps = wait_for(lambda: system.get("/api/metrics/latency")["steps"], "a step")
    print(json.dumps([audits, finality, steps]))
"""


@pytest.mark.slow
def test_an_event_type_with_a_role_fills_tables_and_answers_without_other_code(tmp_path):
    for name in ("tart", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "static")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    events = tmp_path / "tart/protocol/events.py"
    text = events.read_text()
    last = "        reason=PREIMAGE_DISCARD_REASON,\n    )\n"
    assert text.count(last) == 1
    events.write_text(text.replace(last, last + DECLARATIONS))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "data")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    audits, finality, latencies = orjson.loads(done.stdout.splitlines()[-1])
    announced, judged = (audits["steps"][name] for name in ("announcement_sent", "judgment_made"))
    assert (announced["events"], announced["invalid"]) == (3, None)
    assert judged["event_types"] == ["JudgmentMade"]
    assert judged["tranches"] == [
        {"tranche": 0, "events": 2, "invalid": 1},
        {"tranche": 1, "events": 1, "invalid": 0},
    ]
    assert (judged["events"], judged["invalid"], sum(judged["series"])) == (3, 1, 3)
    (node,) = audits["nodes"]
    assert (node["judgments"], judged["nodes"]) == (
        3,
        [{"node_id": node["node_id"], "events": 3}],
    )
    assert audits["steps"]["dispute_concluded"] is None
    completed = finality["rounds"]["round_completed"]
    assert (completed["events"], completed["highest_round"]) == (2, 2**63)
    assert finality["rounds"]["vote_sent"] is None
    # A reference makes a step, too.
    assert "AuditAnnouncementSent_to_JudgmentMade" in {each["step"] for each in latencies}
