"""Processes that evaluate alerts until they are killed; see ``tests/e2e/test_alert_kills.py``.

Nodes go and come back at random. Messages are delivered by printing their ids, and recorded after
that. Each process kills itself before a statement of SQLite, so that kills hit every place of a
transaction; the next one goes on with the file.
"""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

from tart.alert_store import AlertStore
from tart.alerting.engine.model import Measurement
from tart.alerting.rules.model import Channel, FigureCondition, Rule, RuleFile
from tart.gateway.alerting.evaluator import Evaluator, Timing

NODES = [(("node", f"{number}"),) for number in range(4)]
RULE = Rule(
    "NodeSilent",
    FigureCondition("node_silent_seconds", by="node", above=60),
    scope="member",
    channels=("a", "b"),
)
FILE = RuleFile(
    rules=(RULE,),
    channels=(Channel("a", "webhook"), Channel("b", "webhook")),
    group_wait_us=0,
    group_interval_us=0,
)


async def ready():
    """There is nothing to wait for."""


async def evaluate(path, seed, statements):
    """Evaluate until so many statements were executed; then end as by ``kill -9``."""
    chance = random.Random(seed)
    left = statements

    def count(statement):
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def measure(conditions, at_us):
        values = {labels: chance.choice([1.0, 61.0]) for labels in NODES}
        return {RULE.condition: Measurement(values)}

    store = AlertStore(path)
    await store.use(lambda database: database.set_trace_callback(count))
    evaluator = Evaluator(
        store, measure, lambda outcome: None, ready, Timing(lag_seconds=0), now_us=time_us
    )
    evaluator.file = FILE
    while True:
        await evaluator.turn()
        for delivery in (await store.outbox(1 << 62)).due:
            os.write(1, f"{delivery.notification.id}\n".encode())
            await store.record_attempt(delivery.notification.id, "delivered", time_us())


def time_us():
    """Unix microseconds."""
    return time.time_ns() // 1000


def main(path, kills, seed):
    """Start so many processes, one after the other."""
    chance = random.Random(seed)
    for number in range(kills):
        statements = chance.randrange(1, 150)
        if (pid := os.fork()) == 0:
            asyncio.run(evaluate(path, number, statements))
        _, status = os.waitpid(pid, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
