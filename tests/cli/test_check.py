"""``tart check`` as a person calls it: over real sockets, and of files."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from xml.etree import ElementTree

import pytest

from tart.cli import check as module
from tart.cli.main import main
from tart.protocol import capture
from tart.units import JCE_US
from tests.aggregate.node_script import NodeScript, misbehaving_script
from tests.running import wait_for
from tests.shard.check.test_offline_check import ALONE, DEVIATING
from tests.shard.running import framed
from tests.supervisor.process import Process
from tests.vectors import event_vectors

NOW = 1_795_262_400_000_000
STANDARD = (sys.executable, "-W", "error", "-m", "tart", "check", "-")
WRONG = {
    *("reference_unknown", "reference_wrong_type", "unknown_event", "status_late"),
    *("timestamp_backwards", "events_dropped"),
}


def now():
    """A script by a clock that is right."""
    script = NodeScript()
    script.now = time.time_ns() // 1000 - JCE_US
    return script


def good():
    script = now()
    script.send_status(0)
    return script


def bad():
    script = now()
    script.send_authoring_failed(script.send_best(0))
    return script


# --- Listening -------------------------------------------------------------------------


class Checking:
    """``tart check --listen`` in a process of its own."""

    def __init__(self, process):
        self.process = process
        self.port = int(
            wait_for(lambda: self._said("tart check: listening on 127.0.0.1:"), "the port")
        )

    def _said(self, start):
        lines = self.process.errors().splitlines()
        return next((line[len(start) :] for line in lines if line.startswith(start)), None)

    def say(self, script, *, leaves=True):
        """A connection of a node; without leaving, what is to be closed."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        line.sendall(b"".join(script.frames))
        if leaves:
            line.close()
        return line

    def ended(self):
        """Exit code, and standard output."""
        code = self.process.ended()
        return code, "\n".join(self.process.rest()) + "\n"


@contextmanager
def checking(*flags):
    with Process("tart", "check", "--listen", "0", *flags) as process:
        yield Checking(process)


def test_conformant_telemetry_passes():
    with checking("--once", "--strict") as check:
        check.say(good())
        code, said = check.ended()
        errors = check.process.errors()
    assert code == 0, said
    assert said.startswith("checked 1 node, 1 connection, 1 event, ")
    assert said.endswith("\nPASSED\n")
    assert "node 01010101, fake-node 0.1.0, from 127.0.0.1:" in errors


def test_findings_are_printed_as_they_occur():
    with checking() as check:
        line = check.say(bad(), leaves=False)
        check.process.line(r"error    reference_wrong_type  AuthoringFailed \(41\)  event 1 .*")
        check.process.line(r" {9}authoring_id at byte 9 of 25: expected the event id of .*")
        check.process.send(signal.SIGINT)
        code, said = check.ended()
        line.close()
    assert code == 1
    assert said.endswith("\nFAILED: errors against 1 rule\n")


def test_a_json_report_goes_to_stdout():
    with checking("--once", "--format", "json") as check:
        check.say(bad())
        code, said = check.ended()
    body = json.loads(said)
    assert (code, body["passed"]) == (1, False)
    assert [each["code"] for each in body["rules"]] == ["reference_wrong_type"]
    assert body["nodes"][0]["node_id"] == "01" * 32


def test_findings_name_the_node_of_several(tmp_path):
    target = tmp_path / "report.xml"
    with checking("--for", "30s", "--once", "--format", "junit", "--output", target) as check:
        first = check.say(good(), leaves=False)
        wait_for(lambda: "node 01010101" in check.process.errors(), "the first node")
        script = NodeScript(number=2)
        script.now = time.time_ns() // 1000 - JCE_US
        script.send_undecodable()
        check.say(script)
        check.process.line("error    unknown_event .* node 02020202, .*")
        first.close()
        code, said = check.ended()
    assert code == 1
    assert "checked 2 nodes, 2 connections" in said
    suite = ElementTree.parse(target).getroot().find("testsuite")
    failed = [each.get("name") for each in suite if each.find("failure") is not None]
    assert failed == ["unknown_event"]


def test_a_connection_without_node_information_is_closed():
    with checking("--once") as check:
        line = check.say(_Raw(framed(b"GET / HTTP/1.1")), leaves=False)
        assert line.recv(1) == b""
        line.close()
        code, said = check.ended()
    assert code == 1
    assert "error    node_information" in said


class _Raw:
    def __init__(self, *frames):
        self.frames = frames


def test_listening_without_any_connection_fails():
    with checking("--for", "1s") as check:
        code, said = check.ended()
    assert code == 1
    assert said.endswith("FAILED: nothing was received\n")


def test_listening_on_a_port_in_use_is_one_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        assert main(["check", "--listen", str(port), "--for", "1s"]) == 2
    assert capsys.readouterr().err.startswith(
        f"tart: --listen: cannot listen on 127.0.0.1:{port}: another program uses this port; "
    )


def test_connections_beyond_the_limit_are_refused():
    listener = module._Listener(None, once=False, max_connections=1)
    assert [listener.admit(object()) for _ in range(3)] == [True, False, False]


# --- Files -----------------------------------------------------------------------------


def recorded(*scripts, version=2, closed=True, at=None):
    """A capture of connections one after another."""
    records = []
    for number, script in enumerate(scripts):
        moment = script.now + JCE_US if at is None else at
        hello, *frames = script.frames
        records.append(capture.Record(capture.OPENED, number, moment, hello[4:]))
        records += (capture.Record(capture.FRAME, number, moment, each[4:]) for each in frames)
        if closed:
            records.append(capture.Record(capture.CLOSED, number, moment))
    data = b"".join(map(capture.encode_record, records)) + capture.encode_end(len(records))
    return capture.HEADER.replace(b"2", str(version).encode()) + data


@pytest.fixture
def judge(tmp_path, capsys):
    """Judge a capture: exit code, standard output, standard error."""

    def judged(data, *flags):
        path = tmp_path / "some.capture"
        path.write_bytes(data)
        code = main(["check", str(path), *map(str, flags)])
        return code, *capsys.readouterr()

    return judged


def test_a_capture_is_checked(judge):
    assert judge(recorded(good()))[0] == 0
    code, said, _ = judge(recorded(misbehaving_script()))
    assert code == 1
    assert {rule for rule in WRONG if f"  {rule}: " in said} == WRONG


def test_only_the_first_findings_of_a_rule_are_shown(judge):
    _, said, _ = judge(recorded(misbehaving_script()), "--max-findings", 2)
    assert said.count("error    reference_wrong_type  AuthoringFailed") == 2
    assert "further findings of reference_wrong_type are only counted" in said
    assert "  error    reference_wrong_type: 30 events" in said


def test_warnings_fail_with_strict(judge):
    script = NodeScript()
    script.send_best()
    script.send_best(-2_000_000)
    script.send_best(2_000_000)
    assert judge(recorded(script))[0] == 0
    assert judge(recorded(script), "--strict")[0] == 1


def test_a_partial_capture_is_checked_message_by_message(judge):
    data = recorded(misbehaving_script(), closed=False, version=1)
    code, _, errors = judge(data)
    assert code == 1
    assert "--partial" in errors
    code, said, errors = judge(data, "--partial", "--format", "json")
    assert errors == ""
    assert {each["code"] for each in json.loads(said)["rules"]} == {
        *("events_dropped", "unknown_event"),
    }


def test_a_capture_that_was_cut_short_is_checked_as_far_as_it_goes(judge):
    code, said, errors = judge(recorded(misbehaving_script())[:-3])
    assert code == 2
    conclusion = said.splitlines()[-1]
    assert conclusion.startswith("NOT CHECKED: ")
    assert conclusion.endswith(": errors against 3 rules, warnings against 2 rules")
    assert errors.endswith("some.capture: was cut short: it has no end\n")
    short = recorded(good())[:-3]
    code, said, _ = judge(short, "--format", "json")
    assert (code, json.loads(said)["complete"], json.loads(said)["passed"]) == (2, False, False)
    suite = ElementTree.fromstring(judge(short, "--format", "junit")[1]).find("testsuite")
    assert suite.get("failures") == "1"


def test_a_damaged_capture_is_checked_up_to_the_damage(judge):
    scripts = [misbehaving_script() for _ in range(30)]
    code, said, errors = judge(recorded(*scripts)[:-25] + b"\xff" * 25)
    assert code == 2
    assert said.splitlines()[-1].startswith("NOT CHECKED: ")
    assert errors.endswith("invalid record length 4294967295\n")


def test_checking_a_file_that_is_not_a_capture_is_one_sentence(judge, tmp_path, capsys):
    code, said, errors = judge(b"GET / HTTP/1.1\r\n\r\n")
    assert (code, said, len(errors.splitlines())) == (2, "", 1)
    assert "not a capture of tart" in errors
    assert main(["check", str(tmp_path / "nothing")]) == 2
    assert "nothing: cannot be read: no such file" in capsys.readouterr().err


def test_event_ids_continue_where_a_capture_begins_within_a_connection(judge):
    script = NodeScript()
    lost = [script.send("Authoring", slot=1, parent=bytes(32)) for _ in range(3)]
    del script.frames[1:]
    first = len(lost).to_bytes(8, "little")
    own = script.send("Authoring", slot=1, parent=bytes(32))
    script.send_authoring_failed(own)
    script.send_authoring_failed(lost[0])
    wrong = script.send_authoring_failed(own + 1)
    hello, *frames = script.frames
    moment = script.now + JCE_US
    records = [
        capture.Record(capture.OPENED, 7, moment, hello[4:]),
        capture.Record(capture.EVENT_ID, 7, moment, first),
        *(capture.Record(capture.FRAME, 7, moment, each[4:]) for each in frames),
    ]
    octets = b"".join(map(capture.encode_record, records)) + capture.encode_end(len(records))
    _, said, _ = judge(capture.HEADER + octets, "--format", "json")
    assert [(each["rule"], each["event_id"]) for each in json.loads(said)["findings"]] == [
        ("reference_wrong_type", wrong),
    ]


def test_an_empty_capture_fails(judge):
    code, said, _ = judge(recorded())
    assert code == 1
    assert said.endswith("FAILED: nothing was received\n")


def test_a_report_is_written_to_the_output_file(judge, tmp_path):
    target = tmp_path / "report"
    _, said, _ = judge(recorded(misbehaving_script()), "--output", target)
    assert target.read_text(encoding="utf-8").endswith(said[said.index("checked ") :])
    _, said, _ = judge(recorded(misbehaving_script()), "--format", "json")
    judge(recorded(misbehaving_script()), "--format", "json", "--output", target)
    assert json.loads(target.read_text(encoding="utf-8"))["rules"] == json.loads(said)["rules"]
    code, said, errors = judge(recorded(good()), "--output", tmp_path / "no" / "report")
    assert (code, said) == (2, "")
    assert "cannot be written" in errors


def test_a_capture_is_read_from_standard_input(tmp_path):
    path = tmp_path / "some.capture"
    path.write_bytes(recorded(good()))
    with path.open("rb") as file:
        outcome = subprocess.run(STANDARD, stdin=file, capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout.endswith("PASSED\n")


def test_a_piped_capture_is_checked_to_its_end_despite_an_interrupt():
    """Ctrl-C in a terminal is meant for whoever writes it."""
    data = recorded(bad())
    with subprocess.Popen(STANDARD, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(data[:-20])
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"error    reference_wrong_type")
        process.send_signal(signal.SIGINT)
        process.stdin.write(data[-20:])
        process.stdin.close()
        assert process.stdout.read().endswith(b"\nFAILED: errors against 1 rule\n")
        assert process.wait() == 1


@pytest.mark.parametrize("vector", event_vectors(conformant=False), ids=str)
def test_deviations_of_deployed_nodes_are_named_by_rule(judge, vector):
    (name,) = [each for each in DEVIATING if each in vector.description]
    script = NodeScript(cores=vector.cores or 2, version=vector.protocol_version)
    script.frames.append(framed(vector.content))
    _, said, _ = judge(recorded(script, at=NOW), "--format", "json")
    found = [
        (each["rule"], each["field"], each["offset"])
        for each in json.loads(said)["findings"]
        if each["rule"] not in {*ALONE, "clock_not_jce", "clock_offset"}
    ]
    assert found == [DEVIATING[name]]


def test_raw_bytes_of_a_capture_are_checked_as_a_stream(judge):
    records = [capture.Record(capture.RAW, 0, NOW, b"\xff\xff\xff\xffmore")]
    records.append(capture.Record(capture.CLOSED, 0, NOW))
    data = capture.HEADER + b"".join(map(capture.encode_record, records)) + capture.encode_end(2)
    code, said, _ = judge(data)
    assert code == 1
    assert "error    frame_too_long" in said


# --- The command line ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("some --for 5s", "--for goes with --listen only"),
        ("some --once", "--once goes with --listen only"),
        ("--listen 0 --partial", "--partial goes with a file only"),
        ("--listen 0 --for soon", "--for must be a number of s, m, h or d"),
        ("--listen here", "--listen: 'here' is not [HOST:]PORT, such as 9000"),
        ("--listen 0 --max-findings -1", "--max-findings must not be negative"),
    ],
)
def test_check_arguments_that_do_not_fit_are_one_sentence(capsys, flags, sentence):
    assert main(["check", *flags.split()]) == 2
    assert capsys.readouterr().err.startswith(f"tart: {sentence}")


def test_check_needs_exactly_one_source(capsys):
    for flags in ([], ["some", "--listen", "0"]):
        with pytest.raises(SystemExit) as ended:
            main(["check", *flags])
        assert ended.value.code == 2
        assert "--listen" in capsys.readouterr().err
