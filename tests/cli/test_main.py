import subprocess
import sys

import pytest

from tart import __version__
from tart.cli.main import COMMANDS, main
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


def test_an_unknown_flag_is_answered_with_the_usage_of_its_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--shrads", "4"])
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("usage: tart serve ")
    assert "unrecognized arguments: --shrads 4" in err


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
    assert all(any(line.split()[:1] == [name] for line in lines) for name in COMMANDS)
    loaded = set(lines[-1].split())
    assert not loaded & (
        {module for module, _ in COMMANDS.values()} | {"asyncio", "duckdb", "numpy"}
    )


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "tart", "version"], cwd=ROOT, capture_output=True, check=True
    )

    assert done.stdout.decode().startswith(f"tart {__version__} (")


@pytest.mark.parametrize("arguments", [[], ["dance"], ["serve", "--loud"], ["config"]])
def test_an_invalid_command_line_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert "usage: tart" in capsys.readouterr().err


def test_an_interrupted_command_leaves_no_traceback(monkeypatch, capsys):
    def interrupted(given):
        raise KeyboardInterrupt

    monkeypatch.setattr("tart.cli.version.run", interrupted)

    assert main(["version"]) == 130
    assert capsys.readouterr() == ("", "")
