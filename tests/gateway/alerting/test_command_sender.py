"""``tart/gateway/alerting/command_sender.py``: real processes that succeed, fail and hang."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from tart.alerting.engine.outbox import Outcome, Verdict
from tart.alerting.messages.command import render
from tart.gateway.alerting.command_sender import run_command
from tests.alerting.messages.examples import CONTEXT, channel, notification
from tests.gateway.alerting.hostile_receiver import wait_until

SHELL = "/bin/sh"


async def run(*argv: str, **settings: object) -> Outcome:
    made = channel("command", argv=list(argv), **({"timeout": 20} | settings))
    return await run_command(render(notification(), made, {}, CONTEXT))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def is_over(pid: int) -> bool:
    """Whether a process has ended; one that was not waited for is a zombie."""
    try:
        return ") Z" in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


@pytest.mark.anyio
async def test_a_command_reads_the_message_and_its_variables_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("TART_KEY", "s3cr3t")
    program = tmp_path / "page.py"
    program.write_text(
        "import json, os, sys\n"
        "text = json.dumps([json.load(sys.stdin), dict(os.environ), os.getcwd()])\n"
        f"open({str(tmp_path / 'out')!r}, 'w').write(text)\n"
    )
    assert await run(sys.executable, str(program), "$(reboot)") == Outcome(Verdict.DELIVERED)
    message, environment, directory = json.loads((tmp_path / "out").read_text())
    assert message["alerts"][0]["labels"]["alertname"] == "NodeSilent"
    assert environment["TART_ALERT_STATUS"] == "firing"
    assert environment["PATH"] == os.environ["PATH"]
    assert "TART_KEY" not in environment
    assert directory == "/"


@pytest.mark.anyio
async def test_a_failure_has_its_exit_code_and_the_beginning_of_the_output():
    outcome = await run(SHELL, "-c", "echo no pager >&2; yes | head -c 5000000; exit 3")
    assert outcome.verdict is Verdict.RETRY
    assert outcome.error.startswith("/bin/sh ended with exit code 3: no pager y y y")
    assert len(outcome.error) < 300
    killed = await run(SHELL, "-c", "kill -9 $$")
    assert killed.error == "/bin/sh was killed by signal 9"


@pytest.mark.anyio
async def test_a_program_that_is_none_is_doubtful():
    outcome = await run("/no/such/program")
    assert outcome.verdict is Verdict.DOUBTFUL
    assert "cannot be started: no such file or directory" in outcome.error


@pytest.mark.anyio
async def test_when_the_time_is_over_all_its_processes_are_killed(tmp_path):
    script = f"sleep 300 & echo $! > {tmp_path}/pid; wait"
    outcome = await run(SHELL, "-c", script, timeout=0.5)
    assert outcome == Outcome(Verdict.RETRY, "/bin/sh ran longer than 0.5 s")
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: is_over(pid))


@pytest.mark.anyio
async def test_a_process_that_it_leaves_behind_is_not_waited_for(tmp_path):
    script = f"sleep 300 & echo $! > {tmp_path}/pid; exit 0"
    began = time.monotonic()
    assert await run(SHELL, "-c", script) == Outcome(Verdict.DELIVERED)
    assert time.monotonic() - began < 15
    os.kill(int((tmp_path / "pid").read_text()), 9)


@pytest.mark.anyio
async def test_no_descriptor_is_left_open():
    await run("/bin/true")
    before = descriptors()
    for argv in (["/bin/true"], ["/bin/false"], ["/no/such/program"]):
        await run(*argv)
    assert descriptors() == before
