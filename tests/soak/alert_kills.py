"""Killing the gateway again and again in each state of its alerts, and what must hold.

Nodes leave and come back. A receiver of webhooks takes messages, answers 429 and 500, hangs and
resets; whatever it read it may have acted on, so all of it counts as received. Before each kill the
state is waited for that is to be hit. In the end:

- each message has one id, each time with the same content;
- no end of an alert comes under two ids, and no message repeats what the receiver knows;
- the receiver knows what is true: no alert is lost;
- each alert fired once and ended once at most.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tart.alert_store import AlertStore
from tests.gateway.alerting.hostile_receiver import HostileReceiver
from tests.running import fake_node, running_system, wait_for

NODES = 8
SETTINGS = {
    "TART_ALERTS_EVALUATION_SECONDS": "0.1",
    "TART_ALERTS_LAG_SECONDS": "0.01",
    "TART_SUPERVISOR_BACKOFF_SECONDS": "0.01",
    "TART_SUPERVISOR_CRASH_LIMIT": "100000",
}
RULES = """
group_wait = "0s"
group_interval = "100ms"
repeat_interval = "1d"
disable = ["*"]

[[channel]]
name = "hook"
type = "webhook"
url = "{url}"
timeout = "1s"

[[rule]]
alert = "NodeGone"
figure = "node_disconnected_seconds"
by = "node"
above = 0.1
for = "300ms"
severity = "critical"
"""
# An eighth of the attempts fails, besides those that a cycle wants to fail: with many more, the
# pauses between the attempts of a message grow to minutes.
BEHAVIOURS = ("too_many", "error", "hang", "reset", "close", *["accept"] * 35)
KINDS = (
    *("pending", "firing", "hanging", "accepted", "any", "resolved"),
    *("any", "silenced", "reset", "resolved"),
)


class Network:
    """Nodes that are connected or gone."""

    def __init__(self, system):
        self._system = system
        self._connections = {}
        self.ids = {number: fake_node(number).peer_id.hex() for number in range(1, NODES + 1)}
        for number in self.ids:
            self.connect(number)

    def connect(self, number):
        connection = self._connections[number] = self._system.connect()
        connection.sendall(fake_node(number).connect())

    def leave(self, number):
        self._connections.pop(number).close()

    @property
    def gone(self):
        return [number for number in self.ids if number not in self._connections]

    @property
    def present(self):
        return list(self._connections)

    def close(self):
        for number in self.present:
            self.leave(number)


@dataclass
class Knowledge:
    """The knowledge of somebody who reads all messages in the order of their first arrival.

    Attributes:
        firing: By node: when the alert that is known to fire began.
        ended: Alerts whose end came, and the ids of the messages that said so.
    """

    firing: dict[str, str] = field(default_factory=dict)
    ended: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    contents: dict[str, frozenset] = field(default_factory=dict)

    def read(self, received):
        """Read a message; an assertion fails if it contradicts or repeats an earlier one."""
        body = received.json()
        content = frozenset(
            (alert["labels"]["node"], alert["startsAt"], alert["status"])
            for alert in body["alerts"]
        )
        assert body["truncatedAlerts"] == 0
        if received.id in self.contents:
            assert self.contents[received.id] == content
            return
        self.contents[received.id] = content
        is_news = False
        for node, start, status in sorted(content):
            if status == "firing":
                is_news |= self.firing.get(node) != start
                self.firing[node] = start
            else:
                messages = self.ended.setdefault((node, start), set())
                messages.add(received.id)
                assert messages == {received.id}
                is_news = True
                if self.firing.get(node) == start:
                    del self.firing[node]
        assert is_news, "the message repeats what is known"


class Kills:
    """The run.

    Attributes:
        done: Kills by the state that they hit.
    """

    def __init__(self, system, receiver, chance):
        self.system = system
        self.receiver = receiver
        self.chance = chance
        self.network = Network(system)
        self.knowledge = Knowledge()
        self.done = Counter()
        self._read = 0
        self._silence = None

    # --- What is seen ----------------------------------------------------------------

    def learn(self):
        """Read what arrived; return the knowledge."""
        received = self.receiver.received[:]
        for message in received[self._read :]:
            self.knowledge.read(message)
        self._read = len(received)
        return self.knowledge

    def alerts(self):
        """The alerts by node; ``None`` while the gateway is away or has not evaluated."""
        with suppress(httpx.TransportError):
            response = self.system.http.get("/api/alerts")
            body = response.json() if response.status_code == 200 else {}
            if body.get("evaluated_at"):
                return {alert["labels"]["node"]: alert for alert in body["alerts"]}
        return None

    def alert(self, number, **members):
        """Whether the alert of a node has these members."""
        alerts = self.alerts()
        alert = (alerts or {}).get(self.network.ids[number])
        return alert is not None and all(alert[name] == value for name, value in members.items())

    def is_over(self, number):
        alerts = self.alerts()
        if alerts is None:
            return False
        alert = alerts.get(self.network.ids[number])
        return alert is None or alert["state"] == "resolved"

    # --- What is done ----------------------------------------------------------------

    def kill(self):
        """Kill the gateway, and wait until another has its place."""
        started = r'"gateway started, pid (\d+)"'
        pids = re.findall(started, self.system.process.errors())
        os.kill(int(pids[-1]), signal.SIGKILL)
        wait_for(lambda: self.alerts() is not None, "the gateway to evaluate again")

    def free(self):
        """A node that is connected; some come back that the receiver knows to be gone."""
        while len(self.network.gone) > 3:
            self.bring_back(self.network.gone[0])
        return self.chance.choice(self.network.present)

    def bring_back(self, number):
        """Connect a node once the receiver knows that it is gone; wait for its alert's end."""
        wait_for(lambda: self.told(number), "a message")
        self.network.connect(number)
        wait_for(lambda: self.is_over(number), "the end of an alert")

    def told(self, number):
        return self.network.ids[number] in self.learn().firing

    def cycle(self, kind):
        """Lead to a state and kill the gateway in it."""
        getattr(self, f"hit_{kind}")()
        self.kill()
        self.done[kind] += 1
        self.learn()

    def hit_pending(self):
        number = self.free()
        self.network.leave(number)
        wait_for(lambda: self.alert(number, state="pending"), "a pending alert")

    def hit_firing(self):
        number = self.free()
        self.network.leave(number)
        wait_for(lambda: self.alert(number, state="firing"), "a firing alert")

    def _hit_delivery(self, behaviour):
        number = self.free()
        self.receiver.script.append(behaviour)
        before = len(self.receiver.received)
        self.network.leave(number)
        wait_for(lambda: len(self.receiver.received) > before, "an attempt")

    def hit_hanging(self):
        self._hit_delivery("hang")

    def hit_accepted(self):
        self._hit_delivery("accept")

    def hit_reset(self):
        self._hit_delivery("reset")

    def hit_any(self):
        self.network.leave(self.free())
        time.sleep(self.chance.uniform(0, 0.6))

    def hit_resolved(self):
        if not self.network.gone:
            self.hit_firing()
        self.bring_back(self.network.gone[0])

    def hit_silenced(self):
        number = self.free()
        node = self.network.ids[number]
        body = {
            "matchers": [f'node="{node}"'],
            "duration": "1h",
            "author": "test",
            "reason": "it is killed",
        }
        response = self.system.http.post("/api/alerts/silences", json=body)
        assert response.status_code < 300, response.text
        silence = response.json()["id"]
        # The end of an earlier alert may be under way.
        earlier = self.learn().firing.get(node)
        self.network.leave(number)
        members = {"state": "firing", "silenced_by": [silence]}
        wait_for(lambda: self.alert(number, **members), "a silenced alert")
        self.kill()
        wait_for(lambda: self.alert(number, **members), "the silenced alert")
        assert self.learn().firing.get(node) in (earlier, None)
        assert self.system.http.delete(f"/api/alerts/silences/{silence}").status_code < 300

    def finish(self):
        """Wait until the receiver knows what is true."""

        def is_known():
            gone = {self.network.ids[number] for number in self.network.gone}
            return self.learn().firing.keys() == gone

        wait_for(is_known, "the receiver to know all")
        for number in self.network.gone:
            self.network.connect(number)
        wait_for(is_known, "the receiver to know that all is well")


def read(path):
    """The messages and the transitions of the store."""

    async def work():
        store = AlertStore(path)
        try:
            return await store.deliveries(1 << 20), await store.history(1 << 20)
        finally:
            await store.close()

    return asyncio.run(work())


def any_queued(path):
    """Whether a message waits."""
    return any(each.state == "queued" for each in read(path)[0])


def check(path, receiver):
    """What the store has agrees with what the receiver has."""
    deliveries, history = read(path)
    states = {each.notification.id: each.state for each in deliveries}
    assert {each.id for each in receiver.received} <= states.keys()
    accepted = {each.id for each in receiver.accepted}
    assert {key for key, state in states.items() if state == "delivered"} <= accepted
    assert set(states.values()) <= {"delivered", "superseded"}
    changes = Counter((each.transition.alert.id, each.transition.next) for each in history)
    assert set(changes.values()) <= {1}
    fired = {key for key, name in changes if name == "firing"}
    assert fired == {key for key, name in changes if name == "resolved"}
    return Counter(states.values())


def run(data: Path, kinds, seed):
    """Kill the gateway in each of the states, one after the other."""
    chance = random.Random(seed)
    data.parent.mkdir(parents=True, exist_ok=True)
    is_bad = len(kinds) > len(KINDS)

    def choose(number):
        return chance.choice(BEHAVIOURS) if is_bad else "accept"

    with HostileReceiver(choose=choose, retry_after="0") as receiver:
        rules = data.parent / "alerts.toml"
        rules.write_text(RULES.format(url=receiver.url))
        environ = SETTINGS | {"TART_ALERTS_FILE": str(rules)}
        with running_system(data, shards=1, environ=environ) as system:
            kills = Kills(system, receiver, chance)
            with closing(kills.network):
                wait_for(lambda: kills.alerts() is not None, "an evaluation")
                for kind in kinds:
                    kills.cycle(kind)
                is_bad = False
                kills.finish()
                path = data / "control.sqlite"
                wait_for(lambda: not any_queued(path), "an empty outbox")
            system.process.send(signal.SIGTERM)
            system.process.ended()
        return kills.done, check(path, receiver)
