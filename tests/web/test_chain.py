"""``#/chain``, ``#/chain/reconcile`` and ``#/chain/finality``: the chain beside the telemetry."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import axe, is_scrolled_sideways, keys_of, texts


def answered(page: Page, route: str, answer: dict[str, Any]) -> None:
    """Let a page get an answer that a server of a larger network would give."""

    def fulfil(found: Route) -> None:
        found.fulfill(body=json.dumps(answer), content_type="application/json")

    page.route(re.compile(rf"/api/{route}(\?|$)"), fulfil)


def both(claimed: int | None, on_chain: int) -> dict[str, Any]:
    """Return a number of both sides."""
    difference = None if claimed is None else on_chain - claimed
    return {"claimed": claimed, "on_chain": on_chain, "difference": difference}


def reconciled(validators: int, findings: int = 0) -> dict[str, Any]:
    """Return an answer about a network of so many validators, with as many findings."""
    ids = [f"{index:064x}" for index in range(validators)]
    figures = {
        name: both(240, 240)
        for name in ("blocks", "guarantees", "assurances", "tickets", "preimages")
    }
    return {
        "timestamp": "2026-11-30T10:00:00Z",
        "window": {"start": "2026-11-30T09:00:00Z", "end": "2026-11-30T10:00:00Z"},
        "chain": {
            **{"first_slot": 1, "last_slot": 600, "finalized_slot": 598, "epoch_slots": 600},
            **{"compared": 240, "pending": 0, "without_statistics": 0, "irregular": 0, "forks": 0},
            "complete": True,
        },
        "epochs": [
            {
                **{"epoch": 7, "first_slot": 1, "last_slot": 600, "blocks": 240},
                **{"validators": validators, "matched": validators},
                "by_evidence": {"blocks": validators},
                **{"contradictions": [], "validators_without_telemetry": [], "unmatched_nodes": []},
            }
        ],
        "findings": [
            {
                **{"kind": "unreported_block", "node_id": ids[index], "implementation": "tiny 1"},
                **{"validator": index, "epoch": 7, "count": 3, "expected": None},
                "probability": None,
                "examples": [
                    {
                        **{"hash": "ab" * 32, "slot": 12, "subject": None},
                        **{"claimed": None, "on_chain": None},
                    }
                ],
            }
            for index in range(findings)
        ],
        "total_findings": findings,
        "validators": [
            {
                **{"epoch": 7, "validator": index, "node_id": node, "implementation": "tiny 1"},
                **{"evidence": "blocks", "evidence_count": 2},
                **{"complete": True, "incomplete_reason": None},
                **figures,
                "preimage_octets": both(None, 5),
            }
            for index, node in enumerate(ids)
        ],
        "total_validators": validators,
        **{"cores": [], "services": [], "blocks": [], "implementations": [], "unexamined": 0},
    }


def test_blocks_endpoints_and_cores_are_those_of_the_api(
    open_page: Opener, live_system: System
) -> None:
    wait_for(lambda: live_system.get("/api/jam/blocks")["blocks"], "a block on chain")
    page = open_page("#/nodes")
    page.locator("h1").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(re.compile("#/chain"))
    rows = page.get_by_role("grid", name="Blocks on chain").locator("tbody tr[data-key]")
    rows.first.wait_for()

    def is_shown() -> bool:
        known = [block["header_hash"] for block in live_system.get("/api/jam/blocks")["blocks"]]
        shown = keys_of(rows)
        return (
            bool(shown)
            and shown[0] in known
            and shown == known[known.index(shown[0]) :][: len(shown)]
        )

    wait_for(is_shown, "the blocks of the API")
    endpoints = page.get_by_role("grid", name="Endpoints")
    expect(endpoints).to_contain_text("connected")
    count = live_system.get("/api/jam/cores")["core_count"]
    cores = page.get_by_role("grid", name="Cores on chain").locator("tbody tr[data-key]")
    expect(cores).to_have_count(count)
    page.get_by_role("button", name="services", exact=True).click()
    expect(page).to_have_url(re.compile("of=services"))
    expect(page.get_by_role("grid", name="Services on chain")).to_be_visible()


def test_agreement_is_one_calm_sentence(open_page: Opener) -> None:
    page = open_page()
    answered(page, "chain/reconcile", reconciled(12))
    page.goto("/#/chain/reconcile")
    verdict = page.locator(".reconcile-verdict")
    expect(verdict).to_contain_text("12 validators: telemetry and chain agree on 240 blocks.")
    expect(verdict).to_have_attribute("data-verdict", "ok")
    expect(page.get_by_role("grid", name="Findings")).to_have_count(0)


def test_findings_name_node_block_and_events(open_page: Opener) -> None:
    page = open_page()
    answered(page, "chain/reconcile", reconciled(12, findings=2))
    page.goto("/#/chain/reconcile")
    findings = page.get_by_role("grid", name="Findings")
    expect(findings.locator("tbody tr[data-key]")).to_have_count(2)
    expect(findings).to_contain_text("3 blocks on chain that the node does not report")
    links = findings.locator("tbody tr[data-key] a").evaluate_all(
        "(links) => links.map((link) => link.getAttribute('href').split('?')[0])"
    )
    assert set(links) == {f"#/nodes/{0:064x}", f"#/nodes/{1:064x}", "#/slots/12", "#/events"}
    assert axe(page) == []


def test_a_full_network_is_drawn_row_by_row(open_page: Opener) -> None:
    page = open_page(width=390)
    answered(page, "chain/reconcile", reconciled(1023, findings=4))
    page.goto("/#/chain/reconcile")
    table = page.get_by_role("grid", name="Validators by epoch")
    table.locator("tbody tr[data-key]").first.wait_for()
    expect(table).to_have_attribute("aria-rowcount", "1024")
    assert table.locator("tbody tr[data-key]").count() < 100
    table.focus()
    page.keyboard.press("End")
    expect(table.locator("tbody tr[data-key]").last).to_have_attribute("aria-rowindex", "1024")
    assert table.locator("tbody tr[data-key]").count() < 100
    assert not is_scrolled_sideways(page)


def test_without_an_rpc_the_page_names_the_setting(open_page: Opener, live_system: System) -> None:
    server = live_system.get("/api/server")
    page = open_page()
    answered(page, "server", server | {"chain": None})
    for path in ("chain", "chain/reconcile"):
        page.goto(f"/#/{path}")
        expect(page.locator(".empty")).to_contain_text("Set rpc.urls in its settings")


def test_finality_and_audits_are_those_of_the_api(open_page: Opener, live_system: System) -> None:
    wait_for(lambda: live_system.get("/api/finality")["now"]["lag_slots"] is not None, "a lag")
    page = open_page("#/chain/finality")
    nodes = page.get_by_role("grid", name="Finality by node").locator("tbody tr[data-key]")
    expect(nodes).to_have_count(len(live_system.get("/api/finality")["nodes"]))
    # What no event reports is not zero.
    # Finality and audits are two answers.
    expect(page.locator("[data-steps=none]")).to_have_count(2)
    steps = texts(page, "[data-steps=none]")
    assert all("not reported yet" in step for step in steps)


def test_traces_are_downloaded(open_page: Opener, live_system: System) -> None:
    (event,) = live_system.get("/api/events", event_types="FinalizedBlockChanged", limit=1)[
        "events"
    ]
    page = open_page(f"#/slots/{event['data']['FinalizedBlockChanged']['slot']}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Trace").first.click()
    assert download.value.suggested_filename.endswith(".otlp.json")
    trace = json.loads(download.value.path().read_text())
    assert trace["resourceSpans"]
