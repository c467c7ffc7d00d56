import subprocess
import sys

import pytest

from tart import __version__
from tart.cli.main import main
from tests.supervisor.process import ROOT


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch, tmp_path):
    """An empty working directory and no variables of ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TART_SHARDS", raising=False)


def test_version(capsys):
    assert main(["version"]) == 0
    assert capsys.readouterr() == (f"tart {__version__}\n", "")


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "tart", "version"], cwd=ROOT, capture_output=True, check=True
    )

    assert done.stdout.decode() == f"tart {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["dance"], ["serve", "--loud"], ["config"]])
def test_a_command_line_that_cannot_be_understood_is_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert "usage: tart" in capsys.readouterr().err


def test_valid_settings_are_called_valid(capsys, tmp_path):
    (tmp_path / "mine.toml").write_text("shards = 4")

    assert main(["config", "check", "--config", "mine.toml"]) == 0
    assert capsys.readouterr() == ("configuration is valid\n", "")


def test_invalid_settings_are_one_sentence_and_2(capsys, tmp_path):
    (tmp_path / "config.toml").write_text("shardz = 4")

    assert main(["config", "check"]) == 2
    assert capsys.readouterr() == (
        "",
        "tart: unknown key in config.toml: shardz; did you mean shards?\n",
    )


def test_variables_are_checked_too(capsys, monkeypatch):
    monkeypatch.setenv("TART_API_BINT", "127.0.0.1:1")

    assert main(["config", "check"]) == 2
    assert capsys.readouterr().err == (
        "tart: unknown variable TART_API_BINT; did you mean TART_API_BIND?\n"
    )


def test_show_tells_each_setting_and_its_origin(capsys, monkeypatch, tmp_path):
    (tmp_path / "config.toml").write_text("[api]\nbytes = 'array'")
    monkeypatch.setenv("TART_SHARDS", "3")

    assert main(["config", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 'api.bytes = "array"  (config.toml)' in lines
    assert "shards = 3  (TART_SHARDS)" in lines
    assert 'log.level = "info"  (default)' in lines


def test_the_default_file_can_be_used(capsys, tmp_path):
    assert main(["config", "default"]) == 0
    (tmp_path / "config.toml").write_text(capsys.readouterr().out)

    assert main(["config", "check"]) == 0


def test_an_interrupted_command_leaves_no_traceback(monkeypatch, capsys):
    def interrupted(given):
        raise KeyboardInterrupt

    monkeypatch.setattr("tart.cli.main._version", interrupted)

    assert main(["version"]) == 130
    assert capsys.readouterr() == ("", "")
