"""Handlers of the web page: its document and its files, as ``make web`` built them.

The files are read and compressed once, on a thread, when the first of them is asked for, and
again after a build, which changes ``index.html``. No request compresses.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tart.errors import NotFound
from tart.gateway.api.html import html
from tart.gateway.api.route import Cache, CachePolicy
from tart.gateway.http.responses import GZIP_FROM_BYTES, Answer
from tart.os_errors import reason

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parents[2] / "web" / "static"
INDEX = "index.html"
# The page's own files and this server's API; no inline script or style, no other host.
# 'self' includes WebSockets of the same host and port (CSP 3).
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_GZIP_LEVEL = 9
# esbuild's hash of the content in a file's name: main-5VKDQ3SW.js.
_HASHED_NAME = re.compile(r"-[0-9A-Z]{8}\.\w+$")
_ASSET_LINK = re.compile(r"""\b(?:src|href)=["']?(?:\./)?assets/([^"'\s>]+)""")


@dataclass(frozen=True)
class StaticFile:
    """A file as it is served.

    Attributes:
        compressed: The content in gzip's format; ``None`` if it is small.
        cache: Immutable if the name has a hash of the content.
    """

    content: bytes
    compressed: bytes | None
    media_type: str
    cache: CachePolicy


@dataclass(frozen=True)
class _Build:
    """The files of one build, by name.

    Attributes:
        stamp: Time and size of ``index.html``.
        problem: Why the page cannot be served; empty if it can.
    """

    stamp: tuple[int, int] | None
    files: Mapping[str, StaticFile]
    problem: str


class WebPage:
    """Answers the document and the files of a folder.

    Args:
        folder: With ``index.html`` and the files that it loads.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._build: _Build | None = None
        self._reading = asyncio.Lock()

    async def document(self) -> Answer:
        """Answer ``/``; 503 with a page that says what to do if the page was not built."""
        build = await self._current()
        if build.problem:
            return Answer(_page_of(build.problem), status=503)
        return _answer(build.files[INDEX])

    async def asset(self, name: str) -> Answer:
        """Answer ``/assets/{file}``.

        Raises:
            NotFound: The build has no such file.
        """
        build = self._build or await self._current()
        # The links of the document are relative to its own path.
        if name == INDEX or (file := build.files.get(name)) is None:
            raise NotFound(
                f"the web page has no file {name[:100]}; a page that was opened before an update "
                "needs to be loaded again",
                "file",
            )
        return _answer(file)

    async def _current(self) -> _Build:
        """Return the build; read it if there is none, or another one since."""
        async with self._reading:
            if self._build is None or self._build.stamp != _stamp(self._folder):
                self._build = await asyncio.to_thread(_read, self._folder)
                if self._build.problem:
                    log.error("cannot serve the web page: %s", self._build.problem)
            return self._build


def _answer(file: StaticFile) -> Answer:
    return Answer(
        file.content,
        headers=dict(_HEADERS),
        media_type=file.media_type,
        compressed=file.compressed,
        cache=file.cache,
    )


def _stamp(folder: Path) -> tuple[int, int] | None:
    try:
        status = (folder / INDEX).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read(folder: Path) -> _Build:
    """Return the files of a folder, compressed."""
    stamp = _stamp(folder)
    if stamp is None:
        return _Build(None, {}, f"{INDEX} is missing")
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
        files = {path.name: _static_file(path.name, path.read_bytes()) for path in paths}
    except OSError as error:
        return _Build(stamp, {}, f"its files cannot be read: {reason(error)}")
    links = _ASSET_LINK.findall(files[INDEX].content.decode(errors="replace"))
    missing = sorted(set(links) - files.keys())
    return _Build(stamp, files, f"{', '.join(missing)} is missing" if missing else "")


def _static_file(name: str, content: bytes) -> StaticFile:
    large = len(content) >= GZIP_FROM_BYTES
    return StaticFile(
        content,
        gzip.compress(content, _GZIP_LEVEL, mtime=0) if large else None,
        _MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream"),
        Cache.IMMUTABLE if _HASHED_NAME.search(name) else Cache.REVALIDATED,
    )


def _page_of(problem: str) -> bytes:
    """Return the page that is served instead of one that was not built."""
    body = (
        "<h1>The web page is not built</h1>",
        f"<p>tart runs, but the files of its web page are not complete: {escape(problem)}.</p>",
        "<p>In a checkout of the source, run <code>make web</code> and load this page again. An "
        "installed tart has the files; install it again if they are lost.</p>",
        '<p>The API works without the page: <a href="api/docs">its documentation</a>.</p>',
    )
    return html("tart: the web page is not built", body).encode()
