"""``tart dash``: shows a network live in the terminal, or prints one page of it.

``tart-dash`` is the same with the flags of jamtart's program of that name.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tart.access.networks import LAST_PORT
from tart.cli.arguments import add_client, add_config
from tart.cli.render.syntax import suggest
from tart.config.addresses import join_address
from tart.errors import ConfigError, StartupError
from tart.style import is_terminal, style_for

if TYPE_CHECKING:
    from tart.cli.http_client import Server
    from tart.dash.core.model import Page, Place
    from tart.dash.source import Source

_DEFAULT_REFRESH_SECONDS = 1.0
_DEFAULT_REFRESH_MS = 500
_DEFAULT_HOST, _DEFAULT_PORT = "127.0.0.1", 8080
_REFRESH_BOUNDS = (0.1, 3600.0)
_EXTRA = ("textual", "rich", "httpx", "websockets")
# Of a table in a file or a pipe nothing is cut.
_UNLIMITED_WIDTH = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    from tart.dash.core.views.table import BY_NAME

    view = parser.add_argument(
        "view",
        nargs="*",
        metavar="VIEW",
        help="the first view, such as nodes, or node 3f2a (default: network)",
    )
    suggest(view, BY_NAME)
    parser.add_argument(
        "--refresh",
        type=float,
        default=_DEFAULT_REFRESH_SECONDS,
        metavar="SECONDS",
        help="time between two refreshes (default: 1)",
    )
    parser.add_argument("--once", action="store_true", help="print one page and end")
    parser.add_argument("--json", action="store_true", help="print one page as JSON and end")
    add_config(parser)
    add_client(parser)
    parser.set_defaults(run=run)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``tart-dash`` and return its exit code.

    Args:
        arguments: The command line without the program; default: that of the process.
    """
    from tart.cli.command_parser import CommandParser
    from tart.cli.main import main as tart

    words = sys.argv[1:] if arguments is None else list(arguments)
    every = CommandParser(
        prog="tart-dash", description="The same as 'tart dash', with the flags of jamtart's."
    )
    _add_jamtart_arguments(every)
    add_arguments(every)
    checked = every.parse_args(words)
    least, most = (round(1000 * bound) for bound in _REFRESH_BOUNDS)
    if not least <= checked.refresh_ms <= most:
        every.error(f"--refresh-ms {checked.refresh_ms}: must be {least} to {most} milliseconds")
    if not 1 <= checked.port <= LAST_PORT:
        every.error(f"--port {checked.port}: must be 1 to {LAST_PORT}")
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    _add_jamtart_arguments(own)
    parsed, rest = own.parse_known_args(words)
    url = f"http://{join_address(parsed.host, parsed.port)}"
    return tart(["dash", "--url", url, "--refresh", str(parsed.refresh_ms / 1000), *rest])


def _add_jamtart_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("as jamtart's")
    group.add_argument(
        "--host",
        default=_DEFAULT_HOST,
        metavar="HOST",
        help=f"host of the API (default {_DEFAULT_HOST})",
    )
    group.add_argument(
        "--port",
        type=int,
        default=_DEFAULT_PORT,
        metavar="PORT",
        help=f"port of the API (default {_DEFAULT_PORT})",
    )
    group.add_argument(
        "--refresh-ms",
        type=int,
        default=_DEFAULT_REFRESH_MS,
        metavar="MS",
        help=f"milliseconds between two refreshes (default {_DEFAULT_REFRESH_MS})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Show the dashboard, or print one page; return the exit code.

    Raises:
        ConfigError: The view, the settings or a file cannot be used, or there is no terminal.
        StartupError: textual is missing, no server answers, or the dashboard has a fault.
    """
    least, most = _REFRESH_BOUNDS
    if not least <= arguments.refresh <= most:
        raise ConfigError(f"--refresh {arguments.refresh:g}: must be {least:g} to {most:g} seconds")
    is_live = not (arguments.once or arguments.json)
    if is_live:
        _require_terminal()
    try:
        return _run(arguments, is_live=is_live)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise StartupError(
            f"tart dash needs {error.name}, which is not installed: "
            f"{sys.executable} -m pip install 'tart[dash]'"
        ) from None


def _require_terminal() -> None:
    """Refuse to draw where a screen cannot be drawn.

    Raises:
        ConfigError: A standard stream is no terminal, or the terminal has no cursor movement.
    """
    hint = "'tart dash --once' prints one page, for scripts"
    if not all(map(is_terminal, (sys.stdin, sys.stdout, sys.stderr))):
        raise ConfigError(f"tart dash needs a terminal; {hint}")
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        raise ConfigError(
            f"tart dash needs a terminal that moves its cursor, not TERM=dumb; {hint}"
        )


def _run(arguments: argparse.Namespace, *, is_live: bool) -> int:
    from tart.cli.http_client import connect
    from tart.config.load import load
    from tart.dash.core.model import UnknownPlace
    from tart.dash.core.views.table import parse_place

    try:
        place = parse_place(" ".join(arguments.view) or "network")
    except UnknownPlace as error:
        raise ConfigError(str(error)) from None
    server = connect(arguments, load(arguments.config, environ=os.environ))
    if is_live:
        return _show(server, place, arguments.refresh)
    page = asyncio.run(_load(server, place))
    print(_json(place, page) if arguments.json else _text(page))
    return 0


def _source(server: Server) -> Source:
    from tart.client.http import AsyncTartClient
    from tart.dash.source import DEADLINE_SECONDS, Source

    verify = True if server.context is None else server.context
    # Pages are loaded again and again: retries of the client would pile up.
    client = AsyncTartClient(
        server.url,
        key=server.key,
        timeout=DEADLINE_SECONDS,
        retries=0,
        verify=verify,
        proxies=server.proxy is not None,
    )
    return Source(client)


async def _load(server: Server, place: Place) -> Page:
    from tart.dash.core.views.table import BY_NAME
    from tart.dash.source import LoadError

    source = _source(server)
    try:
        return await source.load(BY_NAME[place.view], place)
    except LoadError as error:
        raise StartupError(f"{server.url}: {error}") from None
    finally:
        await source.close()


def _show(server: Server, place: Place, interval_seconds: float) -> int:
    from tart.dash.app import DashApp

    if os.environ.get("NO_COLOR") == "":
        # Empty is unset (no-color.org); textual takes it for set.
        del os.environ["NO_COLOR"]
    app = DashApp(_source(server), url=server.url, place=place, interval_seconds=interval_seconds)
    app.run_until_signal()
    if app.fault is not None:
        raise StartupError(
            f"the dashboard ended by a fault: {type(app.fault).__name__}: {app.fault}; please "
            "report it"
        ) from app.fault
    return app.return_code or 0


def _json(place: Place, page: Page) -> str:
    from tart.dash.core.model import page_values

    return json.dumps({"view": str(place), **page_values(page)}, indent=2, ensure_ascii=False)


def _text(page: Page) -> str:
    from tart.cli.render.dash_text import render_page

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNLIMITED_WIDTH
    return "\n".join(render_page(page, width, style_for(sys.stdout, os.environ)))


if __name__ == "__main__":
    sys.exit(main())
