"""Queries for one message byte by byte.

Pure. A message is a frame of an event, decodable or not, or the first message of a connection. The
answer is ``query.answers.messages.MessageFields`` as JSON.
"""

from __future__ import annotations

from typing import Any

from tart.query.core.query import Partials, Query

Json = dict[str, Any]


class Message(Query[Json | None, Json | None], frozen=True):
    """The message of an API id; ``None`` if it is not stored.

    Attributes:
        limit: Events in ``referred_to_by``.
    """

    name = "message"
    source = "log"
    id: int
    limit: int = 50

    def merge(self, partials: Partials[Json | None]) -> Json | None:
        """Return the answer of the shard that has the message."""
        return next((value for _, value in partials if value is not None), None)


class FirstMessage(Query[Json | None, Json | None], frozen=True):
    """The first message of a session; ``None`` if it is not stored."""

    name = "first_message"
    source = "rows"
    session: int

    def merge(self, partials: Partials[Json | None]) -> Json | None:
        """Return the answer of the shard that has the session."""
        return next((value for _, value in partials if value is not None), None)
