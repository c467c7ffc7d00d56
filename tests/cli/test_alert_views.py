import json

import msgspec
import pytest

from tart.cli.alert_views import read_matchers
from tart.cli.main import main
from tart.errors import ConfigError
from tart.query.answers import alerts as answers
from tests.cli.alert_server import NODE, alert, alert_server, alerts, channel, rule, silence


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


def test_alerts_are_listed_with_what_they_are_about(server, capsys):
    server.answer("GET /api/alerts", alerts(alert(), problems=["ops: status 500"]))
    assert tart(server, "list", "--state", "firing", "--node", "ab") == 0
    out, err = capsys.readouterr()
    assert "NodeSilent" in out
    assert "node ab12ab12ab12…" in out
    assert "1 firing (1 critical), 0 pending" in out
    assert err == "problem: ops: status 500\n"
    assert server.requests == [("GET /api/alerts?state=firing&node=ab", None)]


def test_matchers_select_alerts_and_a_name_alone_is_that_of_a_rule(server, capsys):
    other = alert(alert="Forks", labels={"alertname": "Forks"}, about={"kind": "network", "id": ""})
    server.answer("GET /api/alerts", alerts(alert(), other))
    for matchers, names in (
        (("Forks",), ["Forks"]),
        (("alertname!=Forks",), ["NodeSilent"]),
        (("node=ab12",), ["NodeSilent"]),
        (("node!=ab12",), ["Forks"]),
        ((f"node={NODE}", "Forks"), []),
    ):
        assert tart(server, "list", "--json", *matchers) == 0
        answer = json.loads(capsys.readouterr().out)
        assert [row["alert"] for row in answer["alerts"]] == names, matchers


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ([], 0),
        ([alert(severity="warning")], 3),
        ([alert(severity="warning"), alert()], 4),
        ([alert(state="pending")], 0),
        ([alert(silenced_by=["1"]), alert(inhibited_by="Forks")], 0),
    ],
)
def test_the_exit_code_is_the_state_where_it_is_asked_for(server, listed, code):
    server.answer("GET /api/alerts", alerts(*listed))
    assert tart(server, "list", "--exit-code") == code
    assert tart(server, "list") == 0


def test_rules_are_listed_and_one_is_shown_with_its_values(server, capsys):
    body = {"rules": [rule()], "channels": [channel()], "errors": [], "file": None}
    server.answer("GET /api/alerts/rules", body)
    assert tart(server, "rules") == 0
    out = capsys.readouterr().out
    assert "node_silent_seconds by node in 1d > 60" in out
    assert "status 500" in out
    assert tart(server, "rules", "NodeSilent") == 0
    assert f"2 min 5 s  node={NODE}" in capsys.readouterr().out
    assert tart(server, "rules", "NodeSilnt") == 2
    assert capsys.readouterr().err == "tart: there is no rule NodeSilnt; did you mean NodeSilent?\n"


def test_history_silences_and_messages_are_listed(server, capsys):
    change = {"id": 1, "from": "pending", "to": "firing", "at": "2026-11-30T05:00:30Z"} | {
        key: alert()[key] for key in ("alert", "labels", "severity", "value", "summary")
    }
    server.answer("GET /api/alerts/history", {"history": [change], "has_more": True})
    assert tart(server, "history", "--since", "6h", "--limit", "1") == 0
    out = capsys.readouterr().out
    assert "2026-11-30 05:00:30  pending → firing  critical" in out
    assert "(1 are shown; --limit shows more)" in out
    assert server.requests[0][0].startswith("GET /api/alerts/history?limit=1&start=20")
    rows = [silence(), silence(id="old", state="expired")]
    server.answer("GET /api/alerts/silences", {"silences": rows})
    assert tart(server, "silences") == 0
    out = capsys.readouterr().out
    assert "5117" in out
    assert "old" not in out
    assert tart(server, "silences", "--expired") == 0
    assert "old" in capsys.readouterr().out
    delivery = {"id": "m1", "created_at": "2026-11-30T05:00:30Z", "state": "dead", "attempts": 9}
    delivery |= {"channel": "ops", "last_error": "status 500", "summary": "x"}
    server.answer("GET /api/alerts/deliveries", {"deliveries": [delivery], "has_more": False})
    assert tart(server, "deliveries", "--channel", "ops", "--state", "dead") == 0
    assert "status 500" in capsys.readouterr().out
    assert server.requests[-1][0] == "GET /api/alerts/deliveries?limit=50&channel=ops&state=dead"


@pytest.mark.parametrize("verb", ["list", "rules", "history", "silences", "deliveries"])
@pytest.mark.parametrize("body", [{}, {"alerts": 1}, {"alerts": [{}]}])
def test_what_is_not_an_answer_of_tart_is_refused_in_a_sentence(server, capsys, verb, body):
    path = {"list": "", "rules": "/rules"}.get(verb, f"/{verb}")
    server.answer(f"GET /api/alerts{path}", body)
    assert tart(server, verb) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tart: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("list", "node=="), "node== is not a matcher"),
        (("history", "--since", "6"), '--since: "6" is not a duration'),
        (("history", "--since", "0s"), "--since: it must be longer than nothing"),
        (("deliveries", "--limit", "0"), "--limit: 0 is below 1"),
    ],
)
def test_mistakes_are_found_before_a_server_is_asked(server, capsys, arguments, sentence):
    assert tart(server, *arguments) == 2
    assert sentence in capsys.readouterr().err
    assert server.requests == []


def test_the_documents_of_these_tests_are_those_of_the_api():
    msgspec.convert(alerts(alert()), answers.Alerts)
    msgspec.convert(rule(), answers.AlertRule)
    msgspec.convert(channel(), answers.AlertChannel)
    msgspec.convert(silence(), answers.Silence)


def test_the_beginning_of_an_id_stands_for_the_node():
    (whole, part, other) = read_matchers([f"node={NODE}", "node=ab12", "core=12ab"])
    assert str(whole) == f'node="{NODE}"'
    assert str(part) == 'node=~"ab12.*"'
    assert str(other) == 'core="12ab"'
    with pytest.raises(ConfigError):
        read_matchers(["a b=c"])
