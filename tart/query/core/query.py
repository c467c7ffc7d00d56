"""The base of all queries that shards answer.

Pure. A query is declared once, as a class in ``query.shard_queries``. Its members are the
parameters, its type arguments are one shard's answer and the merged answer, and ``merge``
makes the second of the first:

- The gateway sends an instance to every shard by ``name`` (``ipc.messages.RunQuery``),
  decodes each answer as the first type argument, and merges the answers.
- A shard decodes the parameters, calls the function that it registered for the class, and
  encodes what it returns.

So a new query is written in two places: its class, and the shard's function.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import (
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    get_origin,
)

import msgspec
from msgspec import Raw, Struct

from tart.query.core.windows import Window

A = TypeVar("A")
R = TypeVar("R")
# One shard's answer with the number of that shard.
Partials: TypeAlias = Sequence[tuple[int, A]]
# How an answer writes byte strings: as hex text, or as lists of integers.
ByteEncoding: TypeAlias = Literal["hex", "array"]
Source: TypeAlias = Literal["memory", "aggregates", "rows", "log", "slow"]


class Attached(NamedTuple, Generic[A]):
    """A shard's answer whose largest part is bytes that neither side parses on the way."""

    value: A
    data: bytes


class Query(Struct, Generic[A, R], frozen=True, forbid_unknown_fields=True):
    """A query with its parameters.

    Attributes:
        name: on the Unix socket, in logs and as a label of metrics.
        source: what answers it, and so what it costs. ``memory`` is answered on the event loop
            from the shard's state; the others on a thread, within the deadline:
            ``aggregates`` from counts (``aggregate.core.tables``), ``rows`` from a bounded
            number of committed rows by their place, ``log`` from a search of the whole event
            log, ``slow`` from such a search on a thread of its own, one query at a time.
            Where many queries wait, they run in this order.
        tables: of the aggregates, those that are read.
    """

    name: ClassVar[str]
    source: ClassVar[Source]
    tables: ClassVar[tuple[str, ...]] = ()

    def merge(self, partials: Partials[A]) -> R:
        """Merge the answers of several shards; queries to a single shard have no merge."""
        raise NotImplementedError

    def tables_read(self) -> tuple[str, ...]:
        """Return the tables of the aggregates that the answer is from."""
        return self.tables

    def window_on(self, shard: int) -> Window:
        """Return the window of ``received_at`` outside of which no row belongs to the answer."""
        return Window()


def decode_partial(query: Query[A, R], value: Raw, attachment: bytes) -> A:
    """Return one shard's answer to a query.

    Raises:
        msgspec.ValidationError: it is not of the type that the query declares.
    """
    decoder, attached = _partial_decoder(type(query))
    found = decoder.decode(value)
    return cast(A, Attached(found, attachment) if attached else found)


@cache
def _partial_decoder(query: type[Query[Any, Any]]) -> tuple[msgspec.json.Decoder[Any], bool]:
    """Return the decoder of answers to a query, and whether they have an attachment."""
    bases: tuple[Any, ...] = query.__orig_bases__  # type: ignore[attr-defined]
    partial, _ = get_args(bases[0])
    if get_origin(partial) is Attached:
        return msgspec.json.Decoder(*get_args(partial)), True
    return msgspec.json.Decoder(partial), False
