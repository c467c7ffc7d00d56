"""``tart/process_title.py``: what ps and top show of a process."""

import json
import subprocess
import sys

import pytest

# Sets a title and prints what the kernel says of the process then.
SCRIPT = """
import json, os, sys, threading
if {hidden}:
    sys.modules["setproctitle._setproctitle"] = None
before = open("/proc/self/environ").read()
from tart.process_title import set_title
work = lambda: set_title({role!r}, {note!r} * {times})
if {threaded}:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
else:
    work()
print(json.dumps(dict(
    line=open("/proc/self/cmdline").read().split("\\0")[0],
    short=open("/proc/self/comm").read(),
    environ=open("/proc/self/environ").read() == before,
    inherited="SPT_NOENV" in os.environ,
)))
"""


def names(role, note="", *, times=1, hidden=False, threaded=False):
    script = SCRIPT.format(role=role, note=note, times=times, hidden=hidden, threaded=threaded)
    command = [sys.executable, "-c", script]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout)


@pytest.mark.parametrize("threaded", [False, True])
def test_a_title_replaces_the_command_line_and_leaves_the_environment(threaded):
    assert names("shard 0", "recovering", threaded=threaded) == {
        "line": "tart: shard 0 (recovering)",
        "short": "tart-shard-0\n",
        "environ": True,
        "inherited": False,
    }


def test_a_title_is_cut_to_the_space_there_is():
    title = names("supervisor", "x", times=100_000)["line"]
    assert title.startswith("tart: supervisor (xxx")
    assert names("supervisor")["short"] == "tart-supervisor\n"


def test_without_the_compiled_part_only_the_short_name_changes():
    without = names("gateway", hidden=True)
    assert without["short"] == "tart-gateway\n"
    assert without["line"] == sys.executable
