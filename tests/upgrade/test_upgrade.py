"""Data directories of every schema there was are opened, and answer what they answered."""

from __future__ import annotations

import json
import shutil
import tarfile

import pytest

from tart.alert_store import StoredState
from tart.cli.main import main
from tart.control_store import open_store
from tart.storage.core.schema import SCHEMA_VERSION
from tests.running import running_system
from tests.test_alert_store import with_store
from tests.upgrade.make import HERE, read_answers

SCHEMAS = range(1, SCHEMA_VERSION + 1)
# So old events are past retention, which is not what this is about.
FOREVER = {"TART_STORAGE_RETAIN_HOURS": "1000000", "TART_AGGREGATES_ROW_RETENTION_DAYS": "100000"}
FOREVER |= {"TART_AGGREGATES_HOURLY_DAYS": "100000", "TART_API_AUTH": "none"}


@pytest.fixture(params=SCHEMAS)
def old(request, tmp_path, monkeypatch):
    """A directory of that schema, and what it answered."""
    monkeypatch.chdir(tmp_path)
    with tarfile.open(HERE / f"schema-{request.param}.tar.gz") as packed:
        packed.extractall(tmp_path, filter="data")
    return tmp_path / "data", json.loads((HERE / f"schema-{request.param}.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("aggregates", ["kept", "lost"])
def test_a_directory_of_an_earlier_release_gives_the_same_answers(old, aggregates):
    data, answers = old
    if aggregates == "lost":
        for path in data.glob("*/aggregates.duckdb"):
            path.unlink()
    assert main(["verify", "--deep", "--data-dir", str(data)]) == 0
    with running_system(data, environ=FOREVER) as system:
        assert read_answers(system) == answers


@pytest.mark.slow
def test_the_keys_of_an_earlier_release_are_valid(old, capsys):
    data, _ = old
    assert main(["keys", "list", "--data-dir", str(data)]) == 0
    assert "of old" in capsys.readouterr().out
    # With the tables of alerts, which an earlier release ignores, they still are.
    control = data / "control.sqlite"
    assert with_store(control, lambda store: store.load()) == StoredState()
    with open_store(control) as store:
        assert len(store.keys()) == 1
    shutil.rmtree(data)


@pytest.mark.slow
def test_a_stopped_directory_of_an_earlier_release_is_queried_in_place(old, capsys):
    data, answers = old
    files = {path: path.read_bytes() for path in data.glob("*/*.duckdb")}
    query = "SELECT count(*) AS n FROM events"
    assert main(["sql", "--format", "csv", "--data-dir", str(data), query]) == 0
    count = sum(len(events) for events in answers["events"].values())
    assert capsys.readouterr().out == f"n\r\n{count}\r\n"
    # Aggregates of an earlier version are not read.
    if main(["sql", "--data-dir", str(data), "SELECT * FROM nodes"]):
        assert "start the server once" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in files} == files


@pytest.mark.slow
def test_a_restored_backup_of_an_earlier_release_gives_the_same_answers(old, tmp_path):
    data, answers = old
    assert main(["backup", str(tmp_path / "backups"), "--data-dir", str(data)]) == 0
    (backup,) = (tmp_path / "backups").iterdir()
    restored = tmp_path / "restored"
    assert main(["restore", str(backup), "--data-dir", str(restored)]) == 0
    with running_system(restored, environ=FOREVER) as system:
        assert read_answers(system) == answers
