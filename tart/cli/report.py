"""``tart report``: writes what a server knows of a window as one HTML file.

It reads the public API, so the server may be anywhere. The file needs no network and no script, and
is the same for the same data.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tart.cli.arguments import add_client, add_config
from tart.cli.http_client import RequestRefused, connect
from tart.cli.http_errors import describe_other_answer
from tart.cli.named_files import unwritable
from tart.cli.progress import Progress
from tart.cli.render.report.document import report_html
from tart.cli.render.report.values import Report, cut_slots
from tart.cli.server_api import ServerApi
from tart.config.load import load
from tart.errors import BadQuery, ConfigError, StartupError
from tart.query.core.rfc3339 import server_time
from tart.query.core.windows import duration_us, time_us
from tart.style import is_terminal

if TYPE_CHECKING:
    from tart.client._generated import answers as api

_DEFAULT = "-24h"
_AGO = re.compile(r"-([0-9].*)", re.ASCII)
# Refusals that leave out a section: the window is too long for a route, a part is not configured
# or busy, or the server is older than the route.
_LEAVES_OUT = (400, 404, 503, 504)
# A shard that is busy or starts may answer a second later.
_MAY_PASS = (503, 504)
_PAUSE_SECONDS = 1.0
_PAGE_SLOTS, _MAX_PAGES = 600, 20
_ROWS = 200
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
_TARGET = "name a file with -o, or redirect it: tart report > report.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    help_ = f"start of the window: a time, or how long ago, such as -90m (default {_DEFAULT})"
    parser.add_argument("--from", metavar="TIME", default=_DEFAULT, help=help_)
    parser.add_argument("--to", metavar="TIME", help="its end, likewise (default: now)")
    parser.add_argument(
        "--by",
        choices=("implementation", "version"),
        default="implementation",
        help="compare implementations, or each version with the one before (default "
        "implementation)",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write into FILE")
    add_client(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the report and return the exit code.

    Raises:
        ConfigError: The arguments or the settings cannot be used.
        StartupError: No server answers, it refuses, the file cannot be written, or the report,
            which is written all the same, is incomplete.
    """
    if arguments.output is None and is_terminal(sys.stdout):
        raise ConfigError(f"the report is HTML, which a terminal does not show; {_TARGET}")
    if arguments.output is not None and not arguments.output.parent.is_dir():
        raise ConfigError(f"{arguments.output}: cannot be written: its directory does not exist")
    start_us, end_us = read_window(vars(arguments)["from"], arguments.to, time.time_ns() // 1000)
    server = connect(arguments, load(arguments.config, environ=os.environ))
    with Progress("report", total=len(_ROUTES) + 1) as progress:
        start, end = server_time(start_us), server_time(end_us)
        api, until_now = ServerApi(server), arguments.to is None
        reading = Reading(api, start, end, arguments.by, until_now)
        try:
            text = report_html(reading.read(server.url, progress.advance))
        except _UNREADABLE as error:
            raise StartupError(describe_other_answer(server.url, "/api")) from error
    _write(text.encode(), arguments.output)
    # A server that follows no chain lacks nothing.
    if lacking := sorted(set(reading.refused) - {"chain"}):
        names = ", ".join(name.replace("_", " ") for name in lacking)
        raise StartupError(
            f"the report is incomplete: it lacks {names}; its section 'What the window lacks' "
            "says why"
        )
    return 0


def read_window(start: str, end: str | None, now_us: int) -> tuple[int, int]:
    """Return start and end in Unix microseconds.

    Args:
        start: A time, or a duration ago that begins with ``-``.
        end: Likewise; ``None``: now.
        now_us: The present.

    Raises:
        ConfigError: One of them is neither, or the window is empty.
    """
    start_us = _moment(start, "--from", now_us)
    end_us = now_us if end is None else min(_moment(end, "--to", now_us), now_us)
    if start_us >= now_us:
        raise ConfigError(f"--from {start}: lies in the future")
    if end_us <= start_us:
        raise ConfigError(f"--to {end}: does not lie after --from, {start}")
    return start_us, end_us


def _moment(text: str, flag: str, now_us: int) -> int:
    ago = _AGO.fullmatch(text)
    try:
        return time_us(text, flag) if ago is None else now_us - duration_us(ago[1], flag)
    except BadQuery:
        raise ConfigError(
            f"{flag} {text}: must be an RFC 3339 time such as 2026-11-20T12:00:00Z, or how long "
            "ago such as -90m, -24h, -7d"
        ) from None


@dataclass
class Reading:
    """The answers of a server for one window, as they are read.

    Attributes:
        until_now: Whether the window ends at the present.
        pause: Waits before a request is repeated.
        refused: Why an answer is missing, by its name.
    """

    routes: ServerApi
    start: str
    end: str
    by: str
    until_now: bool = False
    pause: Callable[[float], None] = time.sleep
    refused: dict[str, str] = field(default_factory=dict)

    def read(self, url: str, advance: Callable[[float], None]) -> Report:
        """Return everything of the report.

        Args:
            url: The server's address.
            advance: Is called with 1 after each route.

        Raises:
            StartupError: The server does not answer, or not with what every report has.
        """
        health = self.routes.health()
        if "version" not in health:
            raise StartupError(describe_other_answer(url, "/api/health"))
        answers: dict[str, Any] = {}
        for name, ask in _ROUTES.items():
            answers[name] = self._try(name, partial(ask, self.routes, self))
            advance(1)
        if answers["implementations"] is None:
            raise StartupError(f"{url}: {self.refused['implementations']}")
        slots, is_cut = self._slots(answers["production"])
        advance(1)
        return Report(
            url=url, version=health["version"], start=self.start, end=self.end, **answers,
            slots=slots, slots_cut=is_cut, refused=self.refused,
        )  # fmt: skip

    @property
    def window(self) -> dict[str, Any]:
        """The parameters of the window; without an end it has the present minute, too."""
        return {"start": self.start} | ({} if self.until_now else {"end": self.end})

    def _try(self, name: str, ask: Callable[[], Any]) -> Any:
        """Return an answer; ``None`` if it is refused, also once more where that may pass."""
        for is_last in (False, True):
            try:
                return ask()
            except RequestRefused as error:
                if error.http_status not in _LEAVES_OUT:
                    raise
                if is_last or error.http_status not in _MAY_PASS:
                    self.refused[name] = str(error)
                    break
            self.pause(_PAUSE_SECONDS)
        return None

    def _slots(self, production: api.Timeseries | None) -> tuple[list[api.SlotSummary], bool]:
        """Return the slots of the window, oldest first, and whether the oldest are missing."""
        highest = [bucket.get("max_slot") for bucket in production["data"]] if production else []
        known = [slot for slot in highest if slot is not None]
        if not known:
            return [], False
        before = max(known) + _PAGE_SLOTS
        slots_read: list[api.SlotSummary] = []
        for _ in range(_MAX_PAGES):
            page = self._try("slots", partial(self.routes.slots, count=_PAGE_SLOTS, before=before))
            if not page or not page["slots"]:
                break
            slots_read = [*page["slots"], *slots_read]
            before = page["slots"][0]["slot"]
            slots, is_whole = cut_slots(slots_read, self.start, self.end)
            if is_whole or before < min(known) - _PAGE_SLOTS:
                return slots, False
        return cut_slots(slots_read, self.start, self.end)[0], bool(slots_read)


def _minutes(reading: Reading) -> int:
    """Return the length of buckets: about a hundred in the window."""
    length = time_us(reading.end, "end") - time_us(reading.start, "start")
    return min(60, max(1, length // 6_000_000_000))


# What is read, by the member of ``Report``.
_ROUTES: Mapping[str, Callable[[ServerApi, Reading], Any]] = {
    "network": lambda api, reading: api.network(),
    "implementations": lambda api, reading: api.implementations(**reading.window),
    "nodes": lambda api, reading: api.nodes_summary(**reading.window),
    "comparison": lambda api, reading: api.implementations_compare(
        by=reading.by,  # type: ignore[arg-type]
        **reading.window,
    ),
    "blocks": lambda api, reading: api.blocks(**reading.window),
    "propagation": lambda api, reading: api.block_propagation(**reading.window),
    "production": lambda api, reading: api.timeseries(
        metric="blocks", interval=_minutes(reading), **reading.window
    ),
    "finality": lambda api, reading: api.finality(**reading.window),
    "failure_rates": lambda api, reading: api.failure_rates(**reading.window),
    "failures": lambda api, reading: api.failures(limit=_ROWS, **reading.window),
    "conformance": lambda api, reading: api.conformance_matrix(**reading.window),
    "funnel": lambda api, reading: api.work_funnel(**reading.window),
    "stages": lambda api, reading: api.work_latency(**reading.window),
    "assurances": lambda api, reading: api.assurances(limit=1, **reading.window),
    "guarantees": lambda api, reading: api.guarantees(**reading.window),
    "execution": lambda api, reading: api.execution(**reading.window),
    # With an end: of a day that ends now, the route has to be asked for no more than a day.
    "chain": lambda api, reading: api.chain_reconcile(
        limit=1000, start=reading.start, end=reading.end
    ),
    "alerts": lambda api, reading: api.alert_history(limit=1000, **reading.window),
}


def _write(document: bytes, path: Path | None) -> None:
    if path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
        return
    try:
        path.write_bytes(document)
    except OSError as error:
        raise unwritable(path, error) from None
