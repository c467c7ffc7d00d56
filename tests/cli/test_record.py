"""``tart record``: as a process, between nodes and a server, and from a server's log."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tart.cli.main import main
from tart.protocol.capture import CLOSED, FRAME, HEADER, OPENED, Record, encode_end, encode_record
from tart.protocol.framing import frame
from tests.recorders import recorder, records, replay, run, sessions
from tests.running import fake_node, running_system, wait_for
from tests.supervisor.process import Process

SUMMARY = """\
recorded 1 sessions, 2 messages, 14 bytes in {seconds} s
0 sessions with bytes that are not complete messages, 0 still open at the end; 0 nodes refused
"""
FAILED = {"authoring_id": 9, "reason": "no"}
HELLO = frame(b"hello") + frame(b"a")
LOG = [Record(OPENED, 1, 5, b"hello"), Record(FRAME, 1, 6, b"a"), Record(CLOSED, 1, 7)]
WHOLE = HEADER + b"".join(map(encode_record, LOG)) + encode_end(3)


def send(address, data):
    """All of it, and wait until the other side has closed."""
    with socket.create_connection(address, timeout=30) as node:
        node.sendall(data)
        node.shutdown(socket.SHUT_WR)
        assert node.recv(1) == b""


# --- In passing -------------------------------------------------------------------------


@pytest.mark.slow
def test_recording_runs_until_it_is_stopped(tmp_path):
    with recorder(tmp_path / "c") as recording:
        send(recording.address, HELLO)
        code, said = recording.stop()
    assert code == 0
    first, *rest = said.splitlines(keepends=True)
    assert first.endswith(", only recording\n")
    seconds = rest[0].split()[-2]
    assert "".join(rest) == SUMMARY.format(seconds=seconds)
    assert [(each.kind, each.content) for each in records(tmp_path / "c")] == [
        (OPENED, b"hello"),
        (FRAME, b"a"),
        (CLOSED, b""),
    ]


@pytest.mark.slow
def test_a_recording_streams_to_stdout_and_stops_after_its_time():
    with Process("tart", "record", "--listen", "0", "--for", "1s", "-") as process:
        process.line(re.escape(HEADER.decode().strip()))
        assert process.ended() == 0
        assert "127.0.0.1" in process.errors()


@pytest.mark.slow
def test_a_recording_ends_without_an_error_when_the_reader_of_its_pipe_leaves():
    with Process("tart", "record", "--listen", "0", "-") as process:
        process.line(re.escape(HEADER.decode().strip()))
        address = wait_for(lambda: process.errors()).split()[4].rstrip(",")
        process.hang_up()
        host, port = address.split(":")
        with socket.create_connection((host, int(port))) as node:
            node.sendall(HELLO)
            assert process.exited() == 141
        assert "tart:" not in process.errors()


def test_recording_on_a_port_in_use_leaves_the_file_unchanged(tmp_path, capsys):
    (tmp_path / "c").write_text("precious")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["record", "--listen", str(port), str(tmp_path / "c")]) == 1
    assert capsys.readouterr().err == (
        f"tart: --listen: cannot listen on 127.0.0.1:{port}: another program uses this port; stop "
        "it or choose another\n"
    )
    assert (tmp_path / "c").read_text() == "precious"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--listen 0 --from 2026-11-20T12:00:00Z", "--from goes with --url"),
        ("--listen 0 --key-file k", "--key-file goes with --url"),
        ("--url http://x --target 127.0.0.1:1", "--target goes with --listen"),
        ("--listen 0 --for ever", "--for must be a number of s, m, h or d"),
        ("--url http://x --from yesterday", "--from must be an RFC 3339 time"),
        ("--url http://x --duration long", "--duration must be a number of s, m, h or d"),
        ("--url http://x --duration 1h --to 2026-11-20T12:00:00Z", "--duration is the time until"),
        (
            "--url http://x --from 2026-11-20T12:00:01Z --to 2026-11-20T12:00:00Z",
            "--to 2026-11-20T12:00:00Z: lies before --from, 2026-11-20T12:00:01Z",
        ),
        ("--listen nowhere", "--listen: 'nowhere' is not [HOST:]PORT, such as 9000"),
        ("--listen 0 --target 9", "--target: '9' is not HOST:PORT"),
    ],
)
def test_record_arguments_that_do_not_fit_are_one_sentence(tmp_path, capsys, flags, sentence):
    assert main(["record", *flags.split(), str(tmp_path / "c")]) == 2
    assert capsys.readouterr().err.startswith(f"tart: {sentence}")
    assert not (tmp_path / "c").exists()


# --- From a log -------------------------------------------------------------------------


class Log(BaseHTTPRequestHandler):
    """Answers each export with the server's ``body``, cut where it says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.asked = self.path
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("X-Tart-Shards", server.shards)
        self.end_headers()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(server.body), server.body))
        if server.ends:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def log_message(self, *_):
        pass


@contextmanager
def log(body, *, ends=True, shards="2/2"):
    with HTTPServer(("127.0.0.1", 0), Log) as server:
        server.body, server.ends, server.shards, server.asked = body, ends, shards, None
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_an_exported_capture_is_copied_unchanged(tmp_path, capsys):
    with log(WHOLE) as (server, url):
        flags = "--from 2026-11-20T12:00:00Z --to 2026-11-20T13:00:00Z --types 10,11"
        arguments = ["--url", url, *flags.split(), "--node", "ab", str(tmp_path / "c")]
        assert main(["record", *arguments]) == 0
    assert (tmp_path / "c").read_bytes() == WHOLE
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"recorded 1 sessions, 2 messages, 14 bytes in 0\.\d s\n", err)
    assert server.asked == (
        "/api/events/export?format=capture&start_time=2026-11-20T12%3A00%3A00Z"
        "&end_time=2026-11-20T13%3A00%3A00Z&node_id=ab&event_types=10%2C11"
    )


@pytest.mark.parametrize(
    ("body", "more", "sentence", "kept"),
    [
        (WHOLE[:-30], {"ends": False}, "the response is incomplete", WHOLE[:-30]),
        (WHOLE[:-30], {}, "the capture was cut short; ", WHOLE[:-30]),
        (WHOLE, {"shards": "1/2"}, "only 1 of 2 shards answered", WHOLE),
        (b"<html>\n", {}, "the answer of the server is not a capture", None),
    ],
)
def test_an_incomplete_export_is_one_sentence(tmp_path, capsys, body, more, sentence, kept):
    with log(body, **more) as (_, url):
        assert main(["record", "--url", url, str(tmp_path / "c")]) == 1
    assert sentence in capsys.readouterr().err
    assert ((tmp_path / "c").read_bytes() if (tmp_path / "c").exists() else None) == kept


def test_a_refused_export_leaves_the_file_unchanged(tmp_path, capsys):
    (tmp_path / "c").write_text("precious")
    assert main(["record", "--url", "http://127.0.0.1:1", str(tmp_path / "c")]) == 1
    assert "no tart answers there" in capsys.readouterr().err
    assert (tmp_path / "c").read_text() == "precious"


@pytest.mark.slow
def test_an_export_replayed_into_an_empty_server_gives_the_same_events(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("log")  # short enough for the servers' sockets

    def logged(system, file):
        """Kinds and contents by session, once all is committed."""

        def whole():
            assert run("record", "--url", system.api, file).code == 0
            found = [[(each.kind, each.content) for each in one] for one in sessions(file).values()]
            return sorted(found) if sum(map(len, found)) == 21 else None

        return wait_for(whole, "three whole sessions")

    with (
        running_system(tmp_path / "one") as one,
        running_system(tmp_path / "other", shards=1) as other,
    ):
        for number in range(3):
            node = fake_node(number)
            events = b"".join(node.event("AuthoringFailed", at, **FAILED)[1] for at in range(4))
            send(one.telemetry, node.connect() + events + frame(b"not understood"))
        first = logged(one, tmp_path / "first")
        assert replay(tmp_path / "first", other.telemetry, "--speed", "max").code == 0
        assert logged(other, tmp_path / "second") == first
    assert [(each[0][0], each[-1][0], len(each)) for each in first] == [(OPENED, CLOSED, 7)] * 3
