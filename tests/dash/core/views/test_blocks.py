"""The view of blocks, from made answers."""

from tart.dash.core.model import Place, row_values
from tests.dash.core.views.samples import (
    FORK,
    NODE,
    block,
    blocks_answers,
    figures,
    show,
    slot,
    slots,
    texts,
)
from tests.dash.pages import find_table


def test_figures():
    assert figures(show("blocks")) == {
        "Best slot": ("1,002", 1002, ""),
        "Finalized": ("995 (−7)", 995, "warning"),
        "Blocks": ("2 of 3", 2, ""),
        "Missed": ("1", 1, "bad"),
        "Forks": ("1", 1, "warning"),
        "Half p50": ("215 ms", 215.43, ""),
        "Half p95": ("215 ms", 215.43, ""),
        "Most p50": ("1.47 s", 1465.308, ""),
        "Most p95": ("1.47 s", 1465.308, ""),
        "Verify p50": ("50.5 ms", 50.5, ""),
        "Verify p95": ("85 ms", 85.0, ""),
        "Execute p50": ("202 ms", 202.1, ""),
        "Execute p95": ("286 ms", 285.9, ""),
    }


def test_newest_first_with_a_row_for_each_block_and_for_slots_without():
    table = find_table(show("blocks"), "Blocks")
    rows = texts(table)
    assert [(row["slot"], row["state"]) for row in rows] == [
        ("1003", "pending"),
        ("1002", "best"),
        ("1001", "best"),
        ("1001", "fork"),
        ("1000", "missed"),
    ]
    assert rows[2] == {
        "slot": "1001",
        "state": "best",
        "age": "10 s",
        "author": "3f2a0000…",
        "until_50_ms": "215 ms",
        "until_90_ms": "1.47 s",
        "until_99_ms": "–",
        "nodes": "5/6",
        "failures": "0",
        "implementation": "PolkaJam 0.1.26",
        "size_bytes": "30.0 KiB",
        "guarantees": "3",
        "assurances": "4",
        "tickets": "1",
        "preimages": "2",
        "hash": "abababab…",
    }
    assert {row.opens for row in table.rows} == {Place("slot", str(it)) for it in range(1000, 1004)}


def test_values_are_those_of_the_answer():
    values = row_values(find_table(show("blocks"), "Blocks"))
    assert values[2]["author"] == NODE
    assert values[2]["until_90_ms"] == 1465.308
    assert values[3]["author"] is None
    assert values[3]["hash"] == FORK
    assert (values[4]["failures"], values[4]["hash"], values[4]["nodes"]) == (3, None, None)


def test_a_network_that_counts_from_another_time_has_no_ages_of_missed_slots():
    ages = {
        row["state"]: row["age"]
        for row in texts(
            find_table(show("blocks", slots=slots() | {"follows_calendar": False}), "Blocks")
        )
    }
    assert (ages["missed"], ages["pending"], ages["best"]) == ("–", "–", "10 s")


def test_half_and_most_are_of_the_times_in_the_list():
    times = (90.0, 70.0, None, 80.0, 60.0)
    blocks = [block(until_50_ms=half, until_90_ms=None) for half in times]
    shown = figures(show("blocks", slots=slots() | {"slots": [slot(1002, blocks=blocks)]}))
    assert (shown["Half p50"][1], shown["Half p95"][1]) == (70.0, 90.0)
    assert shown["Most p50"] == ("–", None, "dim")


def test_a_chain_without_blocks():
    nothing = slots() | {
        "slots": [slot(0, "pending")],
        "newest_slot": 0,
        "best_slot": None,
        "finalized_slot": None,
    }
    page = show("blocks", slots=nothing, steps={"steps": []})
    assert find_table(page, "Blocks").note == "No node has authored or imported a block yet."
    assert figures(page)["Best slot"] == ("–", None, "")
    assert figures(page)["Half p95"] == ("–", None, "dim")
    assert figures(page)["Verify p95"] == ("–", None, "dim")


def test_finality_that_keeps_up_is_no_warning():
    page = show("blocks", slots=blocks_answers()["slots"] | {"finalized_slot": 1000})
    assert figures(page)["Finalized"] == ("1,000 (−2)", 1000, "")
