"""The base of all queries that shards answer.

Pure. A query is declared once, as a class in ``query.shard_queries``. Its members are the
parameters, its type arguments are the types of one shard's answer and of the merged answer, and
``merge`` merges the shards' answers:

- The gateway sends an instance to every shard by ``name`` (``ipc.messages.RunQuery``),
  decodes each answer as the first type argument, and merges the answers.
- A shard decodes the parameters, calls the function that is registered for the class
  (``shard.queries.handlers``), and encodes its result.

A new query is written in two places: its class, and the shard's function.
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

from tart.query.answers.int64 import IntegerEncoding
from tart.query.core.windows import Window

A = TypeVar("A")
R = TypeVar("R")
# One shard's answer with the number of that shard.
Partials: TypeAlias = Sequence[tuple[int, A]]
# The form of byte strings in an answer: hex text, or lists of integers.
ByteEncoding: TypeAlias = Literal["hex", "array"]


class Rendering(NamedTuple):
    """The form of values in live events and exports."""

    bytes: ByteEncoding
    int64: IntegerEncoding


Source: TypeAlias = Literal["memory", "aggregates", "rows", "log", "slow"]


class Attached(NamedTuple, Generic[A]):
    """A shard's answer with bytes that are not parsed on the way."""

    value: A
    data: bytes


class Query(Struct, Generic[A, R], frozen=True, forbid_unknown_fields=True):
    """A query with its parameters.

    Attributes:
        name: On the Unix socket, in the server log and as a label of metrics.
        source: The data that answers it, which determines its cost. ``memory`` is answered on
            the event loop from the shard's state; the others on a thread, within the deadline:
            ``aggregates`` from counts (``aggregate.core.tables``), ``rows`` from a bounded
            number of committed rows by their place, ``log`` from a search of the whole event
            log, ``slow`` from such a search on a thread of its own, one query at a time.
            Waiting queries run in this order.
        tables: The tables of the aggregates that are read.
    """

    name: ClassVar[str]
    source: ClassVar[Source]
    tables: ClassVar[tuple[str, ...]] = ()

    def merge(self, partials: Partials[A]) -> R:
        """Merge the answers of several shards; queries to a single shard have no merge."""
        raise NotImplementedError

    def tables_read(self) -> tuple[str, ...]:
        """Return the tables of the aggregates that the query reads."""
        return self.tables

    def window_on(self, shard: int) -> Window:
        """Return the window of ``received_at`` that contains all rows of the answer."""
        return Window()


def decode_partial(query: Query[A, R], value: Raw, attachment: bytes) -> A:
    """Return one shard's answer to a query.

    Raises:
        msgspec.ValidationError: the answer is not of the type that the query declares.
    """
    decoder, attached = _partial_decoder(type(query))
    answer = decoder.decode(value)
    return cast(A, Attached(answer, attachment) if attached else answer)


@cache
def _partial_decoder(query: type[Query[Any, Any]]) -> tuple[msgspec.json.Decoder[Any], bool]:
    """Return the decoder of answers to a query, and whether they have an attachment."""
    bases: tuple[Any, ...] = query.__orig_bases__  # type: ignore[attr-defined]
    partial = get_args(bases[0])[0]  # a query of the chain has no other
    if get_origin(partial) is Attached:
        return msgspec.json.Decoder(*get_args(partial)), True
    return msgspec.json.Decoder(partial), False
