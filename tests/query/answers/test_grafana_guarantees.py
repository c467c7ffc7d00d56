"""``tart/query/answers/grafana_guarantees.py``: figures have the members that it declares."""

from __future__ import annotations

from tart.query.grafana import convergence, guarantors
from tests.query.answers.checking import check
from tests.query.grafana.test_convergence import deliveries, delivery


def test_figures_of_guarantees():
    check("GrafanaGuarantees", guarantors.guarantees([]))
    count = {"node": "aa" * 32, "guaranteed": 2, "cores": {1: 2}, "last_guaranteed": 5}
    check("GrafanaGuarantors", guarantors.by_guarantor([count]))
    for row in guarantors.cores_by_validator([count]):
        check("GrafanaValidatorCore", row)


def test_figures_of_deliveries():
    some = deliveries(delivery(at=5, arrivals=[(9, 30, [0, 1, 8, 1])]))
    for name, rows in (
        ("GrafanaConvergenceBucket", convergence.by_time(some, 10)),
        ("GrafanaGuaranteeConvergence", convergence.guarantees_by_slot(some, 6)),
        ("GrafanaReportConvergence", convergence.reports(some, None, None)),
        ("GrafanaAnchorConvergence", convergence.anchors(some, {}, None)),
        ("GrafanaSenderConvergence", convergence.senders(some, {}, None)),
    ):
        (row,) = rows
        check(name, row)
