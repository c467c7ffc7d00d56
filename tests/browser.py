"""Chromium without a window, driven by its DevTools protocol."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.running import wait_for
from tests.supervisor.process import Process

CHROMIUM = shutil.which("chromium")
_SWITCHES = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0"),
    *("--disable-background-networking", "--disable-component-update"),
)
_SECONDS = 60


class Page:
    """A page of a browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}

    def call(self, method: str, **parameters: Any) -> Any:
        """Return the result of a command to the page."""
        return self._call(method, self._session, **parameters)

    def open(self, url: str) -> None:
        """Go to an address and wait until the document is complete."""
        failure = self.call("Page.navigate", url=url).get("errorText")
        assert failure is None, failure
        wait_for(
            lambda: self.run(
                "document.readyState === 'complete' && location.href !== 'about:blank'"
            ),
            f"{url} in the browser",
        )

    def run(self, script: str) -> Any:
        """Return the value of an expression of JavaScript."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def _call(self, method: str, session: dict[str, str] | None = None, **parameters: Any) -> Any:
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters, **(session or {})}
        self._socket.send(json.dumps(command))
        while (message := json.loads(self._socket.recv(_SECONDS))).get("id") != number:
            pass
        assert "error" not in message, message["error"]
        return message["result"]


@contextmanager
def browser_page(profile: Path) -> Iterator[Page]:
    """Start a browser with its files in ``profile``, which must not exist; end it afterwards."""
    assert CHROMIUM is not None, "needs Chromium (Debian: chromium)"
    port = profile / "DevToolsActivePort"
    with Process(f"--user-data-dir={profile}", *_SWITCHES, program=[CHROMIUM]):
        wait_for(lambda: port.exists() and port.read_text().count("\n"), "the browser's port")
        number, path = port.read_text().split("\n")[:2]
        url = f"ws://127.0.0.1:{number}{path}"
        with connect(url, proxy=None, max_size=None, open_timeout=_SECONDS) as socket:
            yield Page(socket)
