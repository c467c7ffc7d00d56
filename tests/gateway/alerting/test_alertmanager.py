"""Delivery to the real Alertmanager: it shows, groups and ends the alerts."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tart.alert_store import AlertStore
from tart.alerting.engine.model import AlertView, State
from tart.alerting.messages.alertmanager import render_push
from tart.alerting.messages.webhook import payload
from tart.alerting.rules.model import Channel, Secret
from tart.background_tasks import Background
from tart.gateway.alerting.delivery import Delivery
from tart.gateway.fanout.queries import now_us
from tests.alerting.messages.examples import CONTEXT, HOSTILE, channel, notification, view
from tests.alerting.messages.schemas import WEBHOOK, validate
from tests.gateway.alerting.hostile_receiver import HostileReceiver
from tests.gateway.alerting.test_delivery import wait_for
from tests.running import free_port
from tests.running import wait_for as wait_until

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 1ms
  group_interval: 100ms
receivers:
  - name: hook
    webhook_configs:
      - url: {url}
"""
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="needs prometheus-alertmanager"),
    pytest.mark.slow,
]


@contextmanager
def running_alertmanager(directory: Path, receiver: str) -> Iterator[httpx.Client]:
    """Alertmanager with its data in a directory, sending to a receiver."""
    assert PROGRAM is not None
    directory.mkdir(exist_ok=True)
    (directory / "alertmanager.yml").write_text(CONFIG.format(url=receiver))
    port = free_port()
    arguments = {
        "config.file": directory / "alertmanager.yml",
        "storage.path": directory / "data",
        "web.listen-address": f"127.0.0.1:{port}",
        "cluster.listen-address": "",
    }
    command = [PROGRAM, *(f"--{name}={value}" for name, value in arguments.items())]
    with (
        (directory / "log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        try:
            wait_until(lambda: is_ready(client), "Alertmanager")
            yield client
        finally:
            process.terminate()


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False


def shown(client: httpx.Client) -> dict[str, Any]:
    """What Alertmanager shows as active, by node."""
    alerts = client.get("/api/v2/alerts").json()
    return {alert["labels"]["node"]: alert for alert in alerts}


def now_view(index: int, **arguments: Any) -> AlertView:
    """An alert of this moment: Alertmanager compares its times with its clock."""
    made = view(index, **arguments)
    return replace(
        made,
        alert=replace(
            made.alert,
            fired_us=now_us() - 60_000_000,
            resolved_us=now_us() if made.alert.state is State.RESOLVED else None,
        ),
    )


@pytest.mark.anyio
async def test_alertmanager_shows_groups_and_ends_alerts_also_after_a_restart_of_tart(tmp_path):
    store = AlertStore(tmp_path / "control.sqlite")
    firing: list[AlertView] = [now_view(index, node=f"node-{index}") for index in range(40)]

    def start(client: httpx.Client) -> Delivery:
        url = str(client.base_url)
        made = Channel("ops", "alertmanager", {}, {"url": Secret("value", url)})
        delivery = Delivery(store, Background(), firing=lambda name: firing)
        delivery.configure([made], "https://tart.example.org")
        return delivery

    with (
        HostileReceiver() as receiver,
        running_alertmanager(tmp_path / "am", receiver.url) as client,
    ):
        # A message lists ten, but all are pushed.
        message = notification(*firing[:10], truncated=30, created_us=now_us())
        await store.enqueue(message)
        delivery = start(client)
        await wait_for(lambda: len(shown(client)) == 40)
        alert = shown(client)["node-1"]
        assert alert["status"]["state"] == "active"
        assert alert["generatorURL"] == "https://tart.example.org/#/nodes/node-1"
        assert alert["annotations"]["summary"].startswith("Node node-1")
        (group,) = client.get("/api/v2/alerts/groups").json()
        assert group["labels"] == {"alertname": "NodeSilent"}
        await wait_for(lambda: delivery.reports()["ops"].delivered >= 2)
        await wait_for(lambda: receiver.received)
        # The form of webhooks is Alertmanager's own.
        form = validate(receiver.received[0].body, WEBHOOK)
        ours = payload(message, channel("webhook"), CONTEXT)
        assert ours.keys() - form.keys() == {"title", "state", "message"}
        assert ours["alerts"][0].keys() == form["alerts"][0].keys()
        assert form["alerts"][0]["endsAt"] == ours["alerts"][0]["endsAt"]

        # Another process continues: the alerts are the same ones, none is new.
        await delivery.stop()
        starts = {node: each["startsAt"] for node, each in shown(client).items()}
        delivery = start(client)
        await wait_for(lambda: delivery.reports()["ops"].delivered)
        assert {node: each["startsAt"] for node, each in shown(client).items()} == starts

        firing[:] = firing[:1]
        delivery.wake()
        await wait_for(lambda: set(shown(client)) == {"node-0"})
        await wait_for(
            lambda: any(
                each["status"] == "resolved"
                for request in receiver.received
                for each in request.json()["alerts"]
            )
        )
        # The end of the last one comes as a message.
        await store.enqueue(
            notification(
                now_view(0, node="node-0", state=State.RESOLVED), id="msg_2", created_us=now_us()
            )
        )
        firing.clear()
        delivery.wake()
        await wait_for(lambda: not shown(client))
        while await store.queued_channels():  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0.01)
        await delivery.stop()
        states = {row.notification.id: row.state for row in await store.deliveries(10)}
        assert states == {"msg_0001": "delivered", "msg_2": "delivered"}
    await store.close()


@pytest.mark.anyio
async def test_texts_of_nodes_are_accepted_as_they_are(tmp_path):
    from tests.alerting.messages.examples import CONTEXT, channel

    views = [now_view(index, text=text, node=text) for index, text in enumerate(HOSTILE)]
    with running_alertmanager(tmp_path / "am", "http://127.0.0.1:1/") as client:
        request = render_push(views, channel("alertmanager"), {"url": "http://x"}, CONTEXT)
        answer = await asyncio.to_thread(
            client.post, "/api/v2/alerts", content=request.body, headers=dict(request.headers)
        )
        assert answer.status_code == 200, answer.text
