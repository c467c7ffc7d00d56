"""``tart sql`` as a person calls it: a running server, a stopped one, and neither."""

from __future__ import annotations

import json

import pytest

from tart.cli.main import main
from tart.cli.sql import table
from tests.cli.test_verify import filled
from tests.client.serving import Reply, scripted
from tests.running import fake_node, fake_peer_id, running_system

SLOTS = "SELECT slot FROM best_block_changed"


def run(capsys, *arguments):
    code = main(["sql", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_sql_reads_the_files_of_a_stopped_server(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    filled(tmp_path / "data")
    files = sorted((tmp_path / "data" / "00").iterdir())
    before = [path.read_bytes() for path in files]
    code, out, _ = run(capsys, "--data-dir", tmp_path / "data", SLOTS)
    assert (code, out) == (0, "slot\n----\n0\n(1 row)\n")
    reduce = "SELECT count(*) AS n FROM partials"
    code, out, _ = run(
        capsys, "--data-dir", tmp_path / "data", SLOTS, "--reduce", reduce, "--format", "csv"
    )
    assert (code, out) == (0, "n\r\n1\n")
    assert [path.read_bytes() for path in files] == before


def test_what_is_wrong_is_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    filled(tmp_path / "data")
    code, out, err = run(capsys, "--data-dir", tmp_path / "data", "SELECT 1; SELECT 2")
    assert (code, out) == (1, "")
    assert err == "tart: exactly one SELECT is expected, not 2 statements\n"
    code, _, err = run(capsys, "--data-dir", tmp_path / "none", SLOTS)
    assert (code, err) == (1, f"tart: data_dir: {tmp_path / 'none'} does not exist\n")
    code, _, err = run(capsys, "--url", "http://127.0.0.1:1", SLOTS)
    assert code == 1
    assert "no tart answers there" in err


@pytest.mark.slow
def test_sql_queries_a_running_server(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    node = fake_node(1)
    with running_system(tmp_path / "data") as system:
        with system.connect() as connection:
            connection.sendall(node.connect())
            for slot in range(3):
                connection.sendall(node.event("BestBlockChanged", 1, slot=slot, hash=bytes(32))[1])
            system.wait_for_events(fake_peer_id(1), 3)
        arguments = ("--url", system.api, f"{SLOTS} ORDER BY slot", "--format", "json")
        code, out, _ = run(capsys, *arguments)
        assert (code, json.loads(out)["rows"]) == (0, [[0], [1], [2]])
        code, _, err = run(capsys, "--url", system.api, "SELEC")
        assert code == 1
        assert "syntax error" in err
        # A directory that is in use is not read behind its owner's back.
        code, _, err = run(capsys, "--data-dir", tmp_path / "data", SLOTS)
        assert code == 1
        assert "another tart" in err


LACKING = {
    "columns": [{"name": "n", "type": "BIGINT"}],
    "rows": [[1]],
    "row_count": 1,
    "shards": {"answered": 1, "total": 2},
    "unreadable": [{"file": "00/a.duckdb", "rows": 3, "since": None, "until": None}],
}


@pytest.mark.parametrize(
    ("form", "reply", "shown", "sentence"),
    [
        (
            "table",
            Reply(LACKING),
            "n\n-\n1\n(1 row)\n",
            "only 1 of 2 shards answered; 3 rows of 00/a.duckdb",
        ),
        (
            "json",
            Reply(LACKING),
            json.dumps(LACKING),
            "only 1 of 2 shards answered; 3 rows of 00/a.duckdb",
        ),
        ("csv", Reply(b"n\r\n1\r\n", cut=True), "n\r\n1\n", "the response is incomplete"),
    ],
)
def test_an_incomplete_sql_result_is_printed_and_exits_with_1(
    tmp_path, capsys, monkeypatch, form, reply, shown, sentence
):
    monkeypatch.chdir(tmp_path)
    with scripted(reply) as server:
        code, out, err = run(capsys, "--url", server.url, "SELECT 1", "--format", form)
    assert code == 1
    assert out.strip() == shown.strip()
    assert sentence in err


def test_a_table_is_aligned_and_replaces_control_characters():
    result = {
        "columns": [{"name": "a", "type": "VARCHAR"}, {"name": "long name", "type": "X"}],
        "rows": [["x\ny\x1b[31m", None], ["b", {"c": [1]}], ["z" * 100, 1.5]],
        "row_count": 3,
    }
    lines = table(result).splitlines()
    assert lines[0] == "a" + " " * 62 + "long name"
    assert lines[2].startswith("x\ufffdy\ufffd[31m")
    assert lines[3].endswith('{"c": [1]}')
    assert lines[4] == "z" * 60 + "…  1.5"
    assert lines[-1] == "(3 rows)"
