"""The view of cores, from made answers."""

from tart.dash.core.model import Place, row_values
from tests.dash.core.views.samples import cores_answers, figures, show, texts
from tests.dash.pages import find_table


def test_figures():
    assert figures(show("cores")) == {
        "Active": ("1 of 2", 1, ""),
        "Packages": ("8", 8, ""),
        "Guarantees": ("6", 6, ""),
        "Last activity": ("–", None, ""),
        "Available": ("2 (50 %)", 2, ""),
        "Lost": ("2", 2, "bad"),
    }


def test_a_core_with_its_newest_slots():
    table = find_table(show("cores"), "Cores")
    busy = row_values(table)[0]
    assert busy == {
        "core": 0,
        "state": "active",
        "packages": 4,
        "available": 2,
        "lost": 2,
        "guarantees": 3,
        "gas_used": 1_547_943_879,
        "slots_since_active": 1,
        "newest": "." * 16 + "9f.d",
        "utilization_pct": 66.67,
        "da_bytes": 4_060_275,
        "imports": 5,
        "exports": 8,
        "extrinsic_bytes": 63_879,
    }
    assert texts(table)[0]["newest"] == "·" * 16 + "9×·!"
    assert texts(table)[0]["slots_since_active"] == "−1"
    now = cores_answers()["status"]
    now = now | {"cores": [core | {"slots_since_active": 0} for core in now["cores"]]}
    assert texts(find_table(show("cores", status=now), "Cores"))[0]["slots_since_active"] == "0"
    assert table.note == "! discarded, × failed, 9 available"
    assert table.rows[0].opens == Place("core", "0")


def test_sums_beyond_64_bits_and_a_core_that_the_grid_does_not_have():
    idle = row_values(find_table(show("cores"), "Cores"))[1]
    assert idle["gas_used"] == 2**70
    assert (idle["lost"], idle["newest"], idle["utilization_pct"]) == (None, None, None)
    assert idle["slots_since_active"] is None


def test_a_network_without_cores():
    status = cores_answers()["status"] | {"cores": []}
    page = show("cores", status=status, grid=None)
    assert "No cores are known yet" in find_table(page, "Cores").note
