"""A package that one guarantor fails with and another one guarantees: nobody's failure."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.running import fake_node, running_system, wait_for
from tests.shard.packages import Handling

pytestmark = pytest.mark.slow


class Wire:
    """What ``Handling`` speaks to, over a real connection."""

    def __init__(self, system):
        self._system = system
        self.ingest = self
        self.sockets = []

    def session(self, hello):
        connection = self._system.connect()
        connection.sendall(hello)
        self.sockets.append(connection)
        return connection

    def receive(self, connection, frame):
        connection.sendall(frame)

    def close(self):
        for each in self.sockets:
            each.close()


def test_it_is_superseded_and_no_error(tmp_path):
    with running_system(tmp_path / "data") as system, closing(Wire(system)) as wire:
        late = Handling(wire, fake_node(1)).submit().receive().fail("another was faster")
        bad = Handling(wire, fake_node(2)).submit()
        bad.receive().fail("it has trapped")

        def asked():
            return system.get("/api/cores/3/bottlenecks")

        both = wait_for(lambda: (body := asked())["stats"]["total_failures"] == 2 and body)
        assert both["superseded"] == 0
        assert {each["type"] for each in both["bottleneck_messages"]} == {"high_failure_rate"}
        # The same package: neither has failed any more, whatever reason it gave.
        Handling(wire, fake_node(3)).submit().receive().guarantee()
        found = wait_for(lambda: (body := asked())["superseded"] == 2 and body)
        assert found["stats"]["total_failures"] == 0
        assert found["stats"]["failure_rate"] == 0.0
        assert found["bottleneck_messages"] == []
        assert {late.node_id, bad.node_id} == {each["node_id"] for each in both["slow_validators"]}
        # As events they have failed all the same.
        assert system.get("/api/analytics/failure-rates")["overall"]["failed_events"] == 2
