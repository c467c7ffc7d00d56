"""The view of one event, from made answers."""

import json

from tart.dash.core.model import row_values
from tart.text_width import display_width
from tests.dash.core.views.samples import NODE, event_answers, figures, show
from tests.dash.pages import find_table


def test_the_whole_event_is_there_line_by_line():
    event = event_answers()["event"] | {
        "raw": {"payload": "0x00", "frame": "0x00"},
        "data": {"Authored": {"reason": "ö [bold]", "cores": [0, 1]}},
    }
    del event["undecodable"]
    page = show("event", event=event)
    lines = [row.cells[0].text for row in find_table(page, "Event").rows]
    assert json.loads("\n".join(lines)) == event
    assert page.notes == ()
    assert page.title == "Event 768 Authored"


def test_long_lines_are_continued():
    lines = [row.cells[0].text for row in find_table(show("event"), "Event").rows]
    assert max(map(len, lines)) <= 80
    joined = "".join(line.strip() for line in lines)
    assert "0x" + "00" * 60 in joined
    assert "0x" + "00" * 64 in joined


def test_the_values_are_the_event_as_json():
    event = event_answers()["event"] | {
        "data": {"Authored": {"reason": "\u202e\x1b[2J" + "日" * 99}}
    }
    table = find_table(show("event", event=event), "Event")
    rows = row_values(table)
    assert max(display_width(row.cells[0].text) for row in table.rows) == 80
    assert json.loads("\n".join(row["json"] for row in rows if row["json"] is not None)) == event


def test_figures():
    shown = figures(show("event"))
    assert shown["Received"][0] == "11:59:57.000 (3 s ago)"
    assert shown["Node"] == ("3f2a0000…", NODE, "")
    assert shown["Type"] == ("42", 42, "")
    assert shown["Slot"] == ("1,002", 1002, "")
    assert shown["Size"] == ("60 bytes", 60, "")


def test_an_event_that_cannot_be_decoded_says_why():
    event = event_answers()["event"] | {
        "data": {},
        "event_type": None,
        "event_id": None,
        "node_id": None,
        "timestamp": None,
    }
    page = show("event", event=event)
    assert page.title == "Event 768 type –"
    assert page.notes == ("Not decodable, rule trailing_bytes at byte 17: outline: the end",)
