"""The unit under a real systemd: PID 1 of namespaces of its own, with files of its own.

Nothing of the machine's services is started or changed: /run and /var are empty there, /etc is an
overlay, and the units are those that this test writes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tart.cli.install import PROGRAM, unit
from tests.supervisor.process import ROOT

SYSTEMD = Path("/lib/systemd/systemd")
PYTHON = Path(sys.executable).resolve()
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(
        os.geteuid() != 0 or not SYSTEMD.exists() or not shutil.which("unshare"),
        reason="needs root, systemd and unshare",
    ),
]

# Units that every other one depends on, and that have nothing to do here.
TARGETS = "sysinit basic shutdown multi-user network-online umount sockets timers paths"
JOURNAL = "systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket"
BOOT = """
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var
mkdir -p /run/lock /run/up /run/work /run/units /run/python /run/log/journal /var/lib /var/cache
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/up,workdir=/run/work /etc
# The service's user must reach the interpreter, which may be in a home directory.
mount --bind {python} /run/python
mount -t tmpfs -o mode=755 tmpfs /root
mkdir -p {python} /etc/tart
mount --bind /run/python {python}
echo 'tart:x:994:994::/var/lib/tart:/usr/sbin/nologin' >>/etc/passwd
echo 'tart:x:994:' >>/etc/group
cp {scratch}/config.toml /etc/tart/
cp {scratch}/*.service {scratch}/*.target /run/units/
cd /lib/systemd/system
cp {journal} /run/units/
for target in {targets}; do
    printf '[Unit]\\nDefaultDependencies=no\\n' >/run/units/$target.target
done
export container=test SYSTEMD_UNIT_PATH=/run/units
exec {systemd} --system --unit=test.target --log-target=journal
"""
TEST_TARGET = """
[Unit]
DefaultDependencies=no
Requires=systemd-journald.service
Wants=tart.service drive.service
"""
DRIVE_SERVICE = """
[Unit]
DefaultDependencies=no
After=systemd-journald.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'sh {scratch}/drive.sh >{scratch}/out 2>&1; systemctl --force exit'
"""
# What an operator does, and what that prints.
DRIVE = """
config=/etc/tart/config.toml
systemctl start tart; echo start $?
echo "== status"; systemctl status tart --no-pager
sed -i 's/^level = .*/level = "debug"/' $config
systemctl reload tart; echo reload $?
echo "[storag]" >>$config
systemctl reload tart; echo wrong reload $?
systemctl is-active tart
shard=$(pgrep -x tart-shard-0); kill -9 $shard
until pgrep -x tart-shard-0 | grep -qv "^$shard$"; do sleep 0.1; done
until systemctl status tart | grep -q "2 of 2"; do sleep 0.1; done
echo "== files"; stat -c '%a %n' /var/lib/tart/control.sqlite*
systemctl stop tart; echo stop $?
echo "== stopped"; systemctl status tart --no-pager
systemctl start tart; echo wrong start $?
journalctl --sync
echo "== warnings"; journalctl -u tart -p warning -o cat
echo "== gateway"; journalctl -u tart _COMM=tart-gateway -o cat
echo "== all"; journalctl -u tart -o cat
"""
CONFIG = """shards = 1
data_dir = "/var/lib/tart"
telemetry.bind = "127.0.0.1:0"
api.bind = "127.0.0.1:0"
[log]
level = "info"
"""


@pytest.fixture(scope="module")
def operated(tmp_path_factory):
    """Everything that the operator's commands printed, by its headings."""
    scratch = tmp_path_factory.mktemp("systemd")
    tart = f"Environment=PYTHONPATH={ROOT}\nExecStart={sys.executable} -B -m tart"
    text = unit(PROGRAM).replace(f"ExecStart={PROGRAM}", tart)
    text = text.replace(str(PROGRAM), f"{sys.executable} -B -m tart")
    files = {
        "tart.service": text.replace("ProtectHome=yes", "ProtectHome=no"),
        "test.target": TEST_TARGET,
        "drive.service": DRIVE_SERVICE.format(scratch=scratch),
        "drive.sh": DRIVE,
        "config.toml": CONFIG,
        "boot.sh": BOOT.format(
            python=PYTHON.parents[1],
            scratch=scratch,
            journal=JOURNAL,
            targets=TARGETS,
            systemd=SYSTEMD,
        ),
    }
    for name, content in files.items():
        (scratch / name).write_text(content)
    namespaces = ("--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--cgroup")
    subprocess.run(
        ["timeout", "-s", "KILL", "100", "unshare", *namespaces, "sh", str(scratch / "boot.sh")],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    parts = re.split(r"^== (\w+)$", (scratch / "out").read_text(), flags=re.MULTILINE)
    return {"commands": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def test_commands_tell_by_their_exit_code_what_happened(operated):
    text = "".join(operated.values())
    codes = dict(re.findall(r"^((?:wrong )?(?:start|reload|stop)) (\d+)$", text, re.MULTILINE))
    assert codes == {
        "start": "0",
        "reload": "0",
        "wrong reload": "1",
        "stop": "0",
        "wrong start": "1",
    }
    # The wrong file changed nothing.
    assert "\nactive\n" in operated["status"]


def test_status_names_the_processes_and_says_how_it_ended(operated):
    status = operated["status"]
    assert 'Status: "2 of 2 processes accept"' in status
    assert re.search(r"Main PID: \d+ \(tart-supervisor\)", status)
    for title in (r"tart: supervisor \(serve --config .*\)", "tart: shard 0", "tart: gateway"):
        assert re.search(rf'─\d+ "{title}"', status), status
    assert 'Status: "stopped: SIGTERM"' in operated["stopped"], operated["stopped"]
    assert "status=0/SUCCESS" in operated["stopped"]


def test_the_journal_has_what_needs_attention_and_no_time_of_its_own(operated):
    warnings = operated["warnings"]
    assert "shard 0 was killed by SIGKILL; restarting it" in warnings
    # By `tart config check` of the reload, and by the start that was refused.
    fault = "tart: /etc/tart/config.toml:7: unknown section [storag]; did you mean [storage]?"
    assert warnings.count(fault) == 2
    assert "INFO" not in warnings
    assert "another tart" not in "".join(operated.values())
    assert "accept" not in warnings
    lines = operated["all"].splitlines()
    reloaded = 'SIGHUP: settings reloaded; applied log.level: "info" → "debug"'
    assert f"INFO    supervisor: {reloaded}" in lines
    assert not [line for line in lines if re.match(r"<|\{|\d{4}-", line)]
    assert "INFO    gateway: stopped" in operated["gateway"].splitlines()
    assert "shard 0 started" not in operated["gateway"]


def test_the_keys_are_private(operated):
    modes = operated["files"].splitlines()
    assert {line.split()[0] for line in modes if "control" in line} == {"600"}
    assert len([line for line in modes if "control" in line]) == 3
