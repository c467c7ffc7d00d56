"""The gateway: its parts composed, started and stopped in order.

Start: registry, keys, shards, HTTP. It is ready once the socket accepts and every shard has
answered. Stop: accept no more, let running requests end, close the streams, disconnect from the
shards, write the registry. ``Gateway`` is the same in the forked process and in tests;
``process`` adds what belongs to a process.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping

from tart.access.roles import Role
from tart.alerting.figures.computations import Retention
from tart.background_tasks import Background
from tart.config.schema import Config
from tart.gateway.alerting.anomaly_figures import AnomalyFigures
from tart.gateway.alerting.anomaly_monitor import AnomalyMonitor
from tart.gateway.alerting.chain_figures import ChainFigures
from tart.gateway.alerting.failure_figures import FailureFigures
from tart.gateway.alerting.handlers import AlertHandlers
from tart.gateway.alerting.handlers import Handler as AlertHandler
from tart.gateway.alerting.measurements import Measurements
from tart.gateway.alerting.service import AlertService
from tart.gateway.alerting.sources import GatewaySource, ServerSource
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.routes.streams import websocket_filter
from tart.gateway.dispatch import Call, Dispatcher, Handler
from tart.gateway.fanout.chain import ChainProcess
from tart.gateway.fanout.failure_watch import FailureWatch
from tart.gateway.fanout.merge_thread import merge_seconds
from tart.gateway.fanout.node_refresher import NodeRefresher
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.node_resolver import NodeResolver
from tart.gateway.fanout.queries import QueryClient
from tart.gateway.fanout.shards import Shards
from tart.gateway.handlers import mcp
from tart.gateway.handlers.access import HANDLERS as ACCESS_HANDLERS
from tart.gateway.handlers.access import Handler as AccessHandler
from tart.gateway.handlers.failures import FailureHandlers
from tart.gateway.handlers.logins import LoginHandlers
from tart.gateway.handlers.network_metrics import NetworkMetricsHandler
from tart.gateway.handlers.sql import sql as answer_sql
from tart.gateway.handlers.status import StatusHandlers
from tart.gateway.handlers.table import HANDLERS
from tart.gateway.handlers.web_page import WebPage
from tart.gateway.handlers.windows import Handler as QueryHandler
from tart.gateway.http.auth import Authenticator
from tart.gateway.http.responses import Answer
from tart.gateway.http.sanic_adapter import upgrade
from tart.gateway.http.server import HttpServer
from tart.gateway.live.alert_feed import AlertFeed
from tart.gateway.live.sse import EventStreams
from tart.gateway.live.streams import Streams
from tart.gateway.live.summary import Summaries
from tart.gateway.live.websocket import PushIntervals, WebSocketClients
from tart.gateway.observability.gateway_metrics import GatewayCounts, gateway_metrics
from tart.gateway.observability.host_monitor import HostMonitor
from tart.gateway.tracing.exporter import TraceExporter
from tart.ipc.messages import CHAIN_SOCKET
from tart.query.core.query import Rendering

# Between the start and what is prepared ahead of the first request for it.
WARM_UP_SECONDS = 10.0


class Gateway:
    """All parts of the gateway.

    Args:
        count: How many shards there are.
        config: All settings; each part gets its own section.
        intervals: How often subscribers get figures.
        touch_up: Let Sanic rewrite its own source for speed, which works once in a process.
        restarted: Whether this gateway replaces one that ended.
    """

    def __init__(
        self,
        count: int,
        config: Config,
        intervals: PushIntervals | None = None,
        *,
        touch_up: bool = False,
        restarted: bool = False,
    ) -> None:
        self.config = config
        paths = [config.run_path / f"{index:02d}.sock" for index in range(count)]
        self.background = Background()
        self.shards = Shards(paths, self.background)
        self.registry = NodeRegistry(config.control_path, background=self.background)
        self.queries = QueryClient(self.shards, self.registry, config.api)
        self.queries.retention = config.aggregates
        self.chain_process = ChainProcess(
            config.run_path / CHAIN_SOCKET if config.rpc.urls else None, self.background
        )
        self.queries.chain_process = self.chain_process
        self.nodes = NodeResolver(self.queries)
        self.refresher = NodeRefresher(self.queries, self.registry, self.background)
        self.streams = Streams(self.shards)
        self.network_metrics = NetworkMetricsHandler(self.queries, restarted=restarted)
        intervals = intervals or PushIntervals()
        self.summaries = Summaries(
            self.queries, self.background, lambda: self.alert_feed.firing, intervals.summary
        )
        self.alert_feed = AlertFeed()
        self.websocket_clients = WebSocketClients(
            self.queries,
            self.streams,
            self.nodes,
            config.api,
            self.summaries,
            self.alert_feed,
            intervals,
        )
        self.anomalies = AnomalyMonitor(self.queries, self.background)
        self.event_streams = EventStreams(
            self.queries, self.streams, self.summaries, self.alert_feed, config.api
        )
        self.host = HostMonitor(self.background)
        server_source = ServerSource(self.queries, config, self.host.history)
        self.measurements = Measurements(
            GatewaySource(self.queries, self.summaries, server_source),
            self.background,
            retention=Retention.of_config(config.aggregates),
        )
        self.alerting = AlertService(
            config,
            self.measurements,
            self.alert_feed,
            self.background,
            self.shards.wait_all_welcomed,
        )
        self.authenticator = Authenticator(config.control_path, config.api, self.background)
        self.failure_watch = FailureWatch(
            self.queries, config.control_path, self.background, intervals.failures
        )
        FailureFigures(self.queries, self.failure_watch).add_to(self.measurements)
        AnomalyFigures(self.anomalies.detector).add_to(self.measurements)
        ChainFigures(self.queries).add_to(self.measurements)
        self.failure_groups = FailureHandlers(
            self.queries, self.failure_watch, self.authenticator.record
        )
        self.traces = TraceExporter(
            self.queries, config.traces, self.background, base_dir=config.base_dir
        )
        self.logins = LoginHandlers(self.authenticator, config.api)
        self.web_page = WebPage()
        self.dispatcher = Dispatcher(
            ROUTES, self._handlers(), self.authenticator, config.api, self.nodes, count
        )
        self.status = StatusHandlers(
            self.queries,
            config,
            self.background,
            live=self.streams,
            traffic=self.dispatcher.traffic,
            gateway_metrics=self._metrics,
            cache_outcomes=lambda: self.dispatcher.cache_outcomes,
            host=self.host.history,
            alerting=self.alerting.figures,
            traces=self.traces.report,
            restarted=restarted,
        )
        self.server = HttpServer(
            ROUTES,
            self.dispatcher.dispatch,
            config.api,
            deadline_seconds=config.api.deadline_seconds,
            count_refused=lambda status: self.dispatcher.traffic.add("other", status, 0.0),
            touch_up=touch_up,
        )

    async def start(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Accept on a bound socket; shards are connected to meanwhile."""
        await self.registry.start()
        await self.authenticator.start()
        self.shards.start(self.streams, self.registry)
        self.chain_process.start()
        self.refresher.start()
        self.alerting.start()
        self.anomalies.start()
        self.failure_watch.start()
        self.host.start()
        self.traces.start()
        await self.server.start(listening, tls)
        self._warming = asyncio.create_task(self._warm_up())

    async def stop(self) -> None:
        """Stop in order; requests that take too long are cut off."""
        self.shards.expect_disconnects()
        self.chain_process.expect_disconnect()
        self._warming.cancel()
        await self.server.drain()
        await self.refresher.stop()
        await self.alerting.stop()
        await self.anomalies.stop()
        await self.failure_watch.stop()
        await self.host.stop()
        await self.traces.stop()
        await self.websocket_clients.stop()
        await self.event_streams.stop()
        await self.summaries.stop()
        await self.dispatcher.stop()
        self.queries.sql_admission.close()
        await self.shards.stop()
        await self.chain_process.stop()
        await self.registry.stop()
        await self.authenticator.stop()
        self.server.close()

    async def _warm_up(self) -> None:
        """Prepare what the first request for it would wait for, once the start is over."""
        await asyncio.sleep(WARM_UP_SECONDS)
        await asyncio.to_thread(self.queries.sql_admission.start_template)

    def _handlers(self) -> Mapping[str, Handler]:
        """Bind the handler of each route to the part that it needs."""

        def query(handler: QueryHandler) -> Handler:
            return lambda call: handler(self.queries, call.values)

        def access(handler: AccessHandler) -> Handler:
            return lambda call: handler(self.authenticator, call.values, call.caller)

        def with_caller(handler: AlertHandler) -> Handler:
            return lambda call: handler(call.values, call.caller)

        caller_handlers = {
            **AlertHandlers(self.alerting, self.authenticator.record).table(),
            **self.failure_groups.table(),
        }
        return {
            **{name: with_caller(handler) for name, handler in caller_handlers.items()},
            **{name: query(handler) for name, handler in HANDLERS.items()},
            **{name: access(handler) for name, handler in ACCESS_HANDLERS.items()},
            "sql": lambda call: answer_sql(
                self.queries, call.values, call.caller.key or call.caller.address
            ),
            "health": lambda call: self.status.health(),
            "detailed_health": lambda call: self.status.detailed_health(),
            "metrics": lambda call: self.status.metrics(),
            "network_metrics": lambda call: self.network_metrics.answer(),
            "server": lambda call: self.status.server(is_admin=call.caller.role >= Role.ADMIN),
            "server_history": lambda call: self.status.server_history(call.values["duration"]),
            "server_log": lambda call: self.status.server_log(),
            "llms": lambda call: self.status.llms(),
            "mcp": self._answer_agent,
            "openapi": lambda call: self.status.openapi(),
            "openapi_below_docs": lambda call: self.status.openapi_below_docs(),
            "docs": lambda call: self.status.docs(),
            "login": lambda call: self.logins.log_in(
                call.values["body"], call.credentials, call.request.headers
            ),
            "logout": lambda call: self.logins.log_out(
                call.values["body"], call.credentials, call.request.headers
            ),
            "session": lambda call: self.logins.session(call.credentials),
            "web_page": lambda call: self.web_page.document(),
            "web_asset": lambda call: self.web_page.asset(call.values["file"]),
            "metrics_stream": lambda call: self.event_streams.serve_metrics(
                call.route, call.request
            ),
            "event_stream": lambda call: self.event_streams.serve_events(
                call.route, call.request, call.values
            ),
            "summary": lambda call: self.summaries.answer(call.values["since"]),
            "summary_stream": lambda call: self.event_streams.serve_summaries(
                call.route, call.request, call.values
            ),
            "anomalies": lambda call: self.anomalies.answer(
                call.values["limit"], call.values["node"]
            ),
            "alert_stream": lambda call: self.event_streams.serve_alerts(call.route, call.request),
            "websocket": self._serve_websocket,
        }

    async def _answer_agent(self, call: Call) -> Answer:
        return await mcp.answer(
            call.values["body"],
            call.request.headers,
            call.caller.role,
            lambda called: self.dispatcher.call_route(call, called),
        )

    async def _serve_websocket(self, call: Call) -> None:
        # Before the upgrade, so that an error still has its status.
        initial = websocket_filter(call.values)
        rendering = Rendering(call.values["bytes"], call.values["int64"])
        await upgrade(
            self.server.app,
            call.request,
            lambda socket: self.websocket_clients.serve(socket, initial, rendering),
        )

    def _metrics(self) -> dict[str, tuple[float, str]]:
        live = self.streams.statistics()
        failures = self.failure_watch.report
        counts = GatewayCounts(
            uptime_seconds=self.status.uptime_seconds,
            subscribers=len(self.streams.subscribers),
            queued_events=live["events_in_buffer"],
            lagged_events=live["dropped_events"],
            stalled=self.websocket_clients.stalled + self.event_streams.stalled,
            rejected_queries=sum(shard.statistics.refused for shard in self.shards.every),
            cache_bytes=self.dispatcher.cache_bytes,
            keys=len(self.authenticator),
            denied=self.authenticator.denied.total(),
            logins=self.authenticator.logins,
            logins_evicted=self.authenticator.logins_evicted,
            audit_dropped=self.authenticator.audit_dropped,
            nodes=len(self.registry),
            registry_failures=self.registry.failures,
            sql_statements=self.queries.sql_admission.admitted,
            sql_refused=self.queries.sql_admission.refused,
            sql_killed=self.queries.sql_admission.killed,
            summary_readers=self.summaries.readers,
            summary_states=self.summaries.states,
            summary_skipped=self.summaries.skipped,
            failure_groups=failures.groups,
            failure_groups_evicted=failures.evicted,
            failure_scans_cut=failures.cut,
            merge_seconds=merge_seconds(),
        )
        return {
            **gateway_metrics(counts),
            **self.server.connections.metrics(),
            **self.traces.metrics(),
        }
