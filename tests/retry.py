"""One retry for tests that wait for processes, threads or browsers, where ``--retry`` asks for it.

Ten thousand tests run side by side, and most of them wait for clocks, sockets and threads that
are not their own: one race in a test, met once in a thousand runs, would stop every change. So the
gate runs a failed test once more and reports it as flaky, with the whole text of its first failure;
a flaky test is a defect to be mended. A fault that is there every time fails both times. Property
tests are not retried: another run may not find the example again.

The plugin adds to pytest-rerunfailures the choice of tests and the report.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--retry",
        action="store_true",
        help="run a test that failed a second time, and report it as flaky",
    )


# After Hypothesis has marked its tests.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if config.getoption("retry") and not item.get_closest_marker("hypothesis"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter):
    reports = terminalreporter.stats.get("rerun", ())
    if tests := {report.nodeid for report in reports}:
        text = f"flaky, to be mended: {len(tests)}"
        terminalreporter.write_sep("=", text, yellow=True, bold=True)
        for report in reports:
            # The whole text of the first failure, though the test may have passed since.
            terminalreporter.write_line(f"FLAKY {report.nodeid} ({report.when})", yellow=True)
            terminalreporter.write_line(report.longreprtext)
