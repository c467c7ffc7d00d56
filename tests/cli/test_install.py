"""``tart install`` below a directory that stands for the machine."""

import os
import stat
from pathlib import Path

import pytest

from tart.cli.install import (
    CACHE,
    CONFIG,
    DASH,
    MAN,
    PACKAGED,
    PROGRAM,
    STATE,
    UNIT,
    UNPACKED,
    Source,
    install,
    next_steps,
    unit,
)
from tart.cli.main import main
from tart.config.load import load
from tart.config.schema import Config, values
from tart.errors import StartupError

ME = (os.geteuid(), os.getegid())


class Machine:
    """A file system of its own, and the commands that would be run on it."""

    @classmethod
    def make(cls, root):
        root.mkdir()
        return cls(root)

    def __init__(self, root):
        self.root = root
        self.commands = []
        (root / "etc").mkdir()
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")

    def run(self, command):
        """As useradd and userdel do, but only in our passwd file."""
        self.commands.append(" ".join(command).replace(str(self.root), "ROOT"))
        passwd = self.root / "etc/passwd"
        if command[0] == "useradd":
            uid, gid = ME
            line = f"tart:x:{uid}:{gid}::/var/lib/tart:/usr/sbin/nologin\n"
            passwd.write_text(passwd.read_text() + line)
        elif command[0] == "userdel":
            kept = [each for each in passwd.read_text().splitlines(True) if each[:5] != "tart:"]
            passwd.write_text("".join(kept))

    def at(self, path):
        return self.root / path.relative_to("/")

    def files(self):
        """All there is: path to mode and content."""
        return {
            str(each.relative_to(self.root)): (
                stat.S_IMODE(each.stat().st_mode),
                each.read_bytes() if each.is_file() else None,
            )
            for each in self.root.rglob("*")
        }


@pytest.fixture
def machine(tmp_path):
    return Machine.make(tmp_path / "machine")


@pytest.fixture
def release(tmp_path):
    """Makes the one file of a release and what it runs from."""

    def made(name, content=b"#!/bin/sh"):
        unpacked = tmp_path / "cache" / name
        (unpacked / "bin").mkdir(parents=True)
        (unpacked / "bin" / "tart").write_bytes(content)
        file = tmp_path / f"tart-{name}"
        file.write_bytes(content + name.encode())
        return Source(file, unpacked, tmp_path / "bin" / "tart")

    return made


def run(machine, source, **options):
    return install(machine.root, source=source, run_command=machine.run, **options)


def verbs(capsys):
    """The first word of each line until the farewell."""
    lines = capsys.readouterr().out.split("\n\n")[0].splitlines()
    return [line.split()[0] for line in lines]


def test_install_creates_user_directories_settings_program_and_unit(machine, release, capsys):
    assert run(machine, release("1")) == 0

    assert machine.commands == [
        "useradd --prefix ROOT --system --user-group --no-create-home "
        "--home-dir /var/lib/tart --shell /usr/sbin/nologin tart"
    ]
    modes = {path: mode for path, (mode, _) in machine.files().items()}
    assert modes["etc/tart"] == 0o755
    assert modes["etc/tart/config.toml"] == 0o640
    assert modes["var/lib/tart"] == 0o750
    assert modes["usr/local/bin/tart"] == 0o755
    assert modes["etc/systemd/system/tart.service"] == 0o644
    assert machine.at(PROGRAM).read_bytes() == b"#!/bin/sh1"
    assert machine.at(UNPACKED / "1/bin/tart").exists()
    assert machine.at(DASH).readlink() == Path("tart")
    out = capsys.readouterr().out
    assert "write     /etc/tart/config.toml\n" in out
    assert f"systemctl --root={machine.root} enable tart" in out


def test_installed_settings_are_the_defaults_with_the_service_s_directory(machine, release):
    run(machine, release("1"))

    loaded = load(machine.at(CONFIG))
    assert loaded.data_path == STATE
    changed = values(loaded).items() - values(Config()).items()
    assert {key for key, _ in changed} == {"data_dir"}


def test_manual_pages_and_completions_are_where_man_and_the_shells_look(machine, release):
    run(machine, release("1"))
    assert machine.files().keys() >= {
        "usr/local/share/man/man1/tart.1",
        "usr/local/share/man/man1/tart-serve.1",
        "usr/local/share/man/man5/tart-config.5",
        "usr/local/share/bash-completion/completions/tart",
        "usr/local/share/zsh/site-functions/_tart",
        "etc/fish/completions/tart.fish",
    }
    page = machine.at(MAN / "man1/tart-serve.1")
    assert stat.S_IMODE(page.stat().st_mode) == 0o644
    page.write_text("an older release's")
    run(machine, release("2"))
    assert page.read_text().startswith(".TH TART\\-SERVE 1 ")


def test_a_second_install_changes_nothing(machine, release, capsys):
    source = release("1")
    run(machine, source)
    before = machine.files()
    capsys.readouterr()

    run(machine, source)

    assert set(verbs(capsys)) == {"already"}
    assert machine.files() == before
    assert len(machine.commands) == 1


def test_a_dry_run_changes_nothing(machine, release, capsys):
    before = machine.files()

    run(machine, release("1"), dry_run=True)

    assert set(verbs(capsys)) == {"would"}
    assert machine.files() == before
    assert machine.commands == []


def test_a_newer_release_replaces_program_and_unit_but_not_the_settings(machine, release):
    run(machine, release("1"))
    machine.at(CONFIG).write_text("shards = 3\n")
    machine.at(UNIT).write_text("[Service]\n")

    run(machine, release("2"))

    assert machine.at(CONFIG).read_text() == "shards = 3\n"
    assert machine.at(UNIT).read_text() == unit(PROGRAM)
    assert machine.at(PROGRAM).read_bytes() == b"#!/bin/sh2"
    assert [each.name for each in machine.at(UNPACKED).iterdir()] == ["2"]


def test_install_corrects_permissions(machine, release):
    source = release("1")
    run(machine, source)
    machine.at(STATE).chmod(0o777)

    run(machine, source)

    assert stat.S_IMODE(machine.at(STATE).stat().st_mode) == 0o750


def test_uninstalling_leaves_nothing_of_an_unused_installation(machine, release):
    before = set(machine.files())
    run(machine, release("1"))
    # As systemd does for the unit.
    machine.at(CACHE).mkdir(parents=True)

    run(machine, release("same"), uninstall=True)

    left = {path: content for path, (_, content) in machine.files().items() if path not in before}
    assert set(left.values()) == {None}  # empty directories, which are not tart's own
    assert not [path for path in left if path.endswith("tart")]
    assert machine.commands[-1] == "userdel --prefix ROOT tart"


def test_uninstalling_touches_neither_data_nor_changed_settings(machine, release, capsys):
    run(machine, release("1"))
    (machine.at(STATE) / "00").mkdir()
    (machine.at(STATE) / "00/2026-01-01.duckdb").write_bytes(b"events")
    machine.at(CONFIG).write_bytes(b"shards = 3 # \xfc\n")

    run(machine, release("same"), uninstall=True)

    assert (machine.at(STATE) / "00/2026-01-01.duckdb").read_bytes() == b"events"
    assert machine.at(CONFIG).read_bytes() == b"shards = 3 # \xfc\n"
    assert not machine.at(UNIT).exists()
    assert not machine.at(PROGRAM).exists()
    out = capsys.readouterr().out
    left = "the data in /var/lib/tart and the edited settings in /etc/tart/config.toml"
    assert f"\nNot removed: {left}.\n" in out
    assert "kept      /etc/tart/config.toml\n" in out
    assert "kept      /var/lib/tart\n" in out
    # The data still belongs to somebody.
    assert "tart:" in (machine.root / "etc/passwd").read_text()


def test_a_dry_run_says_of_each_thing_what_uninstalling_does_to_it(machine, release, capsys):
    run(machine, release("1"))
    capsys.readouterr()
    assert run(machine, release("same"), uninstall=True, dry_run=True) == 0
    would = capsys.readouterr().out.splitlines()
    assert run(machine, release("again"), uninstall=True) == 0
    done, farewell = capsys.readouterr().out.split("\n\n")
    assert [" ".join(line.removeprefix("would ").split()) for line in would] == [
        " ".join(line.split()) for line in done.splitlines()
    ]
    assert "Not removed" not in farewell


def test_uninstalling_without_an_installation_succeeds(machine, release, capsys):
    before = machine.files()

    run(machine, release("1"), uninstall=True)

    assert set(verbs(capsys)) == {"absent"}
    assert machine.files() == before


def test_the_debian_package_is_not_installed_a_second_time(machine, tmp_path):
    source = Source(PACKAGED, tmp_path, tmp_path / "bin/tart")
    with pytest.raises(StartupError, match=r"Debian package.*systemctl enable --now tart"):
        run(machine, source)
    with pytest.raises(StartupError, match=r"Debian package; apt remove tart removes it"):
        run(machine, source, uninstall=True)
    assert machine.commands == []


def test_the_unit_starts_a_python_package_where_it_is_installed(machine, tmp_path):
    source = Source(None, tmp_path, Path("/opt/tart/bin/tart"))
    run(machine, source)

    text = machine.at(UNIT).read_text()
    assert "\nExecStart=/opt/tart/bin/tart serve --config /etc/tart/config.toml\n" in text
    assert "$$(/opt/tart/bin/tart config check --config /etc/tart/config.toml " in text
    assert str(PROGRAM) not in text
    assert not machine.at(PROGRAM).exists()


@pytest.mark.parametrize("home", ["/root/venv/bin/tart", "/home/me/tart/.venv/bin/tart"])
def test_a_program_in_a_hidden_directory_is_refused(machine, tmp_path, home):
    before = machine.files()
    with pytest.raises(StartupError, match=f"the service cannot access {home}"):
        run(machine, Source(None, tmp_path, Path(home)))

    assert machine.files() == before


def test_a_failed_install_step_is_one_sentence(machine, release, capsys):
    (machine.root / "var").write_text("a file in the way")

    with pytest.raises(
        StartupError, match="install: cannot create /var/lib/tart: a part of the path is"
    ):
        run(machine, release("1"))


def test_a_missing_or_failing_system_command_is_one_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    root = Machine.make(tmp_path / "root").root
    source = Source(tmp_path / "tart", tmp_path, tmp_path)

    with pytest.raises(StartupError, match="useradd, which creates the user tart, is not install"):
        install(root, source=source)

    useradd = tmp_path / "bin" / "useradd"
    useradd.write_text("#!/bin/sh\necho 'group file is locked' >&2\nexit 10\n")
    useradd.chmod(0o755)
    with pytest.raises(StartupError, match="group file is locked"):
        install(root, source=source)
    useradd.unlink()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(StartupError, match="only root can create the user tart; try sudo; useradd"):
        install(root, source=source)
    assert [path.name for path in root.iterdir()] == ["etc"]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_directory_that_is_no_root_is_refused_before_anything_is_changed(
    tmp_path, release, dry_run
):
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for name, sentence in (
        ("file", "file is not a directory; --root takes the root of a file system, such as a m"),
        ("gone", "gone is not a directory; --root takes"),
        ("empty", "empty/etc/passwd: no such file or directory; --root takes the root of a file"),
    ):
        with pytest.raises(StartupError, match=f"install: {tmp_path}/{sentence}"):
            install(tmp_path / name, source=release(f"{name}{dry_run}"), dry_run=dry_run)
    assert list((tmp_path / "empty").iterdir()) == []
    assert not (tmp_path / "gone").exists()


def test_what_to_do_next_depends_on_what_starts_services(tmp_path):
    image = "\n".join(next_steps(tmp_path, systemd_runs=True))
    assert f"systemctl --root={tmp_path} enable tart" in image
    assert f"Settings are in {tmp_path}/etc/tart/config.toml" in image
    assert "systemctl enable --now tart" in "\n".join(next_steps(Path("/"), systemd_runs=True))
    without = "\n".join(next_steps(Path("/"), systemd_runs=False))
    assert "systemd does not run on this machine" in without
    # Becomes the server, so that the signals of who starts it reach it; su would kill it after 2 s.
    command = "setpriv --reuid=tart --regid=tart --init-groups tart serve"
    assert f"    {command} --config /etc/tart/config.toml" in without.splitlines()
    assert "systemctl" not in without


def test_only_root_may_install_into_the_machine_itself(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert main(["install"]) == 1
    assert capsys.readouterr() == (
        "",
        "tart: install: only root can; try sudo, or --dry-run to see what it does\n",
    )
