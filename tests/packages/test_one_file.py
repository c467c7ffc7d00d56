"""The one file as README's section on the installation has it, typed into a bare Debian."""

import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from tests.packages.bare_debian import AS_TART, BareDebian
from tests.running import System

DIST = Path(__file__).parents[2] / "dist"
PORTS = ("TART_TELEMETRY_BIND=127.0.0.1:0", "TART_API_BIND=127.0.0.1:0")

pytestmark = [
    pytest.mark.dist,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a root file system"),
]


def test_installing_serving_and_uninstalling_leave_nothing_but_data(tmp_path, unpack_debian):
    debian = BareDebian(unpack_debian(tmp_path / "root"))
    before = debian.files()
    shutil.copy(DIST / "tart", debian.path("/root/tart"))

    planned = debian.run("/root/tart", "install", "--dry-run", environ=["HOME=/root"])
    assert "would create the system user tart" in planned.stdout
    assert debian.user("tart") is None
    debian.run("/root/tart", "install", environ=["HOME=/root"])
    assert debian.run("tart", "version").stdout.startswith("tart ")
    serve = (*AS_TART, "tart", "serve", "--config", "/etc/tart/config.toml")
    with debian.start(*serve, environ=PORTS) as process:
        system = System(process)
        status = debian.run("tart", "status", "--url", system.api)
        assert " Healthy" in status.stdout
        page = debian.run("tart-dash", "--once", "--port", system.api.rpartition(":")[2])
        assert "Network" in page.stdout
        system.http.close()
        process.send(signal.SIGTERM)
        assert process.ended() == 0

    # By the installed program, which removes itself last.
    debian.run("tart", "install", "--uninstall")

    left = {path for path in debian.files() - before if not re.fullmatch(r"etc/\w+-", path)}
    data = {path for path in left if path.startswith("var/lib/tart")}
    assert "var/lib/tart/control.sqlite" in data
    cache = {path for path in left if path.startswith("root/.cache")}
    # Folders that others may have used meanwhile are not removed, like those of man and the shells.
    rest = {path for path in left - data - cache if not debian.path(f"/{path}").is_dir()}
    assert rest == {"root/tart"}
    assert debian.user("tart") is not None
