"""Recognition of data directories: commands refuse others, and change nothing in them."""

import os

import pytest

from tart.cli import installation
from tart.cli.data_directory import is_data_directory, require_data_directory
from tart.errors import ConfigError
from tests.cases import all_cases
from tests.cli.test_verify import filled

COMMANDS = {
    "verify": ("verify",),
    "sql": ("sql", "SELECT 1"),
    "backup": ("backup", "kept"),
    "keys create": ("keys", "create", "--name", "k"),
    "keys list": ("keys", "list"),
    "keys revoke": ("keys", "revoke", "0" * 8),
}


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(installation, "ROOT", tmp_path / "root")


def make(path, *names):
    """Make files, and directories for names that end with a slash."""
    path.mkdir(parents=True)
    for name in names:
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.mkdir() if name.endswith("/") else target.touch()
    return path


@all_cases(
    ("names", "is_one"),
    [
        ((), False),
        (("notes.txt", "docs/"), False),
        (("01/", "02/", "12/"), False),  # directories of months
        (("01/photo.jpg",), False),
        (("2026/events.duckdb",), False),
        (("events.duckdb",), False),  # of another program, or a shard's directory itself
        (("control.sqlite/",), False),
        (("tart.lock",), True),
        (("control.sqlite",), True),
        (("00/2026-11-21.duckdb",), True),
        (("00/2026-11-21.duckdb.wal",), True),
        (("100/aggregates.duckdb",), True),
    ],
)
def test_a_directory_is_recognized_by_what_tart_writes(tmp_path_factory, names, is_one):
    directory = make(tmp_path_factory.mktemp("case") / "data", *names)

    assert is_data_directory(directory) == is_one


def listing(path):
    return sorted(str(file.relative_to(path)) for file in path.rglob("*"))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_refuses_another_directory_and_creates_nothing(tmp_path, run, command):
    make(tmp_path / "photos", "01/photo.jpg")
    make(tmp_path / "void")
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "to photos").symlink_to("photos")
    (tmp_path / "to nothing").symlink_to("nothing")
    before = listing(tmp_path)
    for name, sentence in (
        ("photos", "is no data directory of tart; "),
        ("to photos", "is no data directory of tart; "),
        ("void", "is empty; "),
        ("file", "is not a directory; "),
        ("missing", "does not exist; "),
        ("to nothing", "does not exist; "),
        ("file/below", "is not a directory; "),
    ):
        code, out, err = run(*command, data=name)
        assert (code, out) == (2, ""), name
        assert f"tart: data_dir: {tmp_path / name} {sentence}" in err
        assert "name the directory with --data-dir" in err
        assert err.count("\n") == 1
    code, _, err = run(*command, data="loop")
    assert (code, "too many symbolic links" in err) == (2, True)
    assert listing(tmp_path) == before


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_mistyped_directory_gets_the_one_that_may_be_meant(tmp_path, run, command):
    make(tmp_path / "data", "tart.lock")
    make(tmp_path / "older", "tart.lock")
    for name in ("dtaa", "data/00"):
        code, _, err = run(*command, data=name)
        assert (code, f"; did you mean {tmp_path / 'data'}?" in err) == (2, True), err
    make(tmp_path / "srv" / "tart" / "shards", "control.sqlite")
    code, _, err = run(*command, data="srv/tart")
    assert (code, f"; did you mean {tmp_path}/srv/tart/shards?" in err) == (2, True), err


def test_the_installed_data_directory_is_suggested_first(tmp_path):
    data = make(tmp_path / "var" / "lib", "tart.lock")
    (make(tmp_path / "root" / "etc" / "tart") / "config.toml").write_text(f"data_dir = '{data}'")
    make(tmp_path / "other", "tart.lock")

    with pytest.raises(ConfigError, match=f"did you mean {data}\\?"):
        require_data_directory(tmp_path / "x" / "y")


def test_a_data_directory_behind_a_link_is_one(tmp_path, run):
    filled(tmp_path / "real")
    (tmp_path / "data").symlink_to("real")

    code, out, _ = run("verify")

    assert (code, "1 event" in out) == (0, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("command", [COMMANDS["verify"], COMMANDS["keys create"]])
def test_a_directory_that_may_not_be_read_names_who_can(tmp_path, run, command):
    make(tmp_path / "data", "tart.lock", "control.sqlite").chmod(0o700)
    run(*command, data="other")  # imports what another user could not
    os.seteuid(1234)
    try:
        code, out, err = run(*command)
    finally:
        os.seteuid(0)
    assert (code, out) == (2, "")
    assert err.endswith("permission denied; only root can\n")
