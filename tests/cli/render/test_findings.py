"""``tart/cli/render/findings.py``: bytes with marks, and how many findings are shown."""

from __future__ import annotations

import re

import pytest

from tart.aggregate.core.event_batch import Finding
from tart.cli.render.findings import MAX_SHOWN, Ink, Shortlist, as_text, excerpt
from tart.protocol.rules import RULES
from tart.shard.check.offline_check import AttributedFinding
from tart.style import Style
from tests.cases import all_cases

AT = 1_795_262_400_000_000
FRAME = bytes(range(40))


def found(rule="bool_out_of_range", offset=9, frame=FRAME, node_id="ab" * 32, **more):
    values = {"event_id": 7, "number": 13, "field": "synced", "expectation": "0 or 1, not 9"}
    finding = Finding(rule, AT, 0, 0, 3, offset=offset, frame=frame, **(values | more))
    return AttributedFinding(finding, node_id, "192.0.2.1:4")


def text(*given, **more):
    return as_text(excerpt(found(*given, **more)), Ink())


def marked(*given, **more):
    """The bytes between the brackets."""
    rows = re.findall(r"^ {9}[0-9a-f]{4,} (.*)$", text(*given, **more), re.MULTILINE)
    inside = re.search(r"\[([^]]*)", " ".join(rows))
    assert inside is not None
    return bytes.fromhex(inside[1])


def test_a_finding_has_rule_event_node_place_and_bytes():
    assert text() == (
        "error    bool_out_of_range  SyncStatusChanged (13)  event 7  node abababab, 192.0.2.1:4\n"
        "         synced at byte 9 of 40: expected 0 or 1, not 9\n"
        "         0000  00 01 02 03 04 05 06 07 08[09]0a 0b 0c 0d 0e 0f\n"
        "         0010  10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f\n"
        "         …     8 more bytes\n"
    )


@all_cases("rule", RULES)
@all_cases("offset", [0, 9, 15, 16, 39, 40, 200])
@all_cases("size", [0, 9, 40, 300])
def test_the_marked_bytes_begin_at_the_finding_s_offset(rule, offset, size):
    frame = (FRAME * 8)[:size]
    if not size or offset > size:
        assert text(rule, offset, frame)
        return
    octets = marked(rule, offset, frame)
    assert frame[offset:].startswith(octets)
    assert (octets == b"") is (offset == size or excerpt(found(rule, offset, frame)).length == 0)


@pytest.mark.parametrize(
    ("rule", "offset", "number", "length"),
    [
        ("reference_unknown", 9, 41, 8),
        ("timestamp_backwards", 0, 11, 8),
        ("unknown_event", 8, 254, 1),
        ("truncated", 30, 28, 10),
        ("trailing_bytes", 38, 13, 2),
        ("core_list_prefixed", 21, 10, 1),
        ("dropped_count_u32", 17, 0, 4),
    ],
)
def test_the_number_of_wrong_bytes_depends_on_the_rule(rule, offset, number, length):
    assert excerpt(found(rule, offset, number=number)).length == length


def test_a_core_list_of_the_wrong_size_is_marked_as_a_whole():
    frame = bytes(9 + 12) + b"\1\2\3" + bytes(20)
    assert marked("core_count_mismatch", 21, frame, number=10) == b"\1\2\3"


def test_a_wrong_length_is_marked_by_its_own_size():
    frame = bytes(9) + b"\x80\x81" + bytes(129)
    assert marked("string_too_long", 9, frame, number=28) == b"\x80\x81"
    assert marked("non_canonical_natural", 9, bytes(9) + b"\xc0\0\1", number=28) == b"\xc0\0\1"


def test_an_excerpt_of_a_long_message_surrounds_the_wrong_bytes():
    frame = bytes(100_000) + b"\xff" + bytes(100_000)
    each = excerpt(found("invalid_utf8", 100_000, frame, number=28))
    assert len(each.excerpt) < 1_000
    assert marked("invalid_utf8", 100_000, frame, number=28) == b"\xff"
    assert each.as_json()["excerpt"]["offset"] == each.start == 99_984
    assert each.size == 200_001


def test_missing_bytes_are_marked_where_they_should_be():
    assert "\n         0000  00 01 02[]\n" in text("truncated", 3, FRAME[:3])
    assert "\n         0020  20 21 22 23 24 25 26 27[]\n" in text("truncated", 40)


def test_a_finding_without_bytes_has_only_text():
    lines = text("pipeline_cut_short", 0, b"", number=90, expectation="an end").splitlines()
    assert lines[1:] == ["         expected an end"]


def test_text_has_no_control_characters():
    assert "\x1b" not in text(expectation="\x1b[31m")


def test_colours_change_nothing_but_colours():
    coloured = as_text(excerpt(found()), Ink(Style(enabled=True)))
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text()


def test_the_shortlist_has_the_first_findings_of_each_rule_and_node():
    chosen = Shortlist(2)
    taken = [chosen.add(found()) for _ in range(4)]
    assert [(each is not None, first) for each, first in taken] == [
        *((True, False), (True, False)),
        *((False, True), (False, False)),
    ]
    assert chosen.add(found("truncated"))[0] is not None
    assert chosen.add(found(node_id="cd" * 32))[0] is not None
    assert len(chosen.shown) == 4
    assert chosen.left_out == {"bool_out_of_range": 2}


def test_the_shortlist_is_bounded():
    chosen = Shortlist(3 * MAX_SHOWN)
    for _ in range(MAX_SHOWN + 5):
        chosen.add(found())
    assert len(chosen.shown) == MAX_SHOWN
    assert chosen.left_out.total() == 5


def test_an_event_of_type_0_has_its_name():
    frame = bytes(8) + b"\0" + bytes(16)
    shown = found("events_dropped", 17, frame, number=0, field="num")
    assert excerpt(shown).event_name == "Dropped"
    assert "  Dropped (0)  " in as_text(excerpt(shown), Ink())


def test_a_finding_as_json():
    assert excerpt(found()).as_json() == {
        **{"rule": "bool_out_of_range", "severity": "error", "node_id": "ab" * 32},
        **{"connection": "192.0.2.1:4", "at": "2026-11-21T12:00:00.000000Z", "event_id": 7},
        **{"event_type": 13, "event_name": "SyncStatusChanged", "field": "synced"},
        **{"offset": 9, "length": 1, "expectation": "0 or 1, not 9", "size": 40},
        "excerpt": {"offset": 0, "hex": FRAME.hex()},
    }
