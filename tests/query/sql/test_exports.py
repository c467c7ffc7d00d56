"""``tart/query/sql/exports.py``: pages of directories merged into one list."""

from __future__ import annotations

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.query.sql.exports import (
    FORMATS,
    ExportMerger,
    ExportRecord,
    PendingClosings,
    incomplete_marker,
)


def part(times, following=None, **more):
    return {
        "received_at": times,
        "sessions": [3] * len(times),
        "lengths": [len(str(each)) for each in times],
        "next": following,
    } | more


def data(*times):
    return "".join(map(str, times)).encode()


def times(entries):
    return [each.received_at for each in entries]


# Per directory, its pages; shards have several directories.
directories = st.dictionaries(
    st.integers(0, 9), st.lists(st.lists(st.integers(0, 99), max_size=4), min_size=1), max_size=5
)


@pytest.mark.no_cover
@given(directories)
def test_every_record_comes_once_in_its_directorys_order(pages):
    merger, found = ExportMerger(), []
    asked = dict.fromkeys(pages, 0)
    wanted = {shard: None for shard in {number % 2 for number in pages}}
    while wanted:
        for shard, numbers in wanted.items():
            mine = [each for each in pages if each % 2 == shard]
            if numbers is not None:
                assert numbers.keys() <= pages.keys()
                mine = [each for each in mine if each in numbers]
            parts, octets = {}, b""
            for number in mine:
                page = pages[number][asked[number]]
                asked[number] += 1
                more = asked[number] if asked[number] < len(pages[number]) else None
                if numbers is not None:
                    assert numbers[number] == asked[number] - 1
                parts[str(number)] = part(page, more)
                octets += data(*page)
            merger.add(shard, parts, octets)
        found += merger.pop_ready()
        wanted = dict.fromkeys(merger.pending_shards, merger.next_positions())
    assert all(each.text == str(each.received_at).encode() for each in found)
    for number, listed in pages.items():
        mine = times(each for each in found if each.session & 255 == number)
        assert mine == [at for page in listed for at in page]


@given(st.lists(st.lists(st.integers(0, 99)).map(sorted), max_size=5))
def test_ordered_directories_give_an_ordered_list(lists):
    merger = ExportMerger()
    for number, listed in enumerate(lists):
        merger.add(0, {str(number): part(listed)}, data(*listed))
    found = times(merger.pop_ready())
    assert found == sorted(at for listed in lists for at in listed)


def test_no_record_comes_while_an_older_one_may_follow():
    merger = ExportMerger()
    merger.add(0, {"0": part([5, 9], 2)}, data(5, 9))
    merger.add(1, {"1": part([6], 7)}, data(6))
    assert times(merger.pop_ready()) == [5, 6]
    assert merger.pending_shards == {1}
    assert merger.next_positions() == {1: 7}
    merger.add(1, {"1": part([], None)}, b"")
    assert times(merger.pop_ready()) == [9]
    assert merger.pending_shards == {0}


def test_a_record_has_the_api_id_of_its_session_and_its_bytes():
    merger = ExportMerger()
    merger.add(0, {"2": part([5], openings={"770": "abcd"})}, b"5")
    assert list(merger.pop_ready()) == [ExportRecord(5, 3 << 8 | 2, b"5")]
    assert merger.openings == {770: b"\xab\xcd"}


def test_the_last_record_of_a_session_has_its_closing_time():
    merger = ExportMerger()
    merger.add(0, {"2": part([5, 6], closings={"1": 9})}, b"56")
    assert [each.closed_at for each in merger.pop_ready()] == [None, 9]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=9))
def test_ends_of_sessions_come_in_order_of_time(ends):
    """Sessions of one record each; ``ends``: when that came, and how long it was open then."""
    closings, found = PendingClosings(), []
    for number, (at, later) in enumerate(sorted(ends)):
        found += [(ended, False) for ended, _ in closings.pop_before(at)]
        closings.add(ExportRecord(at, number, b"", at + later))
        found.append((at, True))
    found += [(ended, False) for ended, _ in closings.pop_before(None)]
    assert sorted(at for at, sent in found if not sent) == sorted(map(sum, ends))
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    assert list(closings.pop_before(None)) == []


def test_a_record_before_the_last_ends_no_session():
    closings = PendingClosings()
    closings.add(ExportRecord(5, 3, b""))
    assert list(closings.pop_before(None)) == []


@pytest.mark.parametrize("form", FORMATS)
def test_the_marker_of_an_incomplete_export_is_not_a_record(form):
    reason = 'shard 1, "the\nother", did not answer'
    last = incomplete_marker(form, reason)
    if form == "ndjson":
        assert json.loads(last) == {"error": {"code": "incomplete", "message": reason}}
        assert last.count(b"\n") == 1
    elif form == "csv":
        assert last.endswith(b"\r\n")
        assert next(csv.reader(last.decode().splitlines(True))) == [f"# incomplete: {reason}"]
    else:
        assert last == b""
