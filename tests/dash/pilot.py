"""The dashboard in a test: without a terminal, with textual's pilot and a real or a fake API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from tart.client.http import AsyncTartClient
from tart.dash.app import DashApp
from tart.dash.core.model import Page
from tart.dash.core.views.table import parse_place
from tart.dash.source import Source
from tart.dash.widgets import Lines
from tests.running import DEADLINE

URL = "http://127.0.0.1:8080"


class FakeApi:
    """A client whose answers are set by the test.

    Attributes:
        answers: By the method's name: an answer, an exception, or a function of the arguments.
        calls: The methods that were called.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "network_health": {"overall_health": "healthy", "health_score": 100.0}
        } | answers
        self.calls: list[str] = []
        self.is_closed = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def method(**arguments: Any) -> Any:
            self.calls.append(name)
            await asyncio.sleep(0)
            answer = self.answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer(**arguments) if callable(answer) else answer

        return method

    async def close(self) -> None:
        self.is_closed = True


class Dash:
    """A running dashboard.

    Attributes:
        app: The application.
        pilot: Presses keys.
    """

    def __init__(self, app: DashApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys, by textual's names: ``down``, ``slash``, ``colon``, ``N``."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Press the keys of a text."""
        await self.press(*(_KEYS.get(character, character) for character in text))

    @property
    def screen(self) -> str:
        """Everything that is shown, line by line."""
        return "\n".join(widget.text for widget in self.app.screen.query(Lines) if widget.display)

    @property
    def page(self) -> Page | None:
        """The present page, as a value."""
        return self.app.listing.page

    async def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Wait until a condition is true, and return its value."""
        deadline = time.monotonic() + DEADLINE
        while not (value := condition()):
            assert time.monotonic() < deadline, f"waited in vain for {what}; shown:\n{self.screen}"
            await self.pilot.pause(0.02)
        return value

    async def shows(self, *texts: str) -> None:
        """Wait until the screen has all texts."""
        await self.until(lambda: all(text in self.screen for text in texts), f"{texts}")


_KEYS = {" ": "space", "/": "slash", ":": "colon", "!": "exclamation_mark", "-": "minus"}


@asynccontextmanager
async def fake_dash(
    api: FakeApi,
    place: str = "network",
    *,
    size: tuple[int, int] = (80, 24),
    interval_seconds: float = 0.05,
) -> AsyncIterator[Dash]:
    """Yield the dashboard on a fake API."""
    app = DashApp(Source(api), url=URL, place=parse_place(place), interval_seconds=interval_seconds)
    async with app.run_test(size=size) as pilot:
        yield Dash(app, pilot)


@asynccontextmanager
async def running_dash(
    url: str,
    place: str = "network",
    *,
    size: tuple[int, int] = (80, 24),
    interval_seconds: float = 0.2,
    key: str | None = None,
) -> AsyncIterator[Dash]:
    """Yield the dashboard on a server."""
    client = AsyncTartClient(url, key=key, retries=0, timeout=DEADLINE, proxies=False)
    source = Source(client, deadline_seconds=DEADLINE)
    app = DashApp(source, url=url, place=parse_place(place), interval_seconds=interval_seconds)
    async with app.run_test(size=size) as pilot:
        yield Dash(app, pilot)
