"""Decisions of the exporter: which packages or blocks have ended, and which of them are exported.

Pure. One that failed is exported always, of the others one in a number, by its hash: each start of
the gateway decides alike. Each is exported once; one that was left out is looked at again if there
is news of it, since it may have failed since.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal, NamedTuple

from tart.query.core.windows import Window
from tart.query.shard_queries.ended_pipelines import (
    EndedPipeline,
    EndedPipelines,
    EndedPipelineSet,
)
from tart.tracing.span_ids import attempt_key
from tart.units import MINUTE_US

Kind = Literal["packages", "blocks"]
KINDS: tuple[Kind, ...] = ("packages", "blocks")
# A start exports again what ended in this time before it.
RESUME_US = 10 * MINUTE_US
# A shard that is behind counts events this much later than it receives them.
OVERLAP_US = 2 * MINUTE_US
# No pipeline is followed for longer (``aggregate.references.tracker.FOLLOW_SECONDS``).
_FOLLOWED_US = 11 * MINUTE_US
_MAX_ROWS = 50_000
# Those that were decided on; a full network has 60 packages a second.
MAX_DECIDED = 100_000
_MARGIN_US = MINUTE_US


class Candidate(NamedTuple):
    """A package or a block that is to be exported."""

    kind: Kind
    pipeline: EndedPipeline

    @property
    def reference(self) -> bytes:
        """The bytes that the id of its trace is made of."""
        return reference_of(self.pipeline)

    @property
    def window(self) -> Window:
        """The time in which its rows began."""
        return Window(self.pipeline.first_at - _MARGIN_US, self.pipeline.last_at + _MARGIN_US)


class _Decision(NamedTuple):
    is_exported: bool
    last_at: int


def reference_of(pipeline: EndedPipeline) -> bytes:
    """Return the hash, or the key of an attempt without one."""
    if pipeline.hash is not None:
        return bytes.fromhex(pipeline.hash)
    return attempt_key(pipeline.node, pipeline.api_session, pipeline.root)


def is_sampled(reference: bytes, one_in: int) -> bool:
    """Return whether what did not fail is exported: one in a number, none if that is 0."""
    if one_in == 0:
        return False
    return int.from_bytes(blake2b(reference, digest_size=8).digest(), "big") % one_in == 0


@dataclass
class ExportPlan:
    """The progress with packages, or with blocks.

    Attributes:
        kind: Which of both.
        one_in: See ``is_sampled``.
        quiet_us: Time without news after which one has ended.
        covered_us: All that ended before this time were decided on, Unix microseconds.
    """

    kind: Kind
    one_in: int
    quiet_us: int
    covered_us: int
    max_decided: int = MAX_DECIDED
    _decided: OrderedDict[bytes, _Decision] = field(default_factory=OrderedDict)
    _overlap_us: int = OVERLAP_US

    def query(self) -> EndedPipelines:
        """Return the query for the next turn."""
        since = self.covered_us - self._overlap_us
        return EndedPipelines(
            self.kind, since_us=since, started_us=since - _FOLLOWED_US, limit=_MAX_ROWS
        )

    def undecided(self, answer: EndedPipelineSet, now_us: int) -> list[EndedPipeline]:
        """Return those that have ended, and were not decided on since their last event."""
        ended = []
        for pipeline in answer.pipelines:
            known = self._decided.get(reference_of(pipeline))
            is_news = known is None or (not known.is_exported and known.last_at != pipeline.last_at)
            if is_news and pipeline.last_at < now_us - self.quiet_us:
                ended.append(pipeline)
        return ended

    def is_sampled(self, pipeline: EndedPipeline) -> bool:
        """Return whether one is exported even if it did not fail."""
        return is_sampled(reference_of(pipeline), self.one_in)

    def decide(
        self, pipelines: Iterable[EndedPipeline], failed: Container[bytes]
    ) -> list[Candidate]:
        """Return those that are exported, failures first.

        Args:
            pipelines: Of ``undecided``.
            failed: The references of those that failed.
        """
        chosen = []
        for pipeline in pipelines:
            reference = reference_of(pipeline)
            has_failed = reference in failed
            is_exported = has_failed or is_sampled(reference, self.one_in)
            self._decided[reference] = _Decision(is_exported, pipeline.last_at)
            self._decided.move_to_end(reference)
            if is_exported:
                chosen.append((not has_failed, Candidate(self.kind, pipeline)))
        while len(self._decided) > self.max_decided:
            self._decided.popitem(last=False)
        return [candidate for _, candidate in sorted(chosen, key=lambda each: each[0])]

    def advance(self, answer: EndedPipelineSet, now_us: int) -> None:
        """Record that all of an answer that have ended were decided on."""
        reached, until = now_us - self.quiet_us, answer.until_us
        # If those of the overlap fill an answer, the next one begins behind them.
        self._overlap_us = OVERLAP_US if until is None or until > self.covered_us else 0
        self.covered_us = max(self.covered_us, reached if until is None else min(reached, until))
