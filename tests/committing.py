"""A process that evaluates alerts as fast as it can until it is killed; see ``test_alert_kills``.

Nodes go and come back in an order that the number of stored transitions decides, so a process that
is started again goes on where the last one was killed. Each turn's messages are delivered by
printing their ids, and recorded after that.
"""

import asyncio
import random
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


async def main(path, seed):
    chance = random.Random(seed)

    async def measure(conditions, at_us):
        values = {labels: chance.choice([1.0, 61.0]) for labels in NODES}
        return {RULE.condition: Measurement(values)}

    store = AlertStore(path)
    evaluator = Evaluator(
        store, measure, lambda outcome: None, ready, Timing(lag_seconds=0), now_us=time_us
    )
    evaluator.file = FILE
    while True:
        await evaluator.turn()
        for delivery in (await store.outbox(1 << 62)).due:
            sys.stdout.write(f"{delivery.notification.id}\n")
            sys.stdout.flush()
            await store.record_attempt(delivery.notification.id, "delivered", time_us())


def time_us():
    """Unix microseconds."""
    return time.time_ns() // 1000


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
