"""``tart/cli/render/report/problems.py``: failures, conformance, alerts, missing data."""

from __future__ import annotations

from tart.cli.render.report.problems import (
    alert_section,
    conformance_section,
    describe_gaps,
    failure_section,
    gap_section,
)
from tests.cli.render.report.sample import END, START, report


def test_failures_are_by_kind_and_by_reason_and_version() -> None:
    body = failure_section(report()).body
    assert "block requests" in body
    assert '<data value="0.017">1.7 %</data>' in body
    assert "BlockRequestFailed: &lt;timeout&gt;" in body
    assert "1 group, 17 failures; first seen in the window: 1" in body


def test_broken_rules_name_the_implementations_that_break_them() -> None:
    body = conformance_section(report()).body
    assert "<code>second_outcome</code>" in body
    assert "&lt;b&gt;beta&lt;/b&gt; 2.0 (9)" in body
    assert conformance_section(report(conformance=None)).body == ""


def test_alerts_are_counted_when_they_fire() -> None:
    body = alert_section(report()).body
    assert body.count("NodeSilent") == 1
    assert "silent &amp; gone" in body
    assert "Only the newest changes of states are counted." in body
    quiet = {"history": [], "has_more": False}
    assert alert_section(report(alerts=quiet)).body == "<p>Alerts that fired: none.</p>"


def test_everything_that_is_missing_is_said() -> None:
    whole = report()
    assert whole.blocks is not None
    lacking = {
        **whole.blocks,
        "shards": {"answered": 1, "total": 2},
        "unreadable": [{"file": "log/1.duckdb", "rows": 1234, "since": START, "until": END}],
        "sampled": {"events": 5000, "since": START, "until": END},
    }
    gaps = describe_gaps(
        report(blocks=lacking, slots_cut=True, refused={"chain": "none", "failure_rates": "late"})
    )
    assert gaps == [
        "Failure rates could not be read: late",
        "Blocks: 1 of 2 shards answered.",
        "Unreadable file log/1.duckdb, 1,234 rows, 2026-11-20 12:00:00 to 2026-11-20 13:00:00",
        "5,000 events were not stored, by the settings of sampling, 2026-11-20 12:00:00 to "
        "2026-11-20 13:00:00.",
        "Nodes said 8 times that they dropped events.",
        "3 nodes are not compared: their implementation is not known.",
        "Slots: only the newest 3 of the window were read.",
    ]


def test_a_complete_window_is_called_so() -> None:
    body = gap_section(report(implementations=None, comparison=None)).body
    assert "Nothing is known to be missing." in body
    assert "2026-11-20 12:00 to 2026-11-20 13:00" in body


def test_windows_are_listed_once_although_their_ends_are_seconds_apart() -> None:
    whole = report()
    for second, answer in enumerate(whole.answers().values()):
        if answer.get("window"):
            answer["window"] = {
                "start": "2026-11-20T08:00:00.000000Z",
                "end": f"2026-11-20T18:00:{second:02}.000000Z",
            }
    body = gap_section(whole).body
    assert body.count("2026-11-20 08:00 to 2026-11-20 18:00") == 1
