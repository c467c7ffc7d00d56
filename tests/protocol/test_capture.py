from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tart
from tart.errors import CaptureError
from tart.protocol.capture import (
    CLOSED,
    EVENT_ID,
    FRAME,
    HEADER,
    MAX_RECORD,
    OPENED,
    RAW,
    CaptureReader,
    Record,
    encode_end,
    encode_record,
)
from tests.cases import all_cases
from tests.protocol.strategies import segmentations

SESSIONS = st.integers(0, 2**64 - 1)
VERSION_1 = HEADER.replace(b"2", b"1")
TIMES = st.integers(-(2**63), 2**63 - 1)


@st.composite
def recordings(draw):
    """Records of sessions: messages, then bytes that are none, then the end."""
    records = []
    following = {None: [OPENED, RAW], OPENED: [FRAME, EVENT_ID, RAW, CLOSED], RAW: [RAW, CLOSED]}
    following[FRAME] = following[EVENT_ID] = following[OPENED]
    before = {}
    for session in draw(st.lists(st.sampled_from(draw(st.lists(SESSIONS, min_size=1))))):
        kind = draw(st.sampled_from(following[before.get(session)]))
        before[session] = None if kind == CLOSED else kind
        content = b"" if kind == CLOSED else draw(st.binary(max_size=50))
        content = draw(st.binary(min_size=8, max_size=8)) if kind == EVENT_ID else content
        records.append(Record(kind, session, draw(TIMES), content))
    return records


def written(records):
    return HEADER + b"".join(map(encode_record, records)) + encode_end(len(records))


def read(*pieces):
    reader = CaptureReader()
    found = [each for piece in pieces for each in reader.receive_data(piece)]
    return found, reader.complete


@given(recordings(), st.data())
def test_a_capture_is_read_from_reads_cut_anywhere(records, data):
    pieces = data.draw(segmentations(written(records)))
    assert read(*pieces) == (records, True)


@given(recordings(), st.data())
def test_a_capture_that_was_cut_short_is_not_complete(records, data):
    whole = written(records)
    short = whole[: data.draw(st.integers(0, len(whole) - 1))]
    found, complete = read(short)
    assert found == records[: len(found)]
    assert not complete


@given(st.binary(max_size=200), st.booleans())
def test_arbitrary_bytes_are_a_capture_error_or_incomplete(octets, headed):
    try:
        _, complete = read(HEADER + octets if headed else octets)
    except CaptureError:
        return
    assert not complete or octets == encode_end(0)


def frames(*contents, session=1):
    return [Record(OPENED, session, 1, b"hello")] + [
        Record(FRAME, session, 2, content) for content in contents
    ]


@all_cases(
    ("octets", "complaint"),
    [
        (b"\n", "is not a capture of tart; "),
        (b"[]\n", "is not a capture of tart; "),
        (b'{"format": "tart-capture", "version": 3}\n', "of version 3, and this release reads"),
        (b'{"format": "tart-capture", "version": "2"}\n', "of version '2'"),
        (b'{"format": "another", "version": 2}\n', "is not a capture of tart; "),
        (b"x" * 2000, "is not a capture of tart; "),
        (HEADER + b"\xff\xff\xff\xff", "invalid record length"),
        (HEADER + (MAX_RECORD + 1).to_bytes(4, "little"), "invalid record length"),
        (HEADER + b"\0\0\0\0", "invalid record length"),
        (HEADER + encode_record(frames(b"a")[1]), "not opened"),
        (HEADER + encode_record(frames()[0]) * 2, "not opened"),
        (HEADER + encode_record(Record(6, 1, 1)), "unknown record kind"),
        (VERSION_1 + encode_record(Record(EVENT_ID, 1, 1, bytes(8))), "unknown record kind 5"),
        (HEADER + encode_record(Record(EVENT_ID, 1, 1, bytes(8))), "not opened"),
        (
            HEADER + encode_record(frames()[0]) + encode_record(Record(EVENT_ID, 1, 1, b"a")),
            "8 bytes, not 1",
        ),
        (VERSION_1 + encode_record(Record(RAW, 1, 1, b"a")), "unknown record kind 3"),
        (HEADER + encode_record(Record(CLOSED, 1, 1)), "not opened"),
        (HEADER + encode_record(Record(RAW, 1, 1)) + encode_record(frames()[0]), "not opened"),
        (
            HEADER + encode_record(Record(RAW, 1, 1)) + encode_record(frames(b"a")[1]),
            "raw bytes",
        ),
        (
            HEADER + encode_record(frames()[0]) + encode_record(Record(CLOSED, 1, 1, b"a")),
            "has content",
        ),
        (HEADER + encode_end(1), "0 were read"),
        (HEADER + encode_end(0) + encode_record(frames()[0]), "data follows"),
        (
            HEADER + encode_record(frames()[0])[:21] + b"\x09" + encode_record(frames()[0])[22:],
            "length",
        ),
    ],
)
def test_an_invalid_capture_is_refused_with_its_fault(octets, complaint):
    with pytest.raises(CaptureError, match=complaint):
        read(octets)


def test_a_capture_of_version_1_is_read():
    records = frames(b"a", b"b")
    old = VERSION_1 + b"".join(map(encode_record, records)) + encode_end(len(records))
    assert read(old) == (records, True)


def test_a_session_number_may_be_reused_after_its_session_is_closed():
    records = [*frames(b"a"), Record(CLOSED, 1, 3), *frames(b"b")]
    assert read(written(records)) == (records, True)


def test_wire_bytes_are_the_message_with_its_length_or_raw_bytes():
    assert [each.wire_bytes for each in frames(b"ab")] == [b"\5\0\0\0hello", b"\2\0\0\0ab"]
    assert Record(EVENT_ID, 1, 1, bytes(8)).wire_bytes == b""
    assert Record(RAW, 1, 1, b"\xff").wire_bytes == b"\xff"
    assert Record(CLOSED, 1, 1).wire_bytes == b""


def test_the_documented_capture_example_and_reader_are_right():
    text = (Path(tart.__file__).parents[1] / "docs/capture.md").read_text()
    lines = re.findall(r"^((?:[0-9a-f]{2} +)+[0-9a-f]{2})$", text, re.MULTILINE)
    example = HEADER + bytes.fromhex("".join(lines))
    found, complete = read(example)
    assert complete
    assert [(each.kind, each.content) for each in found] == [
        (OPENED, b"hello"),
        (FRAME, b"ab"),
        (RAW, b"\x09\0"),
        (CLOSED, b""),
    ]
    reader = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    command = [sys.executable, "-c", reader]
    said = subprocess.run(command, input=example, capture_output=True, check=True).stdout
    assert said.decode().splitlines()[-1] == "session 0: 17 bytes"


def test_a_record_has_the_documented_layout():
    assert encode_record(Record(FRAME, 258, -1, b"ab")) == (
        (1 + 8 + 8 + 4 + 2).to_bytes(4, "little")
        + b"\x01"
        + (258).to_bytes(8, "little")
        + b"\xff" * 8
        + b"\x02\0\0\0ab"
    )
