"""The view of events, from made answers."""

import pytest

from tart.dash.core.model import Place, UnknownPlace, row_values
from tart.dash.core.views.events import VIEW, collector, filter_of
from tests.dash.core.views.samples import NODE, event, figures, show, texts
from tests.dash.pages import find_table


def test_an_event_in_brief():
    table = find_table(show("events"), "Events")
    authored, unknown = texts(table)
    assert authored["received_at"] == "11:59:57.000"
    assert (authored["event"], authored["slot"], authored["core"]) == ("Authored", "1002", "–")
    assert authored["fields"] == (
        "size_bytes 7880, hash abababab…, cores [0, 1], items 2 elements, authoring_id 417"
    )
    assert (unknown["event"], unknown["core"], unknown["fields"]) == ("type 200", "3", "")
    assert table.rows[0].opens == Place("event", "768")
    values = row_values(table)[0]
    assert (values["node"], values["type"], values["id"]) == (NODE, 42, 768)


def test_a_reason_is_first():
    fields = {"timestamp": 1, "request_id": 7, "core": 3, "reason": "timed out"}
    failed = event(1, data={"BlockRequestFailed": fields})
    page = show("events", events={"events": [failed], "has_more": False})
    (row,) = texts(find_table(page, "Events"))
    assert row["fields"] == "reason timed out, core 3, request_id 7"


def test_figures_and_title():
    page = show("events", "type=42 node=3f2a")
    assert page.title == "Events type=42 node=3f2a"
    assert figures(page) == {
        "Shown": ("2", 2, ""),
        "Newest": ("3 s ago", "2026-11-30T11:59:57.000000Z", ""),
        "All events": ("96.1/s", 96.1, ""),
    }
    assert page.notes == ()
    assert find_table(page, "Events").note == "type=42 node=3f2a"


def test_what_the_tail_left_out_is_a_figure_and_a_sentence():
    tail = {"left_out": 1234, "uncounted": False, "forgotten": 7, "limit": 500}
    page = show("events", tail=tail)
    assert figures(page)["Left out"] == ("about 1,234", 1234, "warning")
    assert figures(page)["No longer held"] == ("7", 7, "")
    assert page.notes[0].startswith("More than 500 events came between two refreshes: those left")
    uncounted = show("events", tail=tail | {"left_out": 0, "uncounted": True})
    assert figures(uncounted)["Left out"] == ("some", None, "warning")
    quiet = show("events", tail=tail | {"left_out": 0})
    assert (figures(quiet)["Left out"], quiet.notes) == (("0", 0, ""), ())


def test_without_a_tail_a_list_that_has_more_says_so():
    events = {"events": [], "has_more": True}
    assert show("events", events=events).notes == ("The newest 0 events; older ones are stored.",)


def test_no_events():
    nothing = {"events": [], "has_more": False}
    assert find_table(show("events", events=nothing), "Events").note == "No event is stored yet."
    filtered = show("events", "core=3", events=nothing)
    assert find_table(filtered, "Events").note == "No event fulfils the conditions."


def test_conditions_become_arguments_of_the_api():
    place = Place("events", "42,failures not=Status node=3f2a core=3 slot=7 hash=0xab")
    expected = {
        "event_types": ("42", "failures"),
        "exclude_types": ("Status",),
        "node_id": "3f2a",
        "core_index": 3,
        "slot": 7,
        "wp_hash": "0xab",
    }
    assert filter_of(place) == expected
    (listed, _) = VIEW.requests(place)
    (followed, _) = collector(place).requests()
    assert listed.arguments == followed.arguments == {**expected, "limit": 500}


@pytest.mark.parametrize("text", ["core=x", "core=65536", "slot=-1", "slot=", f"slot={'9' * 30}"])
def test_conditions_that_are_not_valid(text):
    with pytest.raises(UnknownPlace):
        filter_of(Place("events", text))
