"""The view of one core, from made answers."""

from tart.dash.core.model import Place, row_values
from tests.dash.core.views.samples import NODE, PACKAGE, core_answers, figures, show, texts
from tests.dash.pages import find_table


def test_figures():
    page = show("core")
    shown = figures(page)
    assert page.title == "Core 1"
    assert shown["Received"] == ("4", 4, "")
    assert shown["Not refined"] == ("1", 1, "bad")
    assert shown["Throughput"] == ("45/h", 0.0125, "")
    assert shown["p95"] == ("–", None, "")
    assert shown["Gas a package"][1] == 2**65
    assert shown["Gas of limit"] == ("22.8 %", 22.83, "")
    assert shown["Failed attempts"] == ("1 of 11", 1, "bad")
    assert shown["Superseded"] == ("2", 2, "")
    assert page.notes == ("3f2a0000 takes 1.5 times as long as the mean",)


def test_packages_open_their_journey():
    table = find_table(show("core"), "Packages")
    assert table.rows[0].opens == Place("package", PACKAGE)
    values = row_values(table)[0]
    assert (values["slot"], values["gas_used"], values["elapsed_ms"]) == (1001, None, 7000.0)


def test_guarantors_with_their_load_where_it_is_known():
    table = find_table(show("core"), "Guarantors")
    slow, other = row_values(table)
    assert (slow["node"], slow["failures"], slow["slowdown"]) == (NODE, 1, 1.502)
    assert (other["failures"], other["average_ms"]) == (None, None)
    assert texts(table)[1]["implementation"] == "–"
    assert table.rows[0].opens == Place("node", NODE)


def test_a_core_that_does_nothing():
    stats = dict.fromkeys(core_answers()["metrics"]["stats"], 0)
    metrics = dict.fromkeys(core_answers()["metrics"]) | {
        "core_index": 7,
        "stats": stats | {"avg_gas_used": None},
    }
    page = show(
        "core", metrics=metrics, packages={"work_packages": []}, guarantors={"validators": []}
    )
    assert figures(page)["Throughput"] == ("–", None, "")
    assert "no package" in find_table(page, "Packages").note
    assert "No node" in find_table(page, "Guarantors").note
