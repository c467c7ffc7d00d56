"""The failure watch: finds new and regressed failure groups, and holds the states of all groups.

Every few seconds it reads the failures that arrived since the last scan, from the aggregates. A
failure whose group is not known begins a new one; a failure of a resolved group that arrived after
the resolution makes it regressed. All groups are in memory, and in ``control.sqlite``, so that
first seen and state outlive the aggregates. The groups that are there when the first gateway of a
data directory starts are old ones.

At most ``MAX_GROUPS`` are stored; ``failure_states.groups_to_evict`` decides which go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from tart.background_tasks import Background
from tart.errors import (
    Busy,
    NotFound,
    QueryTimeout,
    ShardUnavailable,
    StorageError,
    TartError,
)
from tart.failure_store import ScanProgress, open_failure_store
from tart.gateway.fanout.failure_rows import MAX_ROWS, failure_rows
from tart.gateway.fanout.queries import Coverage, QueryClient, now_us
from tart.query.core import failure_states
from tart.query.core.cursor import Cursor
from tart.query.core.failure_states import FailureGroup, FailureState
from tart.query.core.failure_templates import failure_fingerprint, failure_template
from tart.query.core.filters import Selection
from tart.query.core.merge import Json
from tart.query.core.windows import Window, time_us
from tart.units import MINUTE_US, SECOND_US

log = logging.getLogger(__name__)

# Failures are counted a second after they arrive at the latest; a shard that is behind has longer.
OVERLAP_US = 2 * MINUTE_US
# Groups whose first event is looked up in one scan, and the events that are read for each.
MAX_LOOKUPS = 20
LOOKUP_EVENTS = 500
# A group that is seen all the time is written this often.
_WRITE_US = 60 * SECOND_US

# A group that is unknown is looked for this long after a scan: requests cost no scan each.
FOUND_US = SECOND_US // 2
# The next scan covers the same time.
_NO_ANSWER = (Busy, QueryTimeout, ShardUnavailable)

T = TypeVar("T")


class Sighting(NamedTuple):
    """The failures of one group in a scan; times are Unix microseconds of arrival."""

    event_type: int
    template: str
    first_at: int
    last_at: int


@dataclass(frozen=True)
class ScanReport:
    """The state of the watch.

    Attributes:
        scanned_at: When the last scan ended, Unix microseconds; ``None`` before the first.
        is_complete: Whether all shards answered it.
        groups: Number of stored groups.
        evicted: Number of groups that were deleted because there were too many.
        cut: Scans in which there were more groups than one answer takes.
        problem: Why the groups cannot be stored; ``None`` if they can.
    """

    scanned_at: int | None
    is_complete: bool
    groups: int
    evicted: int
    cut: int
    problem: str | None


class FailureWatch:
    """All failure groups.

    Args:
        path: Of ``control.sqlite``.
        interval_seconds: The time between two scans.
    """

    def __init__(
        self,
        queries: QueryClient,
        path: Path,
        background: Background,
        interval_seconds: float,
    ) -> None:
        self._queries = queries
        self._path = path
        self._background = background
        self._interval_seconds = interval_seconds
        self._groups: dict[str, FailureGroup] = {}
        # As they are in the file.
        self._stored: dict[str, FailureGroup] = {}
        self._progress: ScanProgress | None = None
        self._is_loaded = False
        self._lock = asyncio.Lock()
        # How many groups' events the scan may still look up.
        self._lookups = 0
        self._scanned_at: int | None = None
        self._is_complete = False
        self._cut = 0
        self._problem: str | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def groups(self) -> Mapping[str, FailureGroup]:
        """All groups by fingerprint."""
        return self._groups

    @property
    def report(self) -> ScanReport:
        """The state of the watch."""
        return ScanReport(
            scanned_at=self._scanned_at,
            is_complete=self._is_complete,
            groups=len(self._groups),
            evicted=0 if self._progress is None else self._progress.evicted,
            cut=self._cut,
            problem=self._problem,
        )

    def start(self) -> None:
        """Start to scan."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop scanning, and store when groups were seen last."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with self._background.guard("failure_groups"), suppress(StorageError):
            async with self._lock:
                await self._store(0)

    async def find(self, fingerprint: str) -> FailureGroup | None:
        """Return a group, also if it has failed only since the last scan; ``None`` if unknown."""
        is_due = self._scanned_at is None or now_us() - self._scanned_at > FOUND_US
        if fingerprint not in self._groups and is_due:
            with suppress(TartError):
                await self.scan()
        return self._groups.get(fingerprint)

    async def set_state(
        self,
        fingerprint: str,
        state: FailureState,
        *,
        changed_by: str | None,
        comment: str,
        version: str | None = None,
    ) -> FailureGroup:
        """Set the state of a group, and store it.

        Raises:
            NotFound: There is no such group.
            StorageError: It cannot be stored; the state is as before.
        """
        await self.find(fingerprint)
        async with self._lock:
            await self._load()
            group = self._groups.get(fingerprint)
            if group is None:
                raise NotFound(f"no failure group has the fingerprint {fingerprint}", "fingerprint")
            changed = failure_states.set_state(
                group,
                state,
                now_us=now_us(),
                changed_by=changed_by,
                comment=comment,
                version=version,
            )
            self._groups[fingerprint] = changed
            try:
                await self._store(_WRITE_US)
            except StorageError:
                self._groups[fingerprint] = group
                raise
            return changed

    async def scan(self) -> None:
        """Find new and regressed groups among the failures since the last scan.

        Raises:
            TartError: No shard answered, or the groups cannot be stored; the next scan covers the
                same time.
        """
        async with self._lock:
            await self._load()
            now = now_us()
            progress = self._progress or ScanProgress(began_at=now)
            sightings, coverage = await self._sightings(progress.covered_until)
            # The groups of the first scan were there before it.
            self._lookups = MAX_LOOKUPS if self._progress else 0
            nodes = await self._first_nodes(sightings, progress.covered_until)
            for fingerprint, sighting in sightings.items():
                known = self._groups.get(fingerprint)
                if known is None:
                    group = await self._begin(fingerprint, sighting, progress)
                    group = replace(
                        group, first_node=group.first_node or nodes.get(fingerprint, "")
                    )
                else:
                    group = await self._see_again(known, sighting)
                self._groups[fingerprint] = group
            removed = self._evict()
            is_complete = len(coverage.shards) == coverage.total
            self._progress = progress._replace(
                evicted=progress.evicted + removed,
                covered_until=now - OVERLAP_US if is_complete else progress.covered_until,
            )
            self._scanned_at, self._is_complete = now, is_complete
            await self._store(_WRITE_US)

    async def _run(self) -> None:
        await self._queries.shards.wait_any_welcomed()
        while True:
            with self._background.guard("failure_groups"), suppress(*_NO_ANSWER):
                await self.scan()
            await asyncio.sleep(self._interval_seconds)

    async def _sightings(self, since_us: int | None) -> tuple[dict[str, Sighting], Coverage]:
        """Return the failures since a time, or all that are stored, by fingerprint."""
        rows, coverage = await failure_rows(self._queries, _since(since_us), [])
        self._cut += len(rows) >= MAX_ROWS
        return {
            failure_fingerprint(row["type"], row["template"]): Sighting(
                row["type"], row["template"], row["first_at"], row["last_at"]
            )
            for row in rows
        }, coverage

    async def _first_nodes(
        self, sightings: Mapping[str, Sighting], since_us: int | None
    ) -> dict[str, str]:
        """Return the first nodes of groups if some of them are new."""
        if sightings.keys() <= self._groups.keys():
            return {}
        rows, _ = await failure_rows(self._queries, _since(since_us), ["node"])
        rows.sort(key=lambda row: row["first_at"], reverse=True)
        return {
            failure_fingerprint(row["type"], row["template"]): row["node"] or "" for row in rows
        }

    async def _begin(
        self, fingerprint: str, sighting: Sighting, progress: ScanProgress
    ) -> FailureGroup:
        """Return a new group; it is an old one if it was there at the first start."""
        group = FailureGroup(
            fingerprint=fingerprint,
            event_type=sighting.event_type,
            template=sighting.template,
            first_seen=sighting.first_at,
            last_seen=sighting.last_at,
        )
        if self._may_look_up():
            events = await self._events(group, Window(group.first_seen, group.first_seen))
            if events:
                group = replace(
                    group,
                    first_node=events[-1]["node_id"],
                    first_version=events[-1]["node_version"],
                )
        return replace(group, is_baseline=group.first_seen < progress.began_at)

    async def _see_again(self, group: FailureGroup, sighting: Sighting) -> FailureGroup:
        """Return a group with the time of its newest failure, and regressed if it came back."""
        seen = replace(group, last_seen=max(group.last_seen, sighting.last_at))
        if not failure_states.may_regress(group, sighting.last_at):
            return seen
        assert group.resolved_at is not None
        # The failures before were looked at in an earlier scan.
        since = max(group.resolved_at, group.last_seen) + 1
        if since > sighting.last_at:
            return seen
        if not self._may_look_up():
            # The next scan looks at it.
            return group
        events = await self._events(group, Window(since, sighting.last_at))
        for event in reversed(events):
            regressed = failure_states.regress(
                seen,
                seen_at=_received_at(event),
                node=event["node_id"],
                version=event["node_version"],
                now_us=now_us(),
            )
            if regressed is not seen:
                return regressed
        if events:
            return seen
        return failure_states.regress(
            seen, seen_at=sighting.last_at, node=None, version=None, now_us=now_us()
        )

    def _may_look_up(self) -> bool:
        """Return whether this scan may look up one more group's events, and count it."""
        self._lookups -= 1
        return self._lookups >= 0

    async def _events(self, group: FailureGroup, window: Window) -> list[Json]:
        """Return events of a group in a window, newest first, among the newest of its type."""
        try:
            page, _ = await self._queries.events(
                Selection(types=(group.event_type,)), LOOKUP_EVENTS, 0, Cursor(now_us(), window)
            )
        except TartError:
            # The group is known from the aggregates; its event is not needed, nor are those of
            # others if the shards are this slow.
            self._lookups = 0
            return []
        return [event for event in page.events if event_template(event) == group.template]

    def _evict(self) -> int:
        """Remove the groups beyond the limits; return their number."""
        removed = failure_states.groups_to_evict(self._groups)
        for fingerprint in removed:
            del self._groups[fingerprint]
        if removed:
            log.warning(
                "removed %d failure groups: at most %d are stored, and %d that one node began",
                len(removed),
                failure_states.MAX_GROUPS,
                failure_states.MAX_GROUPS_OF_NODE,
            )
        return len(removed)

    async def _load(self) -> None:
        if not self._is_loaded:
            groups, self._progress = await self._with_file(partial(_read, self._path))
            self._groups = {group.fingerprint: group for group in groups}
            self._stored = dict(self._groups)
            self._is_loaded = True

    async def _store(self, write_us: int) -> None:
        """Write what changed; of groups that were only seen again those not written for a while."""
        if not self._is_loaded:
            return
        groups = dict(self._groups)
        changed = [
            group
            for fingerprint, group in groups.items()
            if _must_write(self._stored.get(fingerprint), group, write_us)
        ]
        removed = self._stored.keys() - groups.keys()
        await self._with_file(partial(_write, self._path, changed, removed, self._progress))
        for fingerprint in removed:
            del self._stored[fingerprint]
        self._stored.update((group.fingerprint, group) for group in changed)

    async def _with_file(self, work: Callable[[], T]) -> T:
        try:
            result = await asyncio.to_thread(work)
        except StorageError as error:
            if self._problem is None:
                log.error("%s; failure groups are in memory only until it can be", error)
            self._problem = str(error)
            raise
        self._problem = None
        return result


def event_template(event: Json) -> str:
    """Return the template of the reason of an event that reports a failure."""
    fields = next(iter(event["data"].values()))
    return failure_template(str(fields.get("reason", "")))


def _since(start_us: int | None) -> Window:
    return Window(None if start_us is None else start_us - start_us % MINUTE_US)


def _must_write(stored: FailureGroup | None, group: FailureGroup, write_us: int) -> bool:
    if stored is group:
        return False
    if stored is None or replace(stored, last_seen=group.last_seen) != group:
        return True
    return group.last_seen - stored.last_seen > write_us


def _received_at(event: Json) -> int:
    return time_us(event["received_at"], "received_at")


def _read(path: Path) -> tuple[list[FailureGroup], ScanProgress | None]:
    with open_failure_store(path) as store:
        return store.groups(), store.progress()


def _write(
    path: Path,
    groups: Iterable[FailureGroup],
    removed: Iterable[str],
    progress: ScanProgress | None,
) -> None:
    with open_failure_store(path) as store:
        store.save(groups, removed, progress)
