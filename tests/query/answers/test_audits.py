"""``tart/query/answers/audits.py``: figures have the members and values that it declares."""

from __future__ import annotations

from tart.query.topics.audits import AuditRows, audits
from tart.query.topics.protocol_steps import StepRows
from tests.query.answers.checking import check
from tests.query.topics.test_audits import BUCKETS, ROWS


def test_figures_of_audits() -> None:
    empty = AuditRows(BUCKETS, [], [], [], [], [], StepRows([], []), [])
    for rows in (ROWS, empty):
        check("Audits", audits(rows, 10))
