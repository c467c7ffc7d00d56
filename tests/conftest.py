"""What holds for every test.

How long an example takes says nothing, on a busy machine. And what a command sets up of
logging in the test's own process ends with the test.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import re
import signal
import tomllib
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# A run in the background of a script ignores Ctrl-C, and so would each command that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# After nohup the same is true of the end of a terminal. The run goes on ignoring it; a signal with
# a handler has its default action again in each command.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

# One retry, with `make test` alone.
pytest_plugins = ["tests.retry"]

# Property tests try a few examples in every run, the same ones each time in CI, and ten times as
# many with `make soak`.
settings.register_profile(
    "tart",
    max_examples=int(os.environ.get("EXAMPLES", "50")),
    deadline=None,
    database=None,
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("tart")


# Where the tests of the packages are whose coverage has a floor.
ROOT = Path(__file__).parents[1]
_COVERAGE = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]
MEASURED = tuple(
    f"tests/{name.removeprefix('tart.').replace('.', '/')}/"
    for name in _COVERAGE["run"]["source_pkgs"]
)

# What takes longest begins first; a worker that got it at the end would run on alone. Beginnings
# of groups' names, longest first.
LONGEST = (
    "the truth of",
    "tests/web",
    "tests/e2e/test_truth_reconcile.py",
    "tests/e2e/test_same_answers.py",
    "tests/e2e/test_truth_chain.py",
    "tests/e2e/test_truth_metrics.py",
    "tests/chain/test_worker.py",
    "tests/e2e/test_demo.py",
    "tests/e2e/test_faults.py",
    "tests/sandbox/test_process.py",
    "tests/e2e/test_truth_conformance.py",
    "tests/gateway/handlers/test_table.py",
    "tests/simulate/model/",
    "tests/fuzz/",
    "tests/e2e/",
    "tests/shard/test_worker.py",
    "tests/upgrade/",
    "tests/loadtest/",
    "tests/chain/store/",
    "tests/client/test_emitter.py",
    "tests/cli/",
    "tests/printed/",
    "tests/aggregate/",
)


# Tests of the web page that need no server, or have their own.
APART = {f"tests/web/test_{name}.py" for name in ("build", "core", "login", "conformance")}


def rank(group):
    """The place of a group in `LONGEST`."""
    return next((i for i, name in enumerate(LONGEST) if group.startswith(name)), len(LONGEST))


class ByServer(LoadFileScheduling):
    """Runs the tests of a file together, and those that share a server or a browser.

    Each worker would otherwise start a server for itself, and send it the whole network's events.
    """

    def _assign_work_unit(self, node):
        """Give a worker the longest group that waits; of others the one with the most tests."""
        self.workqueue.move_to_end(min(self.workqueue, key=rank), last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        if file.startswith("tests/web/") and file not in APART:
            return "tests/web"
        system = re.search(r"[\[-](\d shards?(?:, restarted)?)", nodeid)
        shared = file.startswith("tests/e2e/") and not file.endswith("test_truth_conformance.py")
        return f"the truth of {system[1]}" if system and shared else file


def pytest_xdist_make_scheduler(config, log):
    return ByServer(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session):
    """Collect without collecting garbage, and leave what is collected out of all later searches.

    A worker has ten thousand tests and all modules in memory; a search through them takes a third
    of a second.
    """
    gc.disable()
    try:
        import_share(session.config)
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        # Extension modules complain of what is left at the end of the process.
        atexit.register(gc.unfreeze)


def import_share(config):
    """Import a share of the test modules before collection imports all of them.

    pytest rewrites the assertions of each module and writes the result beside it. Without that
    each worker would rewrite all modules, on a clean checkout for ten seconds.
    """
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args != config.getini("testpaths"):
        return
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    share = int(worker["workerid"].removeprefix("gw"))
    for file in files[share :: worker["workercount"]]:
        # Collection imports it again and reports the failure.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


def _coverage_controller(config):
    """What pytest-cov measures with; nothing where coverage is not measured."""
    plugin = config.pluginmanager.getplugin("_cov")
    return plugin and plugin.cov_controller


@contextmanager
def _measured(item, *, only_if):
    """Pause the measurement of coverage unless the condition holds."""
    controller = None if only_if else _coverage_controller(item.config)
    if controller:
        controller.pause()
    try:
        yield
    finally:
        if controller:
            controller.resume()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    """End the measurement that pytest-cov begins in a worker before the one that it reports.

    It lies beneath that, and would go on whenever that pauses: each test would be measured.
    """
    controller = _coverage_controller(session.config)
    if hasattr(session.config, "workerinput") and controller:
        controller.cov.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Measure coverage in the tests of the pure packages alone; measured they take twice as long.

    Of those a test with the marker `no_cover` of pytest-cov is not measured either: it tries many
    examples of what the other tests of its module reach.
    """
    with _measured(item, only_if=item.nodeid.startswith(MEASURED)):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    """Leave also what such a test sets up unmeasured; pytest-cov leaves out its call alone."""
    unmeasured = item.nodeid.startswith(MEASURED) and item.get_closest_marker("no_cover")
    with _measured(item, only_if=not unmeasured):
        return (yield)


@pytest.fixture(autouse=True)
def _logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"
