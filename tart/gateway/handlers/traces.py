"""Handlers of ``api.routes.traces``: single traces in OpenTelemetry's JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tart.errors import NotFound
from tart.gateway.fanout.queries import QueryClient
from tart.gateway.fanout.trace_queries import block_input, package_input
from tart.gateway.handlers.packages import requested_rows
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer
from tart.tracing.otlp import encode
from tart.tracing.spans import Trace


async def package_trace(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages/{hash}/trace.otlp.json``."""
    requested = await requested_rows(queries, values)
    if isinstance(requested, Answer):
        return requested
    rows, seen = requested
    trace = await package_input(queries, rows, seen)
    return Answer(_encoder(trace.build), trace.coverage)


async def block_trace(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/blocks/{hash}/trace.otlp.json``.

    Raises:
        NotFound: No node told of the block, or that was too long ago.
    """
    digest = values["hash"].removeprefix("0x")
    trace = await block_input(queries, bytes.fromhex(digest), {"hash": [digest]})
    if trace is None:
        raise NotFound(f"no block is known by {digest}", "hash")
    return Answer(_encoder(trace.build), trace.coverage)


def _encoder(build: Callable[[], Trace]) -> Callable[[], bytes]:
    """Return the function that builds and encodes a trace.

    The body is bytes, to which nothing is added: receivers refuse members that OTLP does not know.
    The root names shards that did not answer, as the headers do.
    """
    return lambda: encode(build())


TRACE_HANDLERS: Mapping[str, Handler] = {
    "package_trace": package_trace,
    "block_trace": block_trace,
}
