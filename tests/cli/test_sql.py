"""``tart sql`` as a person calls it: a running server, a stopped one, and neither."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

import tart
from tart.cli.main import main
from tart.text_width import display_width
from tests.cli.test_verify import filled
from tests.client.serving import Reply, scripted
from tests.running import fake_node, fake_peer_id, running_system

ROOT = str(Path(tart.__file__).parents[1])
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
    assert (code, out) == (0, "slot\n----\n   0\n(1 row)\n")
    reduce = "SELECT count(*) AS n FROM partials"
    code, out, _ = run(
        capsys, "--data-dir", tmp_path / "data", SLOTS, "--reduce", reduce, "--format", "csv"
    )
    assert (code, out) == (0, "n\r\n1\r\n")
    assert [path.read_bytes() for path in files] == before


def test_what_is_wrong_is_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    filled(tmp_path / "data")
    code, out, err = run(capsys, "--data-dir", tmp_path / "data", "SELECT 1; SELECT 2")
    assert (code, out) == (1, "")
    assert err == "tart: exactly one SELECT runs here, and these are 2 statements\n"
    code, _, err = run(capsys, "--data-dir", tmp_path / "none", SLOTS)
    assert code == 2
    assert err == (
        f"tart: data_dir: {tmp_path / 'none'} does not exist; did you mean {tmp_path / 'data'}?\n"
    )
    other = tmp_path / "other"
    (other / "docs").mkdir(parents=True)
    code, out, err = run(capsys, "--data-dir", other, "SELECT count(*) FROM events")
    assert (code, out) == (2, "")
    assert "is no data directory of tart" in err
    assert [path.name for path in other.iterdir()] == ["docs"]
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
        arguments = ("--url", system.api, "--map", "SELECT 1 AS n", "--format", "csv")
        assert run(capsys, *arguments) == (0, "n\r\n1\r\n1\r\n", "")
        code, _, err = run(capsys, "--url", system.api, "SELECT nosuch FROM nodes")
        assert code == 1
        assert err.endswith("  SELECT nosuch FROM nodes\n         ^^^^^^\n")
        # A directory that is in use is not read behind its owner's back.
        code, _, err = run(capsys, "--data-dir", tmp_path / "data", SLOTS)
        assert code == 1
        assert "another tart" in err
        system.process.send(signal.SIGTERM)
        system.process.ended()
    # The tables of a stopped server are merged over its directories, too.
    arguments = ("--data-dir", tmp_path / "data", "--format", "csv")
    code, out, _ = run(capsys, *arguments, "SELECT event_count, best_slot FROM nodes")
    assert (code, out) == (0, "event_count,best_slot\r\n3,2\r\n")


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
        ("csv", Reply(b"n\r\n1\r\n", cut=True), "n\r\n1\r\n", "the response is incomplete"),
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


RESULT = {"columns": [{"name": "n", "type": "BIGINT"}], "rows": [[1], [None]], "row_count": 2}


def body_of(server):
    (asked,) = server.asked
    return asked.path.partition("?")[0], asked.query, asked.body


def sent(capsys, monkeypatch, tmp_path, *arguments, stdin=None, reply=None):
    """Exit code, stdout, stderr and the request of one call."""
    monkeypatch.chdir(tmp_path)
    if stdin is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    with scripted(reply or Reply(RESULT)) as server:
        code, out, err = run(capsys, "--url", server.url, *arguments)
        return code, out, err, body_of(server) if server.asked else None


def test_the_statement_is_the_query_of_the_request(capsys, monkeypatch, tmp_path):
    code, out, _, request = sent(capsys, monkeypatch, tmp_path, "SELECT 1")
    assert (code, out) == (0, "   n\n----\n   1\nNULL\n(2 rows)\n")
    assert request == ("/api/sql", {"format": ["json"]}, {"query": "SELECT 1"})


def test_the_statement_comes_from_stdin_or_a_file(capsys, monkeypatch, tmp_path):
    for arguments in ((), ("-",)):
        *_, request = sent(capsys, monkeypatch, tmp_path, *arguments, stdin="SELECT 2\n")
        assert request[2] == {"query": "SELECT 2\n"}
    (tmp_path / "a.sql").write_text("SELECT 3")
    *_, request = sent(capsys, monkeypatch, tmp_path, "-f", "a.sql")
    assert request[2] == {"query": "SELECT 3"}


def test_map_and_reduce_are_sent_as_they_are(capsys, monkeypatch, tmp_path):
    *_, request = sent(capsys, monkeypatch, tmp_path, "--map", "A", "--reduce", "B")
    assert request[2] == {"map": "A", "reduce": "B"}
    *_, request = sent(capsys, monkeypatch, tmp_path, "A", "--reduce", "B")
    assert request[2] == {"map": "A", "reduce": "B"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--reduce", "B"), "--reduce needs --map"),
        (("A", "--map", "B"), "--map is a statement already"),
        (("A", "-f", "b.sql"), "not both"),
        (("-f", "none.sql"), "none.sql: cannot be read: no such file"),
        (("",), "the statement is empty"),
        ((" \n",), "the statement is empty"),
        (("SELECT 1", "-o", "a.xlsx"), "no format has the suffix .xlsx; use one of .json,"),
        (("SELECT 1", "-o", "a.tsv"), "or --format"),
        (("SELECT 1", "--format", "xlsx"), "--format xlsx: must be one of table, json"),
        (("--describe", "node"), "there is no table node; did you mean nodes?"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(capsys, monkeypatch, tmp_path, arguments, sentence):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, out, err, request = sent(capsys, monkeypatch, tmp_path, *arguments)
    assert (code, out, request) == (2, "", None)
    assert sentence in err


def test_without_a_statement_the_tables_are_listed(capsys, monkeypatch, tmp_path):
    for arguments in ((), ("--tables",)):
        code, out, _, request = sent(capsys, monkeypatch, tmp_path, *arguments, stdin="")
        assert (code, request) == (0, None)
        assert "event_stats_hourly" in out
    code, out, _, _ = sent(capsys, monkeypatch, tmp_path, "--describe", "nodes")
    assert code == 0
    assert re.search("^implementation_name +VARCHAR ", out, re.MULTILINE)


def test_a_file_that_cannot_be_written_is_named_once(capsys, monkeypatch, tmp_path):
    reply = Reply(b"1")
    code, _, err, _ = sent(capsys, monkeypatch, tmp_path, "A", "-o", "none/a.csv", reply=reply)
    assert (code, err) == (2, "tart: none/a.csv: cannot be written: its directory does not exist\n")


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.csv", "csv"), ("a.jsonl", "ndjson"), ("a.md", "markdown"), ("a.parquet", "parquet")],
)
def test_a_file_has_the_format_of_its_suffix(capsys, monkeypatch, tmp_path, name, form):
    reply = Reply(b"\0bytes")
    code, out, _, request = sent(capsys, monkeypatch, tmp_path, "A", "-o", name, reply=reply)
    assert (code, out, request[1]) == (0, "", {"format": [form]})
    assert (tmp_path / name).read_bytes() == b"\0bytes"


def test_a_table_in_a_file_is_not_cut(capsys, monkeypatch, tmp_path):
    answer = {**RESULT, "rows": [["x" * 500]], "row_count": 1}
    code, _, _, _ = sent(capsys, monkeypatch, tmp_path, "A", "-o", "a.txt", reply=Reply(answer))
    assert code == 0
    assert "x" * 500 in (tmp_path / "a.txt").read_text()


def test_an_error_of_the_statement_has_a_caret_below_the_word(capsys, monkeypatch, tmp_path):
    message = "Binder Error: no column b\n\nLINE 1: SELECT b\n               ^^"
    reply = Reply({"error": {"code": "sql", "message": message}}, 422)
    code, out, err, _ = sent(capsys, monkeypatch, tmp_path, "SELECT b", reply=reply)
    assert (code, out) == (1, "")
    assert err == "tart: no column b\n  SELECT b\n         ^^\n"


# --- On a real terminal -----------------------------------------------------------------


def on_terminal(tmp_path, command, reply, *, columns=60, lines=12, environ=None):
    """What a shell command shows on a terminal of that size, and its exit code."""
    terminal, other_end = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    settings = {
        name: value
        for name, value in os.environ.items()
        if name not in ("LINES", "COLUMNS", "LESS", "PAGER")
    }
    with scripted(reply) as server:
        settings |= {
            "TERM": "xterm",
            "PYTHONPATH": ROOT,
            "TART": f"{sys.executable} -m tart sql --url {server.url}",
            **(environ or {}),
        }
        with subprocess.Popen(
            ["bash", "-c", command],
            stdin=other_end,
            stdout=other_end,
            stderr=other_end,
            cwd=tmp_path,
            env=settings,
        ) as process:
            os.close(other_end)
            shown = b""
            # Linux ends reading a terminal whose other end is closed with an error.
            with suppress(OSError):
                while data := os.read(terminal, 1 << 16):
                    shown += data
            code = process.wait(60)
    os.close(terminal)
    return code, shown.decode().replace("\r\n", "\n")


WIDE = {
    "columns": [{"name": name, "type": "VARCHAR"} for name in ("first", "second", "third")],
    "rows": [["a" * 50, "日" * 30, f"row {number}"] for number in range(40)],
    "row_count": 40,
}


@pytest.mark.slow
def test_a_table_fits_the_terminal_and_says_what_is_cut(tmp_path):
    code, shown = on_terminal(tmp_path, "$TART 'A' --no-pager", Reply(WIDE))
    assert code == 0
    table = shown.splitlines()
    assert all(display_width(line) <= 60 for line in table[:42])
    assert "--wide or --vertical shows them whole" in table[42]
    assert re.fullmatch(r"40 rows in [0-9.]+ s", table[43])
    code, shown = on_terminal(tmp_path, "$TART 'A' --no-pager --wide", Reply(WIDE))
    assert "a" * 50 + "  " + "日" * 30 in shown


@pytest.mark.slow
def test_a_long_table_goes_through_the_pager(tmp_path):
    pager = {"PAGER": "sed 's/^/paged: /'"}
    code, shown = on_terminal(tmp_path, "$TART A", Reply(WIDE), environ=pager)
    assert code == 0
    assert shown.count("paged: ") == 43
    short = {**WIDE, "rows": WIDE["rows"][:2], "row_count": 2}
    _, shown = on_terminal(tmp_path, "$TART A", Reply(short), environ=pager)
    assert "paged" not in shown
    assert "row 1" in shown


@pytest.mark.slow
def test_a_pager_that_is_left_early_and_head_are_no_errors(tmp_path):
    many = {**WIDE, "rows": WIDE["rows"] * 2000, "row_count": 80000}
    code, shown = on_terminal(
        tmp_path, "$TART A --rows 0", Reply(many), environ={"PAGER": "head -1"}
    )
    assert code == 0
    assert "Traceback" not in shown
    command = "$TART A --rows 0 | head -1; echo ${PIPESTATUS[0]}"
    _, shown = on_terminal(tmp_path, command, Reply(many))
    assert "Traceback" not in shown
    assert shown.splitlines()[-1] in ("0", "141")


@pytest.mark.slow
def test_a_binary_format_is_not_written_to_a_terminal(tmp_path):
    code, shown = on_terminal(tmp_path, "$TART A --format parquet", Reply(b"PAR1"))
    assert code == 2
    assert "write it with -o FILE" in shown
