"""Chromium without a window, driven by Playwright; what goes wrong in its pages is recorded."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebSocket,
    sync_playwright,
)

# The shell draws the same pages without the parts of a window, with half the processor time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
_SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# A condition that is not met by then fails the test, before pytest-timeout ends it. It costs a test
# that passes nothing, and a slow machine may take minutes to show a page.
PATIENCE_MS = 90_000
# Slows the processor down for pages: `BROWSER_SLOWDOWN=6 make test PYTEST_ARGS=tests/web`.
_SLOWDOWN = float(os.environ.get("BROWSER_SLOWDOWN", "1"))
# Of its own accord the console does not show violations of a policy that is not enforced.
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (violation) => console.error(
  `violates the policy ${violation.effectiveDirective}: ${violation.blockedURI}`));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser.

    Playwright's event loop runs on this thread until the end, so that no coroutine can be tested
    meanwhile: a fixture that holds a browser has the scope of a module or package without any.
    """
    assert CHROMIUM is not None, "needs Chromium (Debian: chromium-headless-shell)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_SWITCHES)
        try:
            yield browser
        finally:
            browser.close()


class Faults(list[str]):
    """What must not happen in a page: one line for each time that it happened.

    Errors in the console and in scripts, violations of the content security policy, requests that
    failed and requests to another origin. A test that provokes some allows them before: they may
    come after the page has shown what they mean.

    Args:
        context: The pages that are watched.
        origin: Of the server under test.

    Attributes:
        pending: Requests without an answer; those of streams do not count.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        super().__init__()
        self._allowed: list[re.Pattern[str]] = []
        self._host = urlsplit(origin).netloc
        self.pending: set[Request] = set()
        context.add_init_script(_REPORT_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._add(f"error: {error.error}"))
        context.on("request", self._on_request)
        context.on("requestfinished", lambda request: self.pending.discard(request))
        context.on("requestfailed", self._on_failure)
        context.on("page", lambda page: page.on("websocket", self._on_socket))

    def allow(self, *patterns: str) -> None:
        """Expect faults that match one of some regular expressions."""
        self._allowed += map(re.compile, patterns)

    def _add(self, fault: str) -> None:
        if not any(pattern.search(fault) for pattern in self._allowed):
            self.append(fault)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._add(f"console: {message.text} ({message.location.get('url')})")

    def _on_request(self, request: Request) -> None:
        self._on_url(request.url)
        if not urlsplit(request.url).path.endswith("stream"):
            self.pending.add(request)

    def _on_failure(self, request: Request) -> None:
        self.pending.discard(request)
        # A page that is left, or that does not need an answer any more, aborts its requests.
        if request.failure != "net::ERR_ABORTED":
            self._add(f"failed: {request.url}: {request.failure}")

    def _on_socket(self, socket: WebSocket) -> None:
        self._on_url(socket.url)

    def _on_url(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.netloc != self._host and parts.scheme not in ("data", "blob", "file"):
            self._add(f"foreign: {url}")


def new_page(browser: Browser, origin: str, **options: Any) -> tuple[Page, Faults]:
    """Open an empty page in a context of its own.

    Args:
        browser: The browser.
        origin: Of the server under test; paths are relative to it.
        options: Those of Playwright's ``new_context``.
    """
    # What fades or moves is in its last state at once.
    context = browser.new_context(base_url=origin, **{"reduced_motion": "reduce"} | options)
    context.set_default_timeout(PATIENCE_MS)
    faults = Faults(context, origin)
    if _SLOWDOWN > 1:
        context.on("page", _slow_down)
    return context.new_page(), faults


def _slow_down(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWDOWN})
