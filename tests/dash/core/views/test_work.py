"""The view of work, from made answers."""

from tart.dash.core.model import Place, row_values
from tart.dash.core.views.work import stage_cell
from tests.dash.core.views.samples import NODE, PACKAGE, figures, package, show, texts, work_answers
from tests.dash.pages import find_table


def test_figures():
    assert figures(show("work")) == {
        "Packages": ("about 9", 9, ""),
        "Available": ("4 (44.4 %)", 4, ""),
        "In progress": ("2", 2, ""),
        "Lost": ("2", 2, "bad"),
        "Stopped": ("1", 1, "warning"),
        "Unnamed": ("5", 5, ""),
    }


def test_a_package_with_the_time_of_each_stage():
    table = find_table(show("work"), "Packages")
    values = row_values(table)[0]
    assert (values["package"], values["core"], values["stage"]) == (PACKAGE, 1, "available")
    assert values["guarantor"] == NODE
    assert values["elapsed_ms"] == 8500.25
    steps = ("authorize_ms", "refine_ms", "report_ms", "guarantee_ms", "distribute_ms")
    assert [values[step] for step in steps] == [500.0] * 5
    # Those of the network are by the server's clock.
    assert (values["include_ms"], values["available_ms"]) == (4500.0, 500.0)
    assert table.rows[0].opens == Place("package", PACKAGE)


def test_a_package_that_failed_names_the_reason():
    _, failed, superseded = texts(find_table(show("work"), "Packages"))
    assert (failed["stage"], failed["reason"], failed["core"]) == ("failed", "not authorized", "–")
    assert failed["authorize_ms"] == "–"
    assert superseded["stage"] == "superseded"


def test_failures_open_an_example():
    table = find_table(show("work"), "Failures")
    assert [row.opens for row in table.rows] == [Place("event", "440576"), None]
    assert row_values(table)[0]["count"] == 11


def test_typical_durations():
    assert row_values(find_table(show("work"), "Steps")) == [
        {"step": "received_to_authorized", "p50_ms": 10.6, "p95_ms": 17.9, "samples": 27}
    ]


def test_a_network_without_work():
    nothing = work_answers()["packages"] | {"work_packages": [], "stage_duration_percentiles": {}}
    funnel = work_answers()["funnel"] | {"packages": 0, "failure_groups": []}
    page = show("work", packages=nothing, funnel=funnel)
    assert find_table(page, "Packages").note == "No work-package began in the last hour."
    assert find_table(page, "Failures").note == "Nothing failed in the last hour."
    assert figures(page)["Available"][0] == "4"


def test_a_list_that_is_a_part_says_so():
    many = [package(hash=f"{index:064x}") for index in range(100)]
    page = show("work", packages=work_answers()["packages"] | {"work_packages": many})
    assert find_table(page, "Packages").note == "The newest 100 packages of the last hour."


def test_a_stage_that_a_later_server_has():
    assert stage_cell("audited_twice").text == "audited twice"
