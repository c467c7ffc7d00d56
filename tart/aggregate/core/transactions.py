"""The transaction of a batch: its changes to counters, applied when the batch is complete.

Pure. A reducer that fails rolls back to the savepoint taken before it; a batch that fails
rolls back to its beginning and can be tried again in parts without counting anything twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from tart.aggregate.core.isolation import Failure, Isolation

_P = ParamSpec("_P")

STAGE = "counters"


class BatchTransaction:
    """Deferred calls, made in order by ``commit``."""

    def __init__(self) -> None:
        self._calls: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def defer(self, method: Callable[_P, object], *arguments: _P.args, **_: _P.kwargs) -> None:
        """Call ``method`` on commit; with positional arguments only."""
        self._calls.append((method, arguments))

    def savepoint(self) -> int:
        """Return the point up to which ``rollback`` keeps calls."""
        return len(self._calls)

    def rollback(self, savepoint: int = 0) -> None:
        """Discard the calls deferred after the savepoint, by default all."""
        del self._calls[savepoint:]

    def commit(self, isolation: Isolation) -> None:
        """Make the calls. One that fails is counted and does not affect the others."""
        calls, self._calls = self._calls, []
        for method, arguments in calls:
            try:
                isolation.enter(STAGE)
                method(*arguments)
            except Exception as error:
                isolation.record(Failure(STAGE, error, events=1))
