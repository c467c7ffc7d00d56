"""Admission control for SQL statements: a few run, a few more wait, others are refused.

Slots are shared fairly among clients, which are keys, or addresses without one: a client may have
``OF_CLIENT`` statements, and of those that wait the next to run is one of the client that runs the
fewest and has got none for the longest time. So one key with long statements can neither fill the
queue nor hold all others up.

A statement whose client has left is killed; its slot is freed once its process has ended.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tart.errors import Busy, QueryTimeout
from tart.gateway.fanout.sql_rows import SqlRows
from tart.query.sql.limits import MEMORY_BYTES
from tart.sandbox import process
from tart.sandbox.template import Template

RUNNING = 2
WAITING = 18
OF_CLIENT = 10


class TooManyStatements(Busy):
    """The limits of running and of waiting SQL statements are reached."""

    code = "too_many_statements"


class TooManyOfClient(TooManyStatements):
    """The limit of running and waiting SQL statements of one client is reached."""

    status = 429


class SqlAdmission:
    """Admits statements; see ``admit``.

    Args:
        running: Statements that may run at once.
        waiting: Statements that may wait for a slot.
        of_client: Statements of one client that may run or wait.

    Attributes:
        refused: Statements that were not admitted.
        killed: Statements whose process was ended at its limit of time or memory.
    """

    def __init__(
        self, running: int = RUNNING, waiting: int = WAITING, of_client: int = OF_CLIENT
    ) -> None:
        self._limit = running + waiting
        self._of_client = of_client
        self._free = running
        self._running: Counter[str] = Counter()
        # In order of arrival.
        self._waiting: dict[asyncio.Future[None], str] = {}
        # The number of each client's last slot.
        self._last: dict[str, int] = {}
        self._slots = 0
        self.refused = 0
        self.killed = 0
        self._template = Template(MEMORY_BYTES)

    @property
    def admitted(self) -> int:
        """Statements that run or wait."""
        return self._running.total() + len(self._waiting)

    @asynccontextmanager
    async def admit(self, client: str) -> AsyncIterator[None]:
        """Wait for a slot, and hold it inside.

        Args:
            client: The key or address of the client.

        Raises:
            TooManyStatements: Too many run or wait already, of all or of this client.
        """
        self._check_limits(client)
        await self._acquire(client)
        try:
            yield
        finally:
            self._release(client)

    def _check_limits(self, client: str) -> None:
        own = self._running[client] + list(self._waiting.values()).count(client)
        if own >= self._of_client:
            self.refused += 1
            raise TooManyOfClient(
                f"{own} SQL statements of this key or address run or wait already, the most for "
                "one; retry when one of them has ended"
            )
        if self.admitted >= self._limit:
            self.refused += 1
            raise TooManyStatements("too many concurrent SQL statements; retry later")

    async def _acquire(self, client: str) -> None:
        if self._free:
            self._free -= 1
            self._begin(client)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = client
        try:
            # ``_release`` passes the slot on with the turn.
            await turn
        except BaseException:
            if self._waiting.pop(turn, None) is None:
                self._release(client)
            self._forget(client)
            raise

    def _release(self, client: str) -> None:
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]
        self._forget(client)
        if not self._waiting:
            self._free += 1
            return
        turn = min(self._waiting, key=lambda each: self._order(self._waiting[each]))
        self._begin(self._waiting.pop(turn))
        turn.set_result(None)

    def _begin(self, client: str) -> None:
        self._running[client] += 1
        self._slots += 1
        self._last[client] = self._slots

    def _forget(self, client: str) -> None:
        """Forget a client that has no statement."""
        if client not in self._running and client not in self._waiting.values():
            self._last.pop(client, None)

    def _order(self, client: str) -> tuple[int, int]:
        """Return the sort key of clients: who runs the fewest, then who has waited longest."""
        return self._running[client], self._last.get(client, 0)

    async def run(
        self, job: process.SqlJob, partials: Sequence[bytes] = (), source: SqlRows | None = None
    ) -> bytes:
        """Run an admitted statement over partial results or over the rows of the shards.

        Args:
            job: The statement.
            partials: The table ``partials``.
            source: Reads the declared tables.

        Raises:
            SqlRefused, QueryTimeout: See ``sandbox.process.run``.
        """
        left = threading.Event()
        if source is not None:
            source.left = left.is_set
        running = asyncio.ensure_future(
            asyncio.to_thread(
                process.run,
                job,
                _no_rows if source is None else source.rows,
                partials,
                left.is_set,
                results=_no_rows if source is None else source.results,
                template=self._template,
            )
        )
        try:
            return await asyncio.shield(running)
        except (QueryTimeout, process.SandboxKilled):
            self.killed += 1
            raise
        finally:
            left.set()
            if not running.done():
                # The slot is taken until the process has ended.
                await asyncio.wait({running})
                running.exception()  # retrieved: no caller is left to receive it

    def start_template(self) -> None:
        """Start the template of sandboxes ahead of the first statement; for a thread."""
        self._template.start()

    def close(self) -> None:
        """End the template of sandboxes."""
        self._template.close()


def _no_rows(wanted: object) -> tuple[bytes, ...]:
    """Return the rows of any table of a statement that has none."""
    return ()
