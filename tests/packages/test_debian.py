"""The Debian package: installed, upgraded, removed and purged in a bare Debian."""

import gzip
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tart import __version__
from tests.packages.bare_debian import AS_TART, BareDebian
from tests.running import System

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
WANTED = "/etc/systemd/system/multi-user.target.wants/tart.service"
# Without waiting for the disk after each of thousands of files.
DPKG = ("dpkg", "--force-unsafe-io")

pytestmark = [
    pytest.mark.dist,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a root file system"),
]


def package():
    (path,) = DIST.glob("tart_*.deb")
    return path


@pytest.fixture
def debian(tmp_path, unpack_debian):
    """A bare Debian with the package in /root."""
    machine = BareDebian(unpack_debian(tmp_path / "root"))
    shutil.copy(package(), machine.path("/root/tart.deb"))
    return machine


def changed(machine, into, *, version="9.9.9"):
    """A package of a later version, whose program and settings are others."""
    tree = machine.path("/root/tree")
    subprocess.run(["dpkg-deb", "--raw-extract", package(), tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(
        control.read_text().replace(f"Version: {__version__}", f"Version: {version}")
    )
    (release,) = (tree / "usr/lib/tart").iterdir()
    release.rename(release.with_name("9.9.9-0123456789abcdef"))
    launcher = tree / "usr/bin/tart"
    launcher.write_text(launcher.read_text().replace(release.name, "9.9.9-0123456789abcdef"))
    settings = tree / "etc/tart/config.toml"
    settings.write_text(settings.read_text() + "\n# A new setting.\n")
    build = ["dpkg-deb", "-Zgzip", "-z1", "--root-owner-group", "--build", tree]
    subprocess.run([*build, machine.path(into)], check=True, capture_output=True)
    shutil.rmtree(tree)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def owner(path):
    return (path.stat().st_uid, path.stat().st_gid)


@pytest.mark.skipif(not shutil.which("lintian"), reason="needs lintian (Debian: lintian)")
def test_lintian_has_nothing_to_say():
    done = subprocess.run(
        [
            "lintian",
            "--allow-root",
            "--fail-on",
            "error,warning",
            "--no-tag-display-limit",
            package(),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_same_file_makes_the_same_package(tmp_path):
    shutil.copy(DIST / "tart", tmp_path)
    command = [sys.executable, ROOT / "systemd/pack/deb.py", tmp_path]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, umask=0o077)
    (made,) = tmp_path.glob("tart_*.deb")
    assert made.name == package().name
    assert made.read_bytes() == package().read_bytes()


def test_it_makes_a_user_settings_and_an_enabled_unit_and_serves_as_that_user(debian):
    debian.run(*DPKG, "--install", "/root/tart.deb")

    user = debian.user("tart")
    assert user is not None
    assert mode(debian.path("/etc/tart/config.toml")) == 0o640
    assert owner(debian.path("/etc/tart/config.toml")) == (0, user[1])
    assert mode(debian.path("/var/lib/tart")) == 0o750
    assert owner(debian.path("/var/lib/tart")) == user
    assert debian.path(WANTED).is_symlink()
    unit = debian.path("/usr/lib/systemd/system/tart.service").read_text()
    assert "ExecStart=/usr/bin/tart serve --config /etc/tart/config.toml\n" in unit
    manual = gzip.decompress(debian.path("/usr/share/man/man1/tart.1.gz").read_bytes())
    assert manual.startswith(b".")
    for name in ("bash-completion/completions/tart", "zsh/vendor-completions/_tart"):
        assert debian.path(f"/usr/share/{name}").stat().st_size > 1000

    ports = ("TART_TELEMETRY_BIND=127.0.0.1:0", "TART_API_BIND=127.0.0.1:0")
    serve = (*AS_TART, "tart", "serve", "--config", "/etc/tart/config.toml")
    with debian.start(*serve, environ=ports) as process:
        system = System(process)
        answered = debian.run("tart", "status", "--url", system.api)
        assert answered.stdout.startswith(f"tart {__version__} at {system.api}: ")
        system.http.close()
        process.send(signal.SIGTERM)
        assert process.ended() == 0
    assert debian.path("/var/lib/tart/control.sqlite").exists()


def test_it_is_not_installed_a_second_time_by_tart_install(debian):
    debian.run(*DPKG, "--install", "/root/tart.deb")
    refused = debian.run("tart", "install", check=False)
    assert refused.returncode == 1
    assert "systemctl enable --now tart" in refused.stderr


def test_an_upgrade_leaves_settings_data_and_a_disabled_unit_as_they_are(debian):
    debian.run(*DPKG, "--install", "/root/tart.deb")
    settings = debian.path("/etc/tart/config.toml")
    settings.write_text("shards = 3\n" + settings.read_text())
    settings.chmod(0o600)
    debian.run("dpkg-statoverride", "--add", "root", "tart", "0600", "/etc/tart/config.toml")
    data = debian.path("/var/lib/tart/control.sqlite")
    data.write_bytes(b"keys")
    of_package = ["DPKG_MAINTSCRIPT_PACKAGE=tart"]
    debian.run("deb-systemd-helper", "disable", "tart.service", environ=of_package)
    before = {path for path in debian.path("/usr/lib/tart").iterdir()}

    changed(debian, "/root/next.deb")
    debian.run(*DPKG, "--force-confold", "--install", "/root/next.deb")

    assert settings.read_text().startswith("shards = 3\n")
    assert mode(settings) == 0o600
    assert data.read_bytes() == b"keys"
    assert not debian.path(WANTED).exists()
    assert not debian.path(WANTED).is_symlink()
    (release,) = debian.path("/usr/lib/tart").iterdir()
    assert release not in before
    assert debian.run("tart", "version").stdout.startswith(f"tart {__version__}")


def test_removing_leaves_settings_and_data_and_purging_data_alone(debian):
    before = debian.files()
    debian.run(*DPKG, "--install", "/root/tart.deb")
    data = debian.path("/var/lib/tart/00/events.duckdb")
    data.parent.mkdir()
    data.write_bytes(b"events")

    debian.run(*DPKG, "--remove", "tart")
    assert debian.path("/etc/tart/config.toml").exists()
    assert data.read_bytes() == b"events"
    assert not debian.path("/usr/bin/tart").exists()

    purged = debian.run(*DPKG, "--purge", "tart")
    assert "the data in /var/lib/tart was not deleted" in purged.stderr
    assert data.read_bytes() == b"events"
    assert debian.user("tart") is not None
    left = {path for path in debian.files() - before if not path.startswith("var/lib/tart")}
    # Backups of the lists of users, which adduser makes.
    assert {path for path in left if not re.fullmatch(r"etc/\w+-", path)} == set()


def test_purging_deletes_data_if_the_administrator_says_so(debian):
    before = debian.files()
    debian.run(*DPKG, "--install", "/root/tart.deb")
    debian.path("/var/lib/tart/control.sqlite").write_bytes(b"keys")
    debian.path("/root/answers").write_text("tart tart/purge_data boolean true\n")
    debian.run("debconf-set-selections", "/root/answers")
    debian.path("/root/answers").unlink()

    debian.run(*DPKG, "--purge", "tart")

    assert "tart/purge_data" not in debian.path("/var/cache/debconf/config.dat").read_text()
    assert {
        path for path in debian.files() - before if not re.fullmatch(r"etc/\w+-", path)
    } == set()
    assert debian.user("tart") is None


def test_purging_an_unused_installation_asks_nothing_and_leaves_nothing(debian):
    before = debian.files()
    debian.run(*DPKG, "--install", "/root/tart.deb")
    purged = debian.run(*DPKG, "--purge", "tart")
    assert "not deleted" not in purged.stderr
    assert "tart/purge_data" not in debian.path("/var/cache/debconf/config.dat").read_text()
    assert {
        path for path in debian.files() - before if not re.fullmatch(r"etc/\w+-", path)
    } == set()
    assert debian.user("tart") is None
