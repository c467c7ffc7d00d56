"""The manual pages, checked by the programs that show them; without them the check is skipped."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import tart
from tart.cli.command_table import COMMANDS, PACKAGING
from tart.cli.main import main
from tart.cli.man import pages
from tart.config.schema import settings, variable_of


@pytest.fixture(scope="module")
def texts():
    return pages()


@pytest.fixture
def directory(tmp_path, texts):
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def check(program, *arguments):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed on this machine, so the pages are not checked")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )


def test_each_command_has_a_page(texts):
    expected = {f"man1/tart-{name}.1" for name in COMMANDS}
    assert set(texts) == {"man1/tart.1", "man5/tart-config.5", *expected}


def test_mandoc_finds_nothing_to_mend(directory):
    files = sorted(directory.glob("man*/*"))
    done = check("mandoc", "-T", "lint", "-W", "style", *files)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
def test_man_warns_of_nothing_and_shows_what_the_help_shows(directory):
    for name in ("man1/tart-record.1", "man1/tart.1", "man5/tart-config.5"):
        done = check("man", "--warnings", "-l", str(directory / name))
        assert (done.returncode, done.stderr) == (0, "")
        assert "SEE ALSO" in done.stdout
    record = check("man", "-l", str(directory / "man1/tart-record.1")).stdout
    assert "--listen [HOST:]PORT" in record
    assert "tart record --listen 9000 --for 60s - | tart check -" in record


def test_every_setting_is_in_the_page_of_settings(texts):
    page = texts["man5/tart-config.5"].replace("\\-", "-").replace("\n", " ")
    assert all(f"Variable: {variable_of(key)}." in page for key in settings())


def test_the_overview_has_every_command_but_those_of_packaging(texts):
    shown = set(re.findall(r"tart\\-([a-z]+)\\fR\(1\)", texts["man1/tart.1"]))
    assert shown == {each.name for each in COMMANDS.values() if each.group != PACKAGING}


def test_the_command_writes_the_same_bytes_each_time(tmp_path, texts, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["man", str(tmp_path / "new")]) == 0
    printed = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {str(path.relative_to(tmp_path / "new")): path.read_text() for path in printed} == texts
    assert pages() == texts


def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["man", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err == (
        f"tart: {tmp_path}/file/man1/tart.1: cannot be written: "
        "a part of the path is not a directory\n"
    )


def test_the_date_is_that_of_the_release():
    changelog = (Path(tart.__file__).parents[1] / "CHANGELOG.md").read_text()
    newest = re.search(r"^## \d\S* \((.*)\)", changelog, re.MULTILINE)
    assert newest is not None
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", tart.__date__)
    assert newest[1] in ("unreleased", tart.__date__)
