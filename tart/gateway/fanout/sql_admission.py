"""Admission control for SQL statements: a few run, a few more wait, others are refused.

A statement whose client has left is killed; its slot is freed once its process has ended.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from tart.errors import Busy, QueryTimeout
from tart.gateway.fanout.sql_rows import SqlRows
from tart.query.sql.limits import MEMORY_BYTES
from tart.sandbox import process
from tart.sandbox.template import Template

RUNNING = 2
WAITING = 8


class TooManyStatements(Busy):
    """The limits of running and of waiting SQL statements are reached."""

    code = "too_many_statements"


class SqlAdmission:
    """Admits statements: enter it, as an asynchronous context manager, to run one.

    Args:
        running: Statements that may run at once.
        waiting: Statements that may wait for a slot.

    Attributes:
        admitted: Statements that run or wait.
        refused: Statements that were not admitted.
        killed: Statements whose process was ended at its limit of time or memory.
    """

    def __init__(self, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._free = asyncio.Semaphore(running)
        self._limit = running + waiting
        self.admitted = 0
        self.refused = 0
        self.killed = 0
        self._template = Template(MEMORY_BYTES)

    async def __aenter__(self) -> None:
        if self.admitted >= self._limit:
            self.refused += 1
            raise TooManyStatements("too many concurrent SQL statements; retry later")
        self.admitted += 1
        try:
            await self._free.acquire()
        except BaseException:
            self.admitted -= 1
            raise

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

    async def __aexit__(self, *reason: object) -> None:
        self.admitted -= 1
        self._free.release()


def _no_rows(wanted: object) -> tuple[bytes, ...]:
    """Return the rows of any table of a statement that has none."""
    return ()
