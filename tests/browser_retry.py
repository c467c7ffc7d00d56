"""One retry for browser tests, where ``--retry-browsers`` asks for it.

A browser has threads and clocks of its own: on a machine that is busy with other tests a page may
miss what it shows elsewhere a thousand times. Playwright's documentation recommends retries in
continuous integration for this, with the report that the test was flaky. That is what this plugin
adds to pytest-rerunfailures: a marker for the tests, and a heading that says what a retry means.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--retry-browsers",
        action="store_true",
        help="run a browser test that failed a second time, and report it as flaky",
    )


def pytest_collection_modifyitems(config, items):
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if config.getoption("retry_browsers") and item.get_closest_marker("browser"):
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
