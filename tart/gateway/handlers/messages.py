"""Handlers of messages byte by byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.errors import NotFound, ShardUnavailable
from tart.gateway.fanout.queries import Coverage, QueryClient
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer
from tart.query.shard_queries.messages import FirstMessage, Message


async def event_fields(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/events/{id}/fields``."""
    answer = await queries.ask(Message(values["id"], values["limit"]))
    return _answer(*answer, f"event {values['id']}", "id")


async def session_fields(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/sessions/{session}/fields``."""
    answer = await queries.ask(FirstMessage(values["session"]))
    return _answer(*answer, f"the first message of session {values['session']}", "session")


def _answer(message: dict[str, Any] | None, seen: Coverage, name: str, parameter: str) -> Answer:
    """Return the answer of the one shard that has a message."""
    if message is None:
        if len(seen.shards) != seen.total:
            raise ShardUnavailable(f"no shard that answered has {name}, and not all did")
        raise NotFound(f"{name} not found (never received or expired)", parameter)
    # The answer of one shard is complete.
    return Answer(message, Coverage(frozenset(range(seen.total)), seen.total))


MESSAGE_HANDLERS: Mapping[str, Handler] = {
    "event_fields": event_fields,
    "session_fields": session_fields,
}
