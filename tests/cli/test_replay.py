"""``tart replay``: as a process, against a recorder that notes what it is sent."""

from __future__ import annotations

import os
import re
import signal
import socket

import pytest

from tart.cli.main import main
from tart.cli.replay import parse_speed
from tart.errors import ConfigError
from tart.protocol.capture import (
    CLOSED,
    FRAME,
    HEADER,
    OPENED,
    RAW,
    Record,
    encode_end,
    encode_record,
)
from tart.units import SECOND_US
from tests.recorders import recorder, replay, run, sessions
from tests.running import wait_for
from tests.supervisor.process import Process

pytestmark = pytest.mark.slow

RECORDS = [
    Record(OPENED, 8, 0, b"eight"),
    Record(OPENED, 3, 100_000, b"three"),
    Record(FRAME, 8, 100_000, b"a"),
    Record(FRAME, 3, 200_000, b"b" * 100_000),
    Record(RAW, 8, 200_000, b"\xff" * 9),
    Record(CLOSED, 8, 300_000),
    Record(RAW, 9, 300_000, b"never understood"),
    Record(FRAME, 3, 400_000, b"c"),
]


def written(path, *found, complete=True):
    path.write_bytes(
        HEADER + b"".join(map(encode_record, found)) + (encode_end(len(found)) if complete else b"")
    )
    return path


@pytest.mark.parametrize("speed", ["1", "5", "max"])
def test_recording_a_replay_gives_the_same_capture(tmp_path, speed):
    first = written(tmp_path / "first", *RECORDS)
    with recorder(tmp_path / "again") as again:
        outcome = replay(first, again.address, "--speed", speed)
        assert (outcome.code, outcome.err) == (0, "")
        assert outcome.out[0].startswith("sent 3 sessions, 7 messages, 100,")
        assert again.stop()[0] == 0
    found = sessions(tmp_path / "again")
    assert sorted([(each.kind, each.content) for each in one] for one in found.values()) == [
        [(OPENED, b"eight"), (FRAME, b"a"), (RAW, b"\xff" * 9), (CLOSED, b"")],
        [(OPENED, b"three"), (FRAME, b"b" * 100_000), (FRAME, b"c"), (CLOSED, b"")],
        [(RAW, b"never understood"), (CLOSED, b"")],
    ]
    if speed == "1":
        # Never before its time, whatever the machine does.
        assert float(re.search(r"in (\S+) s", outcome.out[0])[1]) >= 0.4


def test_a_piped_capture_is_replayed_as_it_arrives(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        recorder(tmp_path / "again") as again,
        Process("tart", "replay", pipe, "--target", ":".join(map(str, again.address))) as player,
        pipe.open("wb", buffering=0) as feed,
    ):
        feed.write(HEADER + encode_record(RECORDS[0]))
        wait_for(lambda: b"eight" in (tmp_path / "again").read_bytes())
        feed.write(encode_end(1))
        feed.close()
        assert player.ended() == 0


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (b"no capture\n", 2, "f: is not a capture of tart; 'tart record' and "),
        (HEADER + encode_record(Record(FRAME, 1, 1, b"a")), 2, "not opened once"),
        (HEADER + encode_record(RECORDS[0]), 1, "f: was cut short: it has no end"),
    ],
)
def test_replaying_an_invalid_or_incomplete_capture_is_one_sentence(
    tmp_path, content, code, sentence
):
    (tmp_path / "f").write_bytes(content)
    with recorder(tmp_path / "again") as again:
        outcome = replay(tmp_path / "f", again.address)
    assert outcome.code == code
    assert sentence in outcome.err
    assert "Traceback" not in outcome.err


def test_replaying_without_a_server_is_one_sentence(tmp_path):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        outcome = replay(written(tmp_path / "f", *RECORDS), held.getsockname())
    assert (outcome.code, outcome.out) == (1, [])
    assert outcome.err.count("\n") == 1
    assert "cannot be reached" in outcome.err


def test_a_server_that_closes_during_a_replay_is_counted_and_exits_with_1(tmp_path):
    later = [Record(FRAME, 8, 1, b"x" * 100_000)] * 50
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        capture = written(tmp_path / "f", RECORDS[0], *later)
        with Process("tart", "replay", capture, "--target", f"{host}:{port}") as player:
            node, _ = server.accept()
            node.recv(10)
            node.close()
            assert player.ended() == 1
            assert player.rest()[1].startswith("1 sessions failed, ")
            assert "session 8 was not sent completely" in player.errors()
            assert "Traceback" not in player.errors()


def test_a_signal_ends_a_replay_with_a_summary(tmp_path):
    capture = written(tmp_path / "f", RECORDS[0], Record(FRAME, 8, 3600 * SECOND_US, b"a"))
    with (
        recorder(tmp_path / "again") as again,
        Process("tart", "replay", capture, "--target", ":".join(map(str, again.address))) as player,
    ):
        wait_for(lambda: b"eight" in (tmp_path / "again").read_bytes())
        for _ in range(2):
            os.killpg(player.pid, signal.SIGINT)
        assert player.ended() == 1
        assert player.rest()[0].startswith("sent 1 sessions, 1 messages, 9 bytes")
        assert player.errors().endswith("tart: stopped before the end of the capture\n")
        assert "Traceback" not in player.errors()


def test_replaying_a_missing_file_is_one_sentence(tmp_path):
    outcome = run("replay", tmp_path / "none")
    assert outcome.code == 2
    assert outcome.err == f"tart: {tmp_path}/none: cannot be read: no such file or directory\n"


def test_a_speed_is_a_number_or_max():
    assert [parse_speed(each) for each in ("1", "0.5", "0", "max")] == [1.0, 0.5, 0.0, 0.0]
    for each in ("-1", "nan", "inf", "fast"):
        with pytest.raises(ConfigError, match="--speed"):
            parse_speed(each)


def test_replay_arguments_out_of_range_are_one_sentence(capsys):
    assert main(["replay", "f", "--speed", "fast"]) == 2
    assert main(["replay", "f", "--target", "nowhere"]) == 2
    assert capsys.readouterr().err.count("\n") == 2
