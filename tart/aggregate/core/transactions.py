"""What a batch adds to the sums, gathered until all of the batch is understood.

Pure. A handler that fails takes back what it has added; a batch that fails takes back all,
and can be tried again in parts without counting anything twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from tart.aggregate.core.isolation import Failure, Isolation

_P = ParamSpec("_P")

STAGE = "sums"


class Pending:
    """Calls to be made when the batch is complete, in order."""

    def __init__(self) -> None:
        self._calls: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, method: Callable[_P, object], *arguments: _P.args, **_: _P.kwargs) -> None:
        """Call it later; with positional arguments only."""
        self._calls.append((method, arguments))

    def undo(self, length: int = 0) -> None:
        """Take back all but so many calls."""
        del self._calls[length:]

    def apply(self, isolation: Isolation) -> None:
        """Make the calls. One that fails is counted and costs only itself."""
        calls, self._calls = self._calls, []
        for method, arguments in calls:
            try:
                isolation.enter(STAGE)
                method(*arguments)
            except Exception as error:
                isolation.record(Failure(STAGE, error, events=1))
