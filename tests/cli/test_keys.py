"""``tart keys``: what is printed, what is kept, and that a running tart notices."""

import json
import os
import re
from typing import get_type_hints

import httpx
import pytest

from tart.cli.main import main
from tart.control_store import open_store
from tart.query.answers.access import CreatedKey, Key
from tests.running import running_system, wait_for


@pytest.fixture
def keys(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main(["keys", *arguments, "--data-dir", str(tmp_path / "data")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_key_is_printed_once_and_listed_without_its_text(keys, tmp_path):
    code, out, err = keys("create", "--new", "--name", "grafana", "--role", "operator")
    text = out.strip()
    key_id = text.split("_")[1]

    assert code == 0
    assert re.fullmatch(r"tart_[0-9a-f]{8}_\S{43}", text)
    assert key_id in err
    assert text not in err
    code, out, err = keys("list")
    assert (code, err) == (0, "")
    assert re.fullmatch(rf"{key_id}  operator  \S+Z  in use +grafana\n", out)
    with open_store(tmp_path / "data" / "control.sqlite") as store:
        (noted,) = store.read_audit(10)
    assert (noted.entry.action, noted.entry.address) == ("create_key", "local")
    assert text not in str(noted)


def test_a_key_is_revoked_once(keys):
    key_id = keys("create", "--new", "--name", "k")[1].split("_")[1]

    assert keys("revoke", key_id)[0] == 0
    assert "revoked" in keys("list")[1]
    code, _, err = keys("revoke", key_id)
    assert (code, err) == (
        1,
        f"tart: no active key has the id {key_id}; 'tart keys list' lists them\n",
    )


def test_listing_without_keys_says_so(keys, tmp_path):
    with open_store(tmp_path / "data" / "control.sqlite"):
        pass
    code, out, err = keys("list")
    assert (code, out) == (0, "")
    assert "no keys" in err


def test_a_database_of_keys_is_created_only_on_request(keys, tmp_path):
    code, out, err = keys("create", "--name", "k")
    assert (code, out) == (2, "")
    assert f"{tmp_path}/data does not exist; " in err
    assert err.endswith("; --new creates it, for a server that has not run yet\n")
    assert not (tmp_path / "data").exists()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tart.lock").touch()
    for verb in (("create", "--name", "k"), ("list",), ("revoke", "0" * 8)):
        code, out, err = keys(*verb)
        assert (code, out) == (2, "")
        assert f"{tmp_path}/data/control.sqlite does not exist, so there are no keys" in err
        assert ("--new" in err) == (verb[0] == "create")
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["tart.lock"]
    assert keys("create", "--new", "--name", "k")[0] == 0
    assert keys("create", "--new", "--name", "another")[0] == 0
    assert keys("create", "--name", "third")[0] == 0
    assert len(keys("list")[1].splitlines()) == 3


@pytest.mark.parametrize("name", ["", "a" * 101, "two\nlines"])
def test_a_key_name_must_be_one_line(keys, name):
    assert keys("create", "--new", "--name", name)[0] == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_store_that_root_creates_belongs_to_the_directory_s_owner(keys, tmp_path):
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", 1234, 1234)
    keys("create", "--new", "--name", "k")
    for path in (tmp_path / "data").iterdir():
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1234)


@pytest.mark.slow
def test_a_running_server_applies_created_and_revoked_keys(keys, tmp_path):
    with running_system(tmp_path / "data", shards=1) as system:
        assert system.get("/api/nodes")
        text = keys("create", "--new", "--name", "k")[1].strip()
        wait_for(lambda: system.http.get("/api/nodes").status_code == 401)
        bearer = {"Authorization": f"Bearer {text}"}
        assert system.http.get("/api/nodes", headers=bearer).status_code == 200
        keys("revoke", text.split("_")[1])
        wait_for(lambda: system.http.get("/api/nodes", headers=bearer).status_code == 401)
        assert httpx.get(f"{system.api}/api/health", trust_env=False).status_code == 200


def test_keys_are_documents_with_the_members_of_the_api(keys):
    code, out, err = keys("create", "--new", "--name", "k", "--role", "operator", "--json")
    created = json.loads(out)
    assert code == 0
    assert created.keys() == get_type_hints(CreatedKey).keys()
    assert created["key"].startswith("tart_")
    assert "it is not shown again" in err
    (listed,) = json.loads(keys("list", "--json")[1])["keys"]
    assert listed.keys() == get_type_hints(Key).keys()
    assert listed["revoked_at"] is None
    assert all(listed[name] == created[name] for name in listed.keys() & created.keys())
    code, out, _ = keys("revoke", listed["id"], "--json")
    assert (code, json.loads(out)) == (0, {"id": listed["id"], "revoked": True})
    (listed,) = json.loads(keys("list", "--json")[1])["keys"]
    assert listed["revoked_at"] is not None
    assert keys("revoke", listed["id"], "--json")[:2] == (1, "")
