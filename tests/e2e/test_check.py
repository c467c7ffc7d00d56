"""``tart check`` and a server say the same of the same bytes."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest

from tart.cli.main import main
from tart.protocol.rules import RULES
from tests.cli.test_check import checking
from tests.e2e.test_truth_conformance import BAD, CLOCKS, NOT_HERE, breaking, setting, talk_of
from tests.running import running_system, wait_for
from tests.shard.running import framed

pytestmark = pytest.mark.slow

# What an export has not: what was no message, and connections without an event.
NOT_EXPORTED = {"frame_too_long", "node_information"} | {
    code for code, rule in RULES.items() if rule.scope == "handshake"
}
# Only a server drops what is too much for it.
NOT_CHECKED = NOT_HERE | {"events_shed"}
FLAGS = ("--format", "json", "--max-findings", "100")


def wrong():
    """A connection for each rule there is, and for each thing that others write otherwise."""
    talks = [
        breaking(code, number) for number, code in enumerate(RULES, 1) if code not in NOT_CHECKED
    ]
    for number, vector in enumerate(BAD, 101):
        version, cores = setting(vector)
        talk = talk_of(number, version=version, cores=cores)
        talk.frames.append(framed(vector.content))
        talks.append(talk)
    return talks


class IdleTimer:
    """A connection on which nothing is said."""

    frames = ()


class Both:
    """What a server and ``tart check`` say of the same connections.

    Attributes:
        server: The body of ``/api/conformance``.
        check: The JSON of ``tart check --listen``.
        exported: A capture of all that the server has.
    """

    def __init__(self, system, check):
        talks = wrong()
        for talk in talks:
            with system.connect() as line:
                line.sendall(b"".join(talk.frames))
        self._tell(check, talks)
        wait_for(lambda: self._over(system) == len(talks), "all connections to be over")
        self.server = system.get("/api/conformance")
        self.examples = {
            node["node_id"]: system.get(f"/api/nodes/{node['node_id']}/conformance")["findings"]
            for node in self.server["nodes"]
        }
        self.exported = system.http.get("/api/events/export?format=capture").content
        self.check = json.loads(check.ended()[1])

    def _tell(self, check, talks):
        """All of it; with the last connection the checking ends."""
        with check.say(IdleTimer(), leaves=False):
            for talk in talks:
                check.say(talk)
            introduced = len(talks) - 1  # One says what no node says.
            wait_for(lambda: check.process.errors().count(", from ") == introduced, "all nodes")

    def _over(self, system):
        sessions = system.get("/api/sessions", limit=1000)["sessions"]
        return sum(each["outcome"] != "open" for each in sessions)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    with ExitStack() as closing:
        data = tmp_path_factory.mktemp("both") / "data"
        system = closing.enter_context(running_system(data, shards=2))
        yield Both(system, closing.enter_context(checking(*FLAGS, "--once")))


def counts(findings, *, without=frozenset()):
    """By rule; of clocks are counted the hours, which may end meanwhile."""
    return {
        each["code"]: None if each["code"] in CLOCKS else each["count"]
        for each in findings
        if each["code"] not in without
    }


def test_every_rule_is_among_them(both):
    assert {each["code"] for each in both.check["rules"]} == RULES.keys() - NOT_CHECKED


def test_of_each_node_both_find_the_same(both):
    found = {node["node_id"]: node for node in both.check["nodes"]}
    assert found.keys() == {node["node_id"] for node in both.server["nodes"]}
    for node in both.server["nodes"]:
        alone = found[node["node_id"]]
        assert counts(alone["findings"]) == counts(node["findings"])
        for name in ("verdict", "event_count", "status_count", "sessions"):
            assert alone[name] == node[name]
        assert alone["clock"]["looks_like"] == node["clock"]["looks_like"]
    assert counts(both.check["rules"]) == counts(both.server["rules"])
    assert both.check["verdict"] == both.server["verdict"]


def test_both_show_the_same_places(both):
    shown = {
        (each["node_id"], each["rule"], each["event_id"], each["offset"], each["field"])
        for each in both.check["findings"]
    }
    told = {
        (node_id, finding["code"], each["event_id"], each["offset"], each["field"])
        for node_id, findings in both.examples.items()
        for finding in findings
        for each in finding["examples"]
    }
    assert told
    assert told <= shown


def test_an_export_that_begins_in_the_middle_of_a_connection_is_judged_rightly(tmp_path, capsys):
    with running_system(tmp_path / "data", shards=1) as system, system.connect() as line:
        talk = talk_of(1)
        roots = [talk.send("Authoring", slot=1, parent=bytes(32)) for _ in range(2)]
        line.sendall(b"".join(talk.frames))
        system.wait_for_events(talk.node.peer_id, 2)
        talk.frames.clear()
        after = talk.send("Authoring", slot=1, parent=bytes(32))
        for root in (*roots, after):
            talk.send_authoring_failed(root)
        line.sendall(b"".join(talk.frames))
        *_, first, _, _, _ = system.wait_for_events(talk.node.peer_id, 6)
        assert first["event_id"] == after
        query = {"format": "capture", "start": first["received_at"]}
        exported = system.http.get("/api/events/export", params=query).content
    path = tmp_path / "part.capture"
    path.write_bytes(exported)
    assert main(["check", str(path), *FLAGS]) == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["events"], body["rules"]) == (4, [])


def test_what_the_server_exports_is_judged_likewise(both, tmp_path, capsys):
    path = tmp_path / "all.capture"
    path.write_bytes(both.exported)
    assert main(["check", str(path), *FLAGS]) == 1
    body = json.loads(capsys.readouterr().out)
    expected = counts(both.server["rules"], without=NOT_EXPORTED)
    assert counts(body["rules"]) == expected
