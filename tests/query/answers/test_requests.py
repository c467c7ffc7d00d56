"""``tart/query/answers/requests.py``: figures have the members and values that it declares."""

from __future__ import annotations

from tart.query.topics.requests import REQUESTS, RequestRows, availability_requests
from tests.query.answers.checking import check
from tests.query.topics.test_requests import BUCKETS, ROWS


def test_requests_on_both_sides() -> None:
    wanted = list(REQUESTS.values())
    for rows in (ROWS, RequestRows([], [], [], [], [])):
        check("AvailabilityRequests", availability_requests(rows, BUCKETS, wanted, 10))
