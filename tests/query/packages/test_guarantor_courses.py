"""``tart/query/packages/guarantor_courses.py``: the steps of one guarantor by its clock."""

from __future__ import annotations

from tart.query.packages.guarantor_courses import guarantor_course, stage_between
from tests.query.packages.test_journeys import NOON, answer
from tests.query.packages.test_waterfall import ONE, TWO, Journey, merged, row, told


def course(given, *answers, offset=None):
    return guarantor_course(Journey([given], None, merged(*answers)), given, offset)


def test_points_are_in_order_of_time_by_the_corrected_clock():
    found = course(row(received=300, authorized=200, refined=900), offset=50)
    assert [(point.name, point.at_us - NOON) for point in found.points] == [
        ("started", 50),
        ("authorized", 250),
        ("received", 350),
        ("refined", 950),
    ]
    assert (found.is_corrected, found.is_primary) == (True, True)
    assert found.point("refined") == found.points[-1]
    assert found.point("built") is None


def test_without_an_offset_the_first_event_was_received_without_delay():
    found = course(row(received=300))
    assert (found.offset_us, found.is_corrected) == (500, False)


def test_shares_begin_and_end_with_their_events():
    to = [{"secondary": "0x" + peer} for peer in (ONE, TWO)]
    events = [
        told(104, 5, **to[0]),
        told(98, 10, **to[0]),
        told(98, 20, **to[1]),
        told(104, 400, **to[0]),
        told(99, 500, reason="gone", **to[1]),
    ]
    found = course(row(), answer(pipelines={"1/0": events}), offset=0)
    assert [
        (share.peer, share.at_us - NOON, share.end_us - NOON, share.failed, share.reason)
        for share in found.shares
    ] == [(ONE, 10, 400, False, None), (TWO, 20, 500, True, "gone")]
    assert found.shares[0].signed_us == NOON + 400


def test_a_failure_is_named_after_the_step_that_it_ended():
    found = course(row(received=100, failed=900, kind=91, outcome="failed", reason="x"), offset=0)
    assert [
        stage_between(found, *pair) for pair in zip(found.points, found.points[1:], strict=False)
    ] == ["receive_share", "authorize"]
    twice = course(row(failed=9, outcome="duplicate"), offset=0)
    assert stage_between(twice, *twice.points) == "duplicate"
