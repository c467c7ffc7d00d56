"""``tart alerts test``: captures of simulated networks with planted troubles, and of nothing."""

from __future__ import annotations

import argparse
import json

import pytest

from tart.cli import rule_test
from tart.cli.alert_files import add_test
from tart.errors import ConfigError
from tart.protocol.capture import (
    CLOSED,
    EVENT_ID,
    FRAME,
    HEADER,
    OPENED,
    Record,
    encode_end,
    encode_record,
)
from tart.protocol.framing import LENGTH_BYTES
from tart.simulate.model.in_memory import play
from tart.simulate.model.network import DEFAULT_START
from tart.simulate.model.troubles import Trouble
from tart.units import HOUR_US, JCE_US, SECOND_US

SILENT = 2
RULES = """
disable = ["*"]

[[rule]]
alert = "Quiet"
figure = "node_silent_seconds"
by = "node"
above = 40
severity = "critical"
annotations = { summary = "{{ $labels.node }} is quiet" }

[[rule]]
alert = "Stalled"
figure = "best_block_age_seconds"
above = 60
severity = "critical"
"""


def encode(records):
    return HEADER + b"".join(map(encode_record, records)) + encode_end(len(records))


@pytest.fixture(scope="module")
def records():
    """The records of four minutes in which a node is silent for two."""
    trouble = Trouble("node-silent", 60 * SECOND_US, 120 * SECOND_US, (SILENT,))
    played = play(40, nodes=3, cores=1, troubles=[trouble])
    made = []
    for number, session in enumerate(played.sessions):
        opened = session.emissions[0].when if number > 2 else DEFAULT_START
        made.append(Record(OPENED, number, JCE_US + opened, session.hello[LENGTH_BYTES:]))
        made += [
            Record(FRAME, number, JCE_US + each.when, each.frame[LENGTH_BYTES:])
            for each in session.emissions
        ]
        if number == SILENT:
            closed_at = DEFAULT_START + 180 * SECOND_US
            made.append(Record(CLOSED, number, JCE_US + closed_at))
    return sorted(made, key=lambda each: each.received_at)


@pytest.fixture
def run(tmp_path, capsys):
    """Runs the command on a rule file and on records or bytes."""

    def run_on(capture, *flags, rules=RULES):
        (tmp_path / "alerts.toml").write_text(rules)
        path = tmp_path / "made.capture"
        path.write_bytes(capture if isinstance(capture, bytes) else encode(capture))
        parser = argparse.ArgumentParser()
        add_test(parser)
        arguments = parser.parse_args(
            [str(tmp_path / "alerts.toml"), "--capture", str(path), *flags]
        )
        code = arguments.run(arguments)
        return code, *capsys.readouterr()

    return run_on


def test_each_transition_is_printed_and_the_rules_that_never_fired(run, records):
    code, out, err = run(records)
    assert (code, err) == (rule_test.PLAYED, "")
    lines = out.splitlines()
    assert [line.split()[1] for line in lines[:2]] == ["firing", "resolved"]
    assert lines[0].startswith("2026-11-")
    assert " Quiet " in lines[0]
    assert "node=" in lines[0]
    assert "Quiet  1 ×" in out
    assert "Never fired: Stalled" in out
    assert "evaluations of 2 rules" in out


def test_the_document_has_all_labels_and_values(run, records):
    resumed = []
    for each in records:
        resumed.append(each)
        if each.kind == OPENED:
            # Not recorded from its start.
            event_id = (1000).to_bytes(8, "little")
            resumed.append(Record(EVENT_ID, each.session, each.received_at, event_id))
    rules = RULES + '\n[[rule]]\nalert = "Full"\nfigure = "disk_free_share"\nbelow = 0.1\n'
    rules += '[[rule]]\nalert = "Odd"\nfigure = "network_anomaly_score"\nabove = 9\n'
    code, out, _ = run(resumed, "--json", "--expect", "Quiet", "--forbid", "*", rules=rules)
    assert code == rule_test.PLAYED
    document = json.loads(out)
    fired, resolved = document["transitions"]
    assert (fired["from"], fired["to"], resolved["to"]) == ("inactive", "firing", "resolved")
    assert fired["value"] > 40
    assert fired["severity"] == "critical"
    assert fired["summary"] == f"{fired['labels']['node']} is quiet"
    assert len(fired["labels"]["node"]) == 64
    assert {each["alert"]: each["fired"] for each in document["rules"]} == {
        "Quiet": 1,
        "Stalled": 0,
    }
    assert [each["alert"] for each in document["not_tested"]] == ["Full", "Odd"]
    assert document["events"] == sum(each.kind == FRAME for each in records)


def test_expectations_decide_the_exit_code(run, records):
    code, _, err = run(records, "--expect", "Stalled", "--forbid", "Quiet")
    assert code == rule_test.OTHERWISE
    assert "Stalled was expected, and did not fire" in err
    assert "Quiet fired, which is forbidden" in err
    with pytest.raises(ConfigError, match="did you mean Quiet"):
        run(records, "--expect", "Quit")


def test_a_capture_that_was_cut_is_played_as_far_as_it_goes(run, records):
    code, out, err = run(encode(records)[:-40])
    assert code == rule_test.NOT_PLAYED
    assert "Quiet  1 ×" in out
    assert "was cut short" in err


@pytest.mark.parametrize(
    ("capture", "reason"),
    [
        (b"", "is empty"),
        (encode([]), "has no events"),
        (b"hello\n", "is not a capture of tart"),
        (b"\x1f\x8b" + bytes(20), "unpack it with gunzip"),
    ],
)
def test_what_is_no_capture_of_events_is_refused(run, capture, reason):
    with pytest.raises(ConfigError, match=reason):
        run(capture)


def test_a_capture_without_times_is_refused(run, records):
    with pytest.raises(ConfigError, match="no times of reception"):
        run([each._replace(received_at=0) for each in records])


def test_a_long_pause_is_skipped_and_nothing_fires_for_it(run, records):
    later = 50 * HOUR_US
    moved = [
        each._replace(received_at=each.received_at + later)
        if each.received_at > JCE_US + DEFAULT_START + 50 * SECOND_US
        else each
        for each in records
    ]
    code, out, _ = run(moved)
    assert code == rule_test.PLAYED
    assert "1 long pause skipped" in out
    assert "Quiet  1 ×" in out


def test_rules_in_sql_are_tested(run, records):
    rules = """
disable = ["*"]

[[rule]]
alert = "Many"
sql = "SELECT node_id, count(*) AS value FROM events GROUP BY node_id HAVING count(*) > 100"
"""
    code, out, _ = run(records, "--every", "80s", rules=rules)
    assert code == rule_test.PLAYED
    assert "Many  3 ×" in out


@pytest.mark.parametrize("text", ["[[rule]\n", "\xff", '[[rule]]\nalert = "x"\n'])
def test_mistakes_in_the_rule_file_are_named(run, records, text):
    with pytest.raises(ConfigError, match=r"alerts\.toml"):
        run(records, rules=text)


def test_the_interval_of_evaluations_is_at_least_a_second(run, records):
    with pytest.raises(ConfigError, match="--every"):
        run(records, "--every", "0s")
