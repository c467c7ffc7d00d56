"""The source of measurements, over shards without sockets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from tart.alerting.rules.model import FigureCondition, SqlCondition
from tart.background_tasks import Background
from tart.backup_record import write_backup_record
from tart.config.schema import ApiConfig, Config
from tart.gateway.alerting import sources
from tart.gateway.alerting.measurements import Measurements
from tart.gateway.alerting.sources import GatewaySource, ServerSource
from tart.gateway.live.summary import Summaries
from tart.gateway.observability.host_stats import memory
from tart.gateway.observability.host_usage import HostHistory, HostSample
from tart.offline.server import offline_server
from tart.query.shard_queries.aggregates import AggregateSum
from tart.units import SECOND_US
from tests.access.test_certificates import issue
from tests.offline.playing import PlayedNetwork, network

CONNECTED = FigureCondition("nodes_connected", above=0)


def test_the_state_of_a_server_is_read_from_its_shards_and_files(tmp_path):
    config = Config(base_dir=tmp_path, api=ApiConfig(tls_certificate="tls.pem", tls_key="tls.pem"))
    config.data_path.mkdir()
    ends = datetime(2060, 1, 1, tzinfo=UTC)
    certificate = issue(datetime(2020, 1, 1, tzinfo=UTC), ends)
    (tmp_path / "tls.pem").write_bytes(certificate.private_key_and_cert_chain_pem.bytes())
    write_backup_record(config.data_path, 7 * SECOND_US, tmp_path)

    async def run():
        _, start_us = network()
        async with offline_server(start_us, shards=2) as server:
            server.set_up(1, is_up=False)
            return await ServerSource(server.queries, config, HostHistory()).state()

    state = asyncio.run(run())
    assert (state.shards, set(state.statistics), state.backup_us) == (2, {0}, 7 * SECOND_US)
    assert state.certificate_ends_us == int(ends.timestamp()) * SECOND_US
    assert state.disk[0] <= state.disk[1]
    assert state.memory[0] <= state.memory[1]
    assert (state.descriptors, state.full_in_hours) == (None, None)


def test_the_memory_is_that_of_the_service_where_it_has_less():
    host = HostSample(0, 0.0, 1, {}, (0.0, 0.0, 0.0), 100, 50, 0)
    assert sources._scarcest_memory(host) == memory()
    limited = replace(host, memory_budget=(1000, 1100))
    assert sources._scarcest_memory(limited) == (0, 1000)


def test_measurements_of_shards_without_sockets():
    made, start_us = network()

    async def run():
        async with offline_server(start_us, shards=2, keeps_events=True) as server:
            summaries = Summaries(server.queries, Background(), clock=server.clock)
            source = GatewaySource(server.queries, summaries)
            played = PlayedNetwork(server, made, nodes=3)
            played.play(30)
            await server.settle()
            statement = SqlCondition("SELECT event_name, count(*) AS value FROM events GROUP BY 1")
            wrong = SqlCondition("SELECT nothing FROM events")
            measurements = Measurements(
                source, Background(), budget_seconds=60.0, query_seconds=60.0
            )
            measured = await measurements.measure([CONNECTED, statement, wrong], server.now_us)
            assert measured[CONNECTED].values == {(): 3.0}
            assert sum(measured[statement].values.values()) == played.events
            assert "nothing" in measured[wrong].error
            answered = await source.ask(AggregateSum("counts"), 5.0)
            assert answered.is_complete
            server.set_up(0, is_up=False)
            assert not (await source.ask(AggregateSum("counts"), 5.0)).is_complete
            assert await source.server() is None
            server.queries.sql_admission.close()

    asyncio.run(run())
