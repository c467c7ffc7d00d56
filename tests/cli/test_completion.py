"""Completion in the real shells; a shell that is not installed is skipped."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from tart.cli.command_table import COMMANDS, PACKAGING
from tart.cli.completion import script, syntaxes
from tart.cli.main import main
from tart.cli.render.completion import SCRIPTS

SHOWN = [command.name for command in COMMANDS.values() if command.group != PACKAGING]
_BASH = """\
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_tart
printf '%s\\n' "${COMPREPLY[@]}"
"""
_SECONDS = 20.0


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    directory = tmp_path_factory.mktemp("completion")
    for shell in SCRIPTS:
        # zsh loads a function by the name of its file.
        (directory / f"_tart.{shell}").write_text(script(shell))
    return directory


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A working directory with files and directories."""
    (tmp_path / "settings.toml").touch()
    (tmp_path / "two words.toml").touch()
    (tmp_path / "shards").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def installed(shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed on this machine, so its completion is not tested")
    return program


def in_bash(scripts, *words):
    """What bash offers for the last of the words."""
    command = [installed("bash"), "--norc", "-c", _BASH, "bash", scripts / "_tart.bash", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


def in_fish(scripts, line):
    """What fish offers at the end of a command line."""
    source = f"source {scripts}/_tart.fish; complete -C {line!r}"
    done = subprocess.run(
        [installed("fish"), "--no-config", "-c", source],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOME": str(scripts)},
    )
    return [row.split("\t")[0] for row in done.stdout.splitlines()]


def typed(command, environ, *lines):
    """Type lines that end with a tab into an interactive shell until each was completed.

    Args:
        command: The shell, whose prompt is READY.
        environ: Further variables.
        lines: What is typed, and what the line then shows, as a regular expression.
    """
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command[0], command, {**os.environ, **environ, "TERM": "vt100", "LC_ALL": "C"})
    try:
        _read_until(terminal, "READY")
        for keys, expected in lines:
            os.write(terminal, keys.encode())
            _read_until(terminal, expected)
            os.write(terminal, b"\x15")  # Ctrl-U: the line is empty again
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def _read_until(terminal, expected):
    shown, deadline = "", time.monotonic() + _SECONDS
    while not re.search(expected, shown):
        if select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")
            shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00\x07\x08]", "", shown)
        else:
            raise AssertionError(f"no {expected!r} in {shown!r}")


def test_bash_completes_commands_verbs_flags_and_choices(scripts):
    assert in_bash(scripts, "tart", "sta") == ["status"]
    assert set(in_bash(scripts, "tart", "")) == {*SHOWN, "help", "--help", "--version"}
    assert in_bash(scripts, "tart", "help", "sta") == ["status"]
    assert in_bash(scripts, "tart", "config", "ch") == ["check"]
    assert in_bash(scripts, "tart", "serve", "--dat") == ["--data-dir"]
    assert in_bash(scripts, "tart", "keys", "create", "--ro") == ["--role"]
    assert in_bash(scripts, "tart", "keys", "create", "--role", "a") == ["admin"]
    assert in_bash(scripts, "tart", "check", "--format", "=", "j") == ["json", "junit"]
    assert in_bash(scripts, "tart", "check", "--format", "=") == ["text", "json", "junit"]
    assert in_bash(scripts, "tart", "completion", "f") == ["fish"]
    assert in_bash(scripts, "tart", "serve", "--shards", "") == []
    assert in_bash(scripts, "tart", "help", "keys", "cr") == ["create"]
    assert in_bash(scripts, "tart", "help", "status", "") == []
    assert in_bash(scripts, "tart", "sql", "--format", "p") == ["parquet"]
    assert in_bash(scripts, "tart", "dash", "node") == ["nodes", "node"]


def test_bash_completes_files_and_directories_where_they_are_expected(scripts, files):
    everything = ["settings.toml", "shards", "two words.toml"]
    assert sorted(in_bash(scripts, "tart", "serve", "--config", "")) == everything
    assert sorted(in_bash(scripts, "tart", "serve", "--config", "=", "s")) == everything[:2]
    assert in_bash(scripts, "tart", "serve", "--data-dir", "") == ["shards"]
    assert sorted(in_bash(scripts, "tart", "replay", "")) == everything
    assert in_bash(scripts, "tart", "backup", "") == ["shards"]
    assert in_bash(scripts, "tart", "replay", "--sp") == ["--speed"]


@pytest.mark.slow
def test_bash_completes_what_is_typed(scripts, files):
    bash = installed("bash")
    (files / "rc").write_text(f"source {scripts}/_tart.bash\nPS1='READY '\n")
    command = [bash, "--rcfile", str(files / "rc"), "-i"]
    typed(
        command,
        {},
        ("tart serve --config two\t", r"--config two\\ words\.toml "),
        ("tart serve --config=two\t", r"--config=two\\ words\.toml "),
        ("tart backup sh\t", "backup shards/"),
    )


@pytest.mark.slow
def test_zsh_completes_what_is_typed(scripts, files):
    zsh = installed("zsh")
    (files / "_tart").write_text((scripts / "_tart.zsh").read_text())
    begin = "autoload -Uz compinit; compinit -D -u; PS1='READY '; unset zle_bracketed_paste\n"
    for source in (
        f"fpath=({files} $fpath); {begin}",
        f"{begin}source {scripts}/_tart.zsh\n",
    ):
        (files / ".zshrc").write_text(source)
        typed(
            [zsh, "-d", "-i"],
            {"ZDOTDIR": str(files)},
            ("tart sta\t", "tart status "),
            ("tart config ch\t", "tart config check "),
            ("tart serve --dat\t", "--data-dir"),
            ("tart keys create --role ad\t", "--role admin"),
            ("tart serve --data-dir s\t", "--data-dir shards/"),
            ("tart replay se\t", r"replay settings\.toml"),
            ("tart check --format j\t", "json +junit"),
            ("tart help ver\t\t", "(?s)verify +--.*version"),
            ("tart help keys cr\t", "tart help keys create "),
            ("tart sql --format pa\t", "--format parquet "),
            ("tart dash ser\t", "tart dash server "),
        )


@pytest.mark.slow
def test_fish_completes_commands_verbs_flags_choices_and_paths(scripts, files):
    assert in_fish(scripts, "tart sta") == ["status"]
    assert set(in_fish(scripts, "tart ")) == {*SHOWN, "help"}
    assert in_fish(scripts, "tart help sta") == ["status"]
    assert in_fish(scripts, "tart help keys cr") == ["create"]
    assert in_fish(scripts, "tart sql --format pa") == ["parquet"]
    assert in_fish(scripts, "tart dash ser") == ["server"]
    assert in_fish(scripts, "tart config ch") == ["check"]
    assert in_fish(scripts, "tart serve --dat") == ["--data-dir"]
    assert in_fish(scripts, "tart keys create --role a") == ["admin"]
    assert in_fish(scripts, "tart check --format=j") == ["--format=json", "--format=junit"]
    assert in_fish(scripts, "tart serve --config s") == ["settings.toml", "shards/"]
    assert in_fish(scripts, "tart serve --data-dir ") == ["shards/"]
    assert in_fish(scripts, "tart backup ") == ["shards/"]
    assert "settings.toml" in in_fish(scripts, "tart replay ")
    assert in_fish(scripts, "tart status --shards ") == []


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_command_prints_the_same_script_each_time(shell, capsys):
    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out == script(shell)


def test_every_command_is_in_every_script(scripts):
    for shell in SCRIPTS:
        text = (scripts / f"_tart.{shell}").read_text()
        assert all(name in text for name in SHOWN)
    assert [syntax.words[0] for syntax in syntaxes()] == list(COMMANDS)
