"""``tart report`` of a running server: its numbers are those of the API."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.e2e.truth import Told
from tests.supervisor.process import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(truths: Any) -> Told:
    """A server with the events of a whole network."""
    system: Told = truths("1 shard")
    return system


def write_report(url: str, path: Path, *flags: str) -> Any:
    """The report as a tree."""
    command = [sys.executable, "-m", "tart", "report", "--url", url, "-o", str(path), *flags]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    document = path.read_text("utf-8").removeprefix("<!DOCTYPE html>\n")
    assert not re.search(r"<script|<link|<img|url\(|@import|https?://(?!127\.0\.0\.1)", document)
    return ElementTree.fromstring(re.sub(r"<(meta [^>]*)>", r"<\1/>", document))


def rows(root: Any, caption: str) -> dict[str, list[str]]:
    """The exact values of a table by the names of its rows."""
    for table in root.iter("table"):
        if "".join(table.find("caption").itertext()).startswith(caption):
            return {
                "".join(row[0].itertext()): [data.get("value") for data in row.iter("data")]
                for row in table.iter("tr")
                if len(row) > 1
            }
    raise AssertionError(caption)


def test_the_numbers_of_a_report_are_those_of_the_api(told: Told, tmp_path: Path) -> None:
    root = write_report(told.system.api, tmp_path / "report.html", "--from", "-1h")
    get = told.system.get

    answer = get("/api/implementations", duration="1h")
    shown = rows(root, "Implementations")
    assert len(shown) == len(answer["implementations"]) + 1  # the heading
    for figures in answer["implementations"]:
        values = shown[f"{figures['name']} {figures['version']}"]
        assert str(figures["events"]) in values
        assert str(figures["failures"]) in values

    rates = get("/api/analytics/failure-rates", duration="1h")["by_category"]
    shown = rows(root, "Failures by kind")
    for rate in rates:
        values = shown[rate["category"].replace("_", " ")]
        assert values[:2] == [str(rate["attempts"]), str(rate["failures"])]

    funnel = get("/api/workpackages/funnel", duration="1h")
    shown = rows(root, f"{funnel['packages']:,} work-packages by the stages")
    for stage in funnel["stages"]:
        assert shown[stage["stage"].replace("_", " ")][0] == str(stage["reached"])

    slots = get("/api/slots", count=600)["slots"]
    blocks = sum(len(slot["blocks"]) for slot in slots)
    assert rows(root, "Slots ")["blocks"] == [str(blocks)]


def test_the_distributions_of_a_report_are_those_of_the_api(told: Told, tmp_path: Path) -> None:
    root = write_report(told.system.api, tmp_path / "report.html", "--from", "-1h")
    answer = told.system.get("/api/implementations/compare", duration="1h")
    shown = {data.get("value") for data in root.iter("data")}
    steps = {measure["name"] for measure in answer["measures"] if measure["kind"] == "step"}
    values = [
        group[name]
        for group in answer["groups"]
        if group["measure"] in steps
        for name in ("value", "node_min", "node_max", "p50_ms", "p95_ms", "p99_ms", "events")
        if group[name] is not None
    ]
    assert len(values) > 100
    assert {str(value) for value in values} <= shown


def test_a_server_without_rpc_has_one_sentence_on_the_chain(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    root = write_report(told.system.api, path, "--from", "-1h", "--by", "version")
    (section,) = (each for each in root.iter("section") if each.get("id") == "chain")
    assert "Telemetry is not compared with the chain: " in "".join(section.itertext())
    assert list(section.iter("table")) == []
