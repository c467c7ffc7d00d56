"""``tart/sandbox/template.py``: a process of its own for each statement, in no time."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tart.errors import QueryTimeout, SqlRefused
from tart.query.sql.limits import MEMORY_BYTES
from tart.sandbox import framing
from tart.sandbox.process import SqlJob, run
from tart.sandbox.template import Template

SECONDS = 100.0


@pytest.fixture(scope="module")
def template():
    made = Template(MEMORY_BYTES)
    yield made
    made.close()


@contextmanager
def forked(template):
    """A sandbox that leaves nothing to the next test, even if this one fails."""
    process = template.fork()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
        process.release()


def result(template, sql, **settings):
    job = SqlJob(sql, **{"format": "json", "seconds": SECONDS, "partials": True} | settings)
    return json.loads(run(job, lambda scan: (), template=template))["rows"]


def until_true(condition):
    """Whether it becomes true in time."""
    ends = time.monotonic() + SECONDS
    while not (found := condition()) and time.monotonic() < ends:
        time.sleep(0.005)
    return found


def ended(pid):
    """Whether a process has ended and was collected."""
    return not Path(f"/proc/{pid}").exists()


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_statements_have_processes_of_their_own_that_leave_nothing(template):
    template.start()
    started, forked = template.started, template.forked
    sql = "SELECT uuid(), random()"
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: result(template, sql), range(12)))
    assert len({row[0] for (row,) in found}) == len({row[1] for (row,) in found}) == 12
    assert (template.started, template.forked) == (started, forked + 12)
    assert until_true(lambda: not children(template.pid))
    assert len(os.listdir(f"/proc/{template.pid}/fd")) <= 6
    assert len(os.listdir(f"/proc/{template.pid}/task")) == 1


def test_a_process_gives_up_files_network_and_the_socket_of_its_template(template):
    with forked(template) as process:
        os.kill(process.pid, 0)
        listed = Path(f"/proc/{process.pid}/limits")
        assert until_true(lambda: "Max open files            3" in listed.read_text())
        opened = {name: os.readlink(f"/proc/{process.pid}/fd/{name}") for name in "012"}
        assert sorted(os.listdir(f"/proc/{process.pid}/fd")) == ["0", "1", "2"]
        assert opened["0"].startswith("pipe:")
        assert opened["1"].startswith("pipe:")
        assert opened["2"] == "/dev/null"
        assert Path(f"/proc/{process.pid}/oom_score_adj").read_text().strip() == "1000"
        process.kill()
        assert process.wait() == -signal.SIGKILL


def test_a_statement_that_takes_too_long_or_too_much_ends_and_harms_no_other(template):
    template.start()
    started = template.started
    endless = "SELECT count(*) FROM range(100000000000) AS a(x) WHERE hash(x) = 1"
    with pytest.raises(QueryTimeout):
        result(template, endless, seconds=0.5)
    with pytest.raises(SqlRefused):
        result(template, "SELECT length(repeat('x', 4000000000))")
    assert result(template, "SELECT 1") == [[1]]
    assert template.started == started


def test_another_template_is_started_when_one_has_died_even_during_a_statement(template):
    template.start()
    first, started = template.pid, template.started
    with forked(template) as process:
        os.kill(first, signal.SIGKILL)
        assert until_true(lambda: ended(first)), "it is collected without being asked for"
        assert result(template, "SELECT 1") == [[1]]
        assert (template.pid == first, template.started) == (False, started + 1)
        # What was forked from it goes on, and its end is noticed.
        framing.write_json(process.stdin, {"cpu_seconds": 1, "lossless": False, "nothing": 1})
        process.stdin.close()
        assert process.wait() == -signal.SIGKILL


@contextmanager
def descriptors_allowed(number):
    """A soft limit of so many descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_end_of_a_process_without_a_template_is_noticed_among_many_descriptors():
    template = Template(MEMORY_BYTES)
    with descriptors_allowed(2000):
        taken = [os.dup(0)]
        try:
            # The lowest free one each time, until those of the process are beyond ``select``.
            while taken[-1] < 1024:
                taken.append(os.dup(0))
            with forked(template) as process:
                template.close()
                process.kill()
                assert process.wait() == -signal.SIGKILL
        finally:
            for descriptor in taken:
                os.close(descriptor)


def test_a_template_ends_when_it_is_idle_and_with_its_owner():
    template = Template(MEMORY_BYTES, idle_seconds=0.05)
    try:
        template.start()
        first = template.pid
        assert until_true(lambda: template.pid is None)
        assert ended(first)
        assert result(template, "SELECT 1") == [[1]]
        template.start()
        last = template.pid
    finally:
        template.close()
    assert last is None or ended(last)
    with pytest.raises(OSError, match="closed"):
        template.fork()
