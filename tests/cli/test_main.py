import re
import subprocess
import sys

import pytest

from tart import __version__
from tart.cli.command_table import COMMANDS, GROUPS
from tart.cli.main import main
from tests.supervisor.process import ROOT


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch, tmp_path):
    """An empty working directory and no variables of ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TART_SHARDS", raising=False)


def test_each_command_has_a_module_that_adds_its_arguments(capsys):
    for name in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(f"usage: tart {name}")


def test_help_lists_the_commands_without_importing_them():
    script = (
        "import sys; from tart.cli.main import main\n"
        "try: main(['--help'])\n"
        "finally: print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert any(line.split()[:1] == ["serve"] for line in lines)
    loaded = set(lines[-1].split())
    slow = {"argparse", "asyncio", "dataclasses", "duckdb", "inspect", "numpy", "typing"}
    assert loaded & ({command.module for command in COMMANDS.values()} | slow) == set()


def test_a_small_command_loads_few_modules():
    script = "import sys; from tart.cli.main import main; main(['version']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "argparse" in loaded
    slow = {"asyncio", "dataclasses", "difflib", "duckdb", "inspect", "msgspec", "numpy"}
    assert loaded & slow == set()


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "tart", "version"], cwd=ROOT, capture_output=True, check=True
    )

    assert done.stdout.decode().startswith(f"tart {__version__} (")


def run(words, capsys):
    """The exit code, stdout and stderr of a command line."""
    try:
        code = main(words)
    except SystemExit as ended:
        code = ended.code
    return code, *capsys.readouterr()


def test_without_a_command_the_help_is_an_error(capsys):
    code, out, err = run([], capsys)
    assert (code, out) == (2, "")
    assert "usage: tart COMMAND" in err


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], ["help", "--help"]])
def test_the_help_lists_every_command_in_its_group(words, capsys):
    code, out, err = run(words, capsys)
    assert (code, err) == (0, "")
    for command in COMMANDS.values():
        shown = re.search(rf"^  {command.name} +{re.escape(command.summary)}$", out, re.MULTILINE)
        assert bool(shown) is (command.group in GROUPS)
    assert "\x1b" not in out


def test_help_of_a_command_is_that_of_its_flag(capsys):
    assert run(["help", "serve"], capsys) == run(["serve", "--help"], capsys)
    code, out, _ = run(["help", "keys", "create"], capsys)
    assert code == 0
    assert out.startswith("usage: tart keys create ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["stauts"], "there is no command stauts; did you mean status?"),
        (["Status"], "there is no command Status; did you mean status?"),
        (["help", "stauts"], "there is no command stauts; did you mean status?"),
        (["--verzion"], "there is no flag --verzion; did you mean --version?"),
        ([""], "the command is empty; is a variable of the shell not set?"),
        (["--shards", "2", "serve"], "flags stand behind the command: tart serve --shards …"),
        (["xyzzy"], "there is no command xyzzy; 'tart --help' lists the commands"),
        (["config", "chekc"], "config has no verb chekc; did you mean check?"),
        (["config", "xyzzy"], "config has no verb xyzzy; it has check, show and default"),
        (["config"], "config needs a verb: check, show or default"),
        (["serve", "--shrads", "4"], "serve has no flag --shrads; did you mean --shards?"),
        (["serve", "--dat-dir=x"], "serve has no flag --dat-dir; did you mean --data-dir?"),
        (["keys", "create", "--nmae", "x"], "keys create has no flag --nmae; did you mean --name?"),
        (["keys", "create"], "keys create needs --name"),
        (["keys", "--name", "x", "create"], "keys has no flag --name"),
        (
            ["keys", "create", "--name", "x", "--role", "amdin"],
            "--role amdin: must be viewer, operator or admin; did you mean admin?",
        ),
        # Not an abbreviation: --data would be --data-dir today and something else tomorrow.
        (["serve", "--data", "x"], "serve has no flag --data; did you mean --data-dir?"),
    ],
)
def test_a_mistake_is_one_sentence_with_what_was_meant(words, sentence, capsys):
    code, out, err = run(words, capsys)
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == f"tart: {sentence}"


def test_an_interrupted_command_leaves_no_traceback(monkeypatch, capsys):
    def interrupted(given):
        raise KeyboardInterrupt

    monkeypatch.setattr("tart.cli.version.run", interrupted)

    assert main(["version"]) == 130
    assert capsys.readouterr() == ("", "")


def test_an_interrupted_statement_is_an_interrupted_command(monkeypatch, capsys):
    def run(words):
        raise RuntimeError(words[0])

    monkeypatch.setattr("tart.cli.main._run", run)
    assert main(["Query interrupted"]) == 130
    assert capsys.readouterr().err == ""
    with pytest.raises(RuntimeError, match="another"):
        main(["another"])
