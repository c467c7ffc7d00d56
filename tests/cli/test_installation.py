"""The rule for the settings of administrative commands, and that a command says which they are."""

from pathlib import Path

import pytest

from tart.cli import installation
from tart.cli.installation import find_settings
from tart.cli.main import main
from tests.cases import all_cases

NAMED = Path("other.toml")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A root directory with an installed tart, and an empty working directory."""
    (tmp_path / "etc" / "tart").mkdir(parents=True)
    data = tmp_path / "var"
    (tmp_path / "etc" / "tart" / "config.toml").write_text(f'data_dir = "{data}"\n')
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(installation, "ROOT", tmp_path)
    monkeypatch.delenv("TART_DATA_DIR", raising=False)
    return tmp_path


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("installed", [False, True])
def test_the_first_file_of_the_rule_is_used(root, local, installed):
    @all_cases(
        ("named", "data_dir", "environ"),
        [
            (named, data_dir, environ)
            for named in (None, NAMED)
            for data_dir in (None, "data")
            for environ in ({}, {"TART_DATA_DIR": "data"}, {"TART_SHARDS": "1"})
        ],
    )
    def check(named, data_dir, environ):
        found = find_settings(named, data_dir=data_dir, environ=environ, root=root)
        names_data = data_dir is not None or "TART_DATA_DIR" in environ
        if named:
            assert found == named
        elif local:
            assert found == Path("config.toml")
        elif installed and not names_data:
            assert found == root / "etc/tart/config.toml"
        else:
            assert found is None

    if local:
        Path("config.toml").write_text("")
    if not installed:
        (root / "etc/tart/config.toml").unlink()
    check()


def test_a_command_uses_the_installed_settings_and_says_so(root, capsys):
    assert main(["keys", "create", "--new", "--name", "k"]) == 0

    first, *_ = capsys.readouterr().err.splitlines()
    assert first == (
        f"using the settings in {root}/etc/tart/config.toml and the data in {root}/var"
    )
    assert (root / "var" / "control.sqlite").exists()
    assert list(Path().iterdir()) == []


def test_a_command_without_any_settings_says_so(root, capsys):
    (root / "etc/tart/config.toml").unlink()

    assert main(["verify"]) == 2

    first, second = capsys.readouterr().err.splitlines()
    assert first == f"using the default settings and the data in {root}/here/shards"
    assert second.startswith(f"tart: data_dir: {root}/here/shards does not exist; ")


def test_a_command_with_a_named_directory_says_nothing_of_settings(root, capsys):
    assert main(["keys", "create", "--new", "--name", "k", "--data-dir", "data"]) == 0

    assert "using" not in capsys.readouterr().err
