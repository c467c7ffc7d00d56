import json

import pytest

from tart.cli.main import main
from tests.cli.alert_server import alert_server, silence


@pytest.fixture(scope="module")
def running():
    with alert_server() as state:
        yield state


@pytest.fixture
def server(running):
    running.answers.clear()
    running.requests.clear()
    return running


def tart(server, *arguments):
    return main(["alerts", *arguments, "--url", server.url])


def test_a_silence_prints_its_id_alone_on_stdout(server, capsys):
    server.answer("POST /api/alerts/silences", silence(), 201)
    arguments = ("NodeSilent", "node=ab12", "--reason", "new disk", "--for", "1h30m")
    assert tart(server, "silence", *arguments) == 0
    out, err = capsys.readouterr()
    assert out == "5117\n"
    assert err == "silenced until 2026-11-30T07:10:00Z; alerts that it matches now: 1\n"
    assert server.requests == [
        (
            "POST /api/alerts/silences",
            {
                "matchers": ['alertname="NodeSilent"', 'node=~"ab12.*"'],
                "reason": "new disk",
                "duration": "5400s",
            },
        )
    ]


def test_a_silence_that_matches_nothing_says_so(server, capsys):
    server.answer("POST /api/alerts/silences", silence(alerts=0), 201)
    arguments = ("--from", "2026-12-01T00:00:00Z", "--until", "2026-12-02T00:00:00Z")
    assert tart(server, "silence", "core=3", "--reason", "x", "--author", "bob", *arguments) == 0
    assert "it matches no alert now" in capsys.readouterr().err
    assert server.requests[0][1] == {
        "matchers": ['core="3"'],
        "reason": "x",
        "author": "bob",
        "starts_at": "2026-12-01T00:00:00Z",
        "ends_at": "2026-12-02T00:00:00Z",
    }


def test_a_silence_of_a_rule_that_does_not_exist_says_so(server, capsys):
    server.answer("POST /api/alerts/silences", silence(alerts=0), 201)
    server.answer("GET /api/alerts/rules", {"rules": [{"alert": "NodeSilent"}]})
    assert tart(server, "silence", "NodeSilnt", "--reason", "x") == 0
    assert "there is no rule NodeSilnt; did you mean NodeSilent?" in capsys.readouterr().err
    assert tart(server, "silence", "NodeSilent", "--reason", "x") == 0
    assert capsys.readouterr().err.endswith("it matches no alert now\n")


def test_silences_end_by_their_ids(server, capsys):
    for number in ("1", "2"):
        server.answer(f"DELETE /api/alerts/silences/{number}", {"id": number, "ended": True})
    assert tart(server, "unsilence", "1", "2", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"ended": ["1", "2"]}
    assert tart(server, "unsilence", "1", "a/b") == 1
    err = capsys.readouterr().err
    assert err.startswith("the silence 1 has ended\ntart: http://127.0.0.1:")
    assert server.requests[-1][0] == "DELETE /api/alerts/silences/a%2Fb"


@pytest.mark.parametrize(
    ("delivered", "error", "code", "sentence"),
    [
        (True, None, 0, "ops took the message in 12 ms\n"),
        (False, "status 401", 1, "tart: ops did not take the message: status 401\n"),
    ],
)
def test_a_test_message_says_whether_it_arrived(server, capsys, delivered, error, code, sentence):
    body = {"channel": "ops", "id": "m", "delivered": delivered, "error": error, "elapsed_ms": 12.3}
    server.answer("POST /api/alerts/send-test", body)
    assert tart(server, "send-test", "ops") == code
    assert capsys.readouterr().err == sentence
    assert server.requests == [("POST /api/alerts/send-test", {"channel": "ops"})]


def test_a_dead_message_is_sent_again(server, capsys):
    server.answer("POST /api/alerts/deliveries/m1/retry", {"id": "m1", "queued": True})
    assert tart(server, "retry", "m1") == 0
    assert "m1 is sent again" in capsys.readouterr().err


def test_mistakes_of_the_rule_file_are_a_sentence_each(server, capsys):
    counts = {"rules": 3, "channels": 1, "loaded_at": None}
    server.answer("POST /api/alerts/rules/reload", {"reloaded": True, "errors": [], **counts})
    assert tart(server, "reload") == 0
    assert capsys.readouterr().err == "rules in force: 3, channels: 1\n"
    errors = ["alerts.toml:1: a: b", "alerts.toml:2: c: d"]
    server.answer("POST /api/alerts/rules/reload", {"reloaded": False, "errors": errors, **counts})
    assert tart(server, "reload") == 2
    assert capsys.readouterr().err.splitlines() == [f"tart: {error}" for error in errors]
    refusal = {"error": "this needs the role admin, and yours is operator", "code": "forbidden"}
    server.answer("POST /api/alerts/rules/reload", refusal, 403)
    assert tart(server, "reload") == 1
    assert "'systemctl reload tart', or SIGHUP, does the same" in capsys.readouterr().err


def test_an_answer_that_is_not_tart_s_is_refused(server, capsys):
    server.answer("POST /api/alerts/send-test", {"ok": True})
    assert tart(server, "send-test", "ops") == 1
    assert capsys.readouterr().err.startswith("tart: ")
