"""The rules of detailed health, by their values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tart.gateway.observability.alerting_figures import AlertingFigures
from tart.gateway.observability.chain_figures import ChainFigures
from tart.gateway.observability.health import HealthInput, report
from tart.query.chain_queries.chain import ChainState, EndpointState
from tests.gateway.fake_shard import statistics
from tests.gateway.observability.test_host_usage import process, sample

WELL = HealthInput(
    statistics={0: statistics(), 1: statistics()},
    total=2,
    response_seconds=0.003,
    pending_limit=1000,
    broadcaster={"active_subscribers": 3},
    shed_recently=False,
    rss_bytes=100,
    memory=(50, 100),
    disk=(50, 100),
)


def words(inputs: HealthInput) -> tuple[str, dict[str, str]]:
    """The overall status, and those of the parts that are not healthy."""
    body = report(inputs, "now", "0", 5)
    parts = {name: part["status"] for name, part in body["components"].items()}
    return body["status"], {name: word for name, word in parts.items() if word != "Healthy"}


def test_healthy_measurements_make_healthy_components() -> None:
    assert words(WELL) == ("Healthy", {})
    body = report(WELL, "now", "0", 5)
    assert body["uptime_seconds"] == 5
    assert body["summary"] == {
        "total_components": 7,
        "healthy_components": 7,
        "degraded_components": 0,
        "unhealthy_components": 0,
    }
    assert all(part["message"] for part in body["components"].values())
    assert body["components"]["database"]["metrics"]["response_time_ms"] == 3
    assert body["components"]["memory"]["metrics"]["rss_bytes"] == 2 * (50 << 20) + 100


def shards(**changes: Any) -> HealthInput:
    """One of the two shards is otherwise."""
    return replace(WELL, statistics={0: statistics(), 1: statistics(**changes)})


def message(inputs: HealthInput, part: str) -> str:
    text: str = report(inputs, "now", "0", 5)["components"][part]["message"]
    return text


def test_a_quarantined_file_is_named() -> None:
    name = "01/2026-11-21.duckdb.corrupt-20261121T120000Z"
    assert name in message(shards(quarantined=[name]), "shard_01")


def test_a_pause_names_the_shortage_of_disk_or_memory() -> None:
    full = shards(ingest_paused=True, paused_for="disk")
    assert message(full, "batch_writer") == (
        "disk nearly full: ingestion is paused in 1 of 2 shards"
    )
    short = shards(ingest_paused=True, paused_for="memory")
    assert message(short, "batch_writer").startswith("storage.memory_limit exceeded: ingest")
    behind = shards(ingest_paused=True, paused_for="buffer")
    assert "disk" not in message(behind, "batch_writer")


@pytest.mark.parametrize(
    ("inputs", "overall", "parts"),
    [
        (
            replace(WELL, statistics={0: statistics()}),
            "Degraded",
            {"database": "Degraded", "shard_01": "Unhealthy"},
        ),
        (
            replace(WELL, statistics={}),
            "Unhealthy",
            {
                "database": "Unhealthy",
                "batch_writer": "Unhealthy",
                "shard_00": "Unhealthy",
                "shard_01": "Unhealthy",
            },
        ),
        (shards(ingest_paused=True), "Degraded", {"batch_writer": "Degraded"}),
        (
            replace(WELL, statistics=dict.fromkeys((0, 1), statistics(ingest_paused=True))),
            "Unhealthy",
            {"batch_writer": "Unhealthy"},
        ),
        (shards(quarantined=["00/x"]), "Degraded", {"shard_01": "Degraded"}),
        (shards(pending_bytes=751), "Degraded", {"batch_writer": "Degraded"}),
        (shards(pending_bytes=750), "Healthy", {}),
        (replace(WELL, shed_recently=True), "Degraded", {"event_broadcaster": "Degraded"}),
        (replace(WELL, memory=(9, 100)), "Degraded", {"memory": "Degraded"}),
        (replace(WELL, memory=(1, 100)), "Unhealthy", {"memory": "Unhealthy"}),
        (replace(WELL, memory=(0, 0)), "Healthy", {}),
        (replace(WELL, disk=(9, 100)), "Degraded", {"system_resources": "Degraded"}),
        (replace(WELL, disk=(1, 100)), "Unhealthy", {"system_resources": "Unhealthy"}),
        (shards(loop_lag_seconds=1.5), "Degraded", {"shard_01": "Degraded"}),
    ],
)
def test_each_rule_of_health(inputs: HealthInput, overall: str, parts: dict[str, str]) -> None:
    assert words(inputs) == (overall, parts)


def test_a_starting_shard_reports_its_progress() -> None:
    starting = replace(WELL, statistics={0: statistics()}, recovering={1: "counting, 43 %"})
    assert words(starting) == ("Degraded", {"database": "Degraded", "shard_01": "Degraded"})
    assert message(starting, "shard_01") == "starting: counting, 43 %"
    assert message(replace(starting, recovering={}), "shard_01") == "does not answer"


LOST = {
    "file": "01/2026-11-21.duckdb",
    "events": 4096,
    "stretches": [{"events": 4096, "first": 10, "last": 4105, "since": None, "until": None}],
    "bare": 7,
    "others": {"sessions": 2},
}


def test_unreadable_parts_of_files_are_listed() -> None:
    damaged = shards(damaged=[LOST])
    assert words(damaged) == ("Degraded", {"shard_01": "Degraded"})
    assert message(damaged, "shard_01") == (
        "parts of files are unreadable: 01/2026-11-21.duckdb (4096 events, sequence 10 to 4105, "
        "slot or core of 7 events, 2 rows of sessions)"
    )
    many = message(shards(damaged=[LOST] * 12), "shard_01")
    assert many.count("01/2026-11-21.duckdb") == 10
    assert many.endswith("and 2 more")


def test_vanished_files_and_missing_frames_are_reported() -> None:
    found = message(shards(vanished=["01/x.duckdb"], frames_missing=3), "shard_01")
    assert found == (
        "files deleted while in use, served until tart stops (stop it and restore them from a "
        "backup): 01/x.duckdb; "
        "3 frames are missing in the sequence"
    )


def test_a_budget_and_descriptors_that_run_out_are_named() -> None:
    inputs = replace(WELL, host=sample(memory_budget=(1000, 995), processes=(process(),)))
    assert words(inputs) == ("Unhealthy", {"memory": "Unhealthy"})
    full = process(descriptors=95)
    inputs = replace(WELL, host=sample(processes=(full,)))
    assert words(inputs) == ("Degraded", {"system_resources": "Degraded"})
    message = report(inputs, "now", "0", 5)["components"]["system_resources"]["message"]
    assert message.endswith("shard 0 has 95 of 100 descriptors open")


def test_alerting_that_fails_degrades_the_server_and_alerts_do_not() -> None:
    well = replace(WELL, alerting=AlertingFigures(alerts={("firing", "critical"): 3}, rules=40))
    assert words(well) == ("Healthy", {})
    assert message(well, "alerting") == "40 rules evaluated, 3 alerts firing"
    wrong = replace(WELL, alerting=AlertingFigures(problems=("rule A cannot be evaluated: x",)))
    assert words(wrong) == ("Degraded", {"alerting": "Degraded"})
    assert message(wrong, "alerting") == "rule A cannot be evaluated: x"


def test_a_chain_process_that_is_away_degrades_the_server() -> None:
    away = replace(WELL, chain=ChainFigures())
    assert words(away) == ("Degraded", {"chain": "Degraded"})
    assert message(away, "chain").startswith("the chain process does not answer")
    endpoint = EndpointState(url="ws://a", connected=True)
    well = replace(WELL, chain=ChainFigures(ChainState(endpoints=[endpoint], parameters={})))
    assert words(well) == ("Healthy", {})
    assert message(well, "chain") == "no block is known yet"
