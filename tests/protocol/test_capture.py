from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import CaptureError
from tart.protocol.capture import (
    FRAME,
    HEADER,
    MAX_RECORD,
    OPENED,
    CaptureReader,
    Record,
    end,
    record,
)
from tests.protocol.strategies import segmentations

SESSIONS = st.integers(0, 2**64 - 1)
TIMES = st.integers(-(2**63), 2**63 - 1)


@st.composite
def recordings(draw):
    """Records whose sessions are opened before their first frame."""
    records = []
    opened = set()
    for session in draw(st.lists(st.sampled_from(draw(st.lists(SESSIONS, min_size=1))))):
        kind = FRAME if session in opened else OPENED
        opened.add(session)
        records.append(Record(kind, session, draw(TIMES), draw(st.binary(max_size=50))))
    return records


def written(records):
    return HEADER + b"".join(map(record, records)) + end(len(records))


def read(*pieces):
    reader = CaptureReader()
    found = [each for piece in pieces for each in reader.receive_data(piece)]
    return found, reader.complete


@given(recordings(), st.data())
def test_what_is_written_is_read_however_it_is_cut(records, data):
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
def test_other_bytes_end_in_an_error_of_ours_or_are_incomplete(octets, headed):
    try:
        _, complete = read(HEADER + octets if headed else octets)
    except CaptureError:
        return
    assert not complete or octets == end(0)


def frames(*contents, session=1):
    return [Record(OPENED, session, 1, b"hello")] + [
        Record(FRAME, session, 2, content) for content in contents
    ]


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        (b"\n", "first line"),
        (b"[]\n", "first line"),
        (b'{"format": "tart-capture", "version": 2}\n', "version 1"),
        (b"x" * 2000, "header line"),
        (HEADER + b"\xff\xff\xff\xff", "cannot be"),
        (HEADER + (MAX_RECORD + 1).to_bytes(4, "little"), "cannot be"),
        (HEADER + b"\0\0\0\0", "cannot be"),
        (HEADER + record(frames(b"a")[1]), "not opened"),
        (HEADER + record(frames()[0]) * 2, "not opened"),
        (HEADER + record(Record(3, 1, 1, b"")), "unknown kind"),
        (HEADER + end(1), "are here"),
        (HEADER + end(0) + record(frames()[0]), "follows the end"),
        (HEADER + record(frames()[0])[:21] + b"\x09" + record(frames()[0])[22:], "length"),
    ],
)
def test_what_is_wrong_is_named(octets, complaint):
    with pytest.raises(CaptureError, match=complaint):
        read(octets)


def test_a_record_is_laid_out_as_described():
    assert record(Record(FRAME, 258, -1, b"ab")) == (
        (1 + 8 + 8 + 4 + 2).to_bytes(4, "little")
        + b"\x01"
        + (258).to_bytes(8, "little")
        + b"\xff" * 8
        + b"\x02\0\0\0ab"
    )
