"""``tart/query/answers/grafana_packages.py``: figures have the members that it declares."""

from __future__ import annotations

from fractions import Fraction

from tart.query.grafana import guarantors, services, work_packages
from tart.query.shard_queries.packages import PackageSet
from tests.query.answers.checking import check
from tests.query.grafana.test_guarantors import totals
from tests.query.grafana.test_services import EXECUTION, PACKAGES


def test_figures_without_packages():
    packages = PackageSet((), Fraction(1), {})
    check("GrafanaFunnel", work_packages.funnel(packages))
    check("GrafanaPackageStats", work_packages.stats(packages, []))
    check("GrafanaActive", work_packages.active(packages, [], [], []))
    (found,) = work_packages.bottlenecks(packages, [], [])
    check("GrafanaBottlenecks", found)
    assert work_packages.funnel_by_time(packages, 1) == []
    assert work_packages.bottlenecks_by_time(packages, [], 1) == []


def test_figures_of_guarantors_and_services():
    check("GrafanaProfiling", guarantors.profile([totals()], limit=None, fastest_first=False))
    for row in guarantors.profile_by_time([totals()], None):
        check("GrafanaGuarantorBucket", row)
    for row in services.services(PACKAGES, [EXECUTION], None):
        check("GrafanaService", row)
    for row in services.services_by_time(PACKAGES, [EXECUTION], None, 1):
        check("GrafanaServiceBucket", row)
    check("GrafanaExecution", services.execution([], [], [EXECUTION]))
