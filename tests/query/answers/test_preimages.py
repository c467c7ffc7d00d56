"""``tart/query/answers/preimages.py``: figures have the members and values that it declares."""

from __future__ import annotations

from tart.query.topics.preimages import PreimageRows, preimages
from tart.query.topics.requests import RequestRows
from tests.query.answers.checking import check
from tests.query.topics.test_preimages import BUCKETS, FETCHED
from tests.query.topics.test_requests import ROWS


def test_preimages() -> None:
    nothing = PreimageRows(RequestRows([], [], [], [], []), [], [], [])
    check("Preimages", preimages(nothing, [], BUCKETS, 10, complete=True))
    status = [{"node": "aa" * 32, "num_preimages": 3, "preimages_size": 2**40, "seen_at": 5}]
    rows = PreimageRows(ROWS, [], [], status)
    check("Preimages", preimages(rows, FETCHED[::-1], BUCKETS, 10, complete=False))
