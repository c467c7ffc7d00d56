"""``tart serve``: runs the server; wires the processes together.

Order of start: settings, logging, data directory, ports, forks; the supervisor releases them in
the opposite order. Before a fork only settings, locks and pinned ports exist: a part opens
files, loops and threads itself, with modules that it imports after the fork.

On SIGHUP the section ``log`` is applied at once in every process. Every other change needs a
restart, and the server log has its old and new value: a shard that restarted with other limits
than its siblings would be harder to understand than a change that waits.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tart import logs
from tart.cli.arguments import add_config
from tart.cli.startup_checks import refuse_start
from tart.config import load as configuration
from tart.config.addresses import parse_address
from tart.config.schema import Config
from tart.errors import ConfigError
from tart.process_handle import ProcessHandle
from tart.process_title import set_title
from tart.supervisor.child import Target
from tart.supervisor.core.watchdog import read_watchdog
from tart.supervisor.data_lock import lock_directories
from tart.supervisor.sd_notify import Notifier
from tart.supervisor.sockets import Reservation, reserve_port
from tart.supervisor.supervisor import Supervisor

_log = logging.getLogger(__name__)

# The sections whose settings change on SIGHUP.
_RELOADED = frozenset(["log"])
# The process that follows the chain; the others do without it.
_CHAIN = "chain"
# Argument of ``tart serve`` to the setting it overrides.
_OVERRIDES = {
    "telemetry_bind": "telemetry.bind",
    "api_bind": "api.bind",
    "data_dir": "data_dir",
    "shards": "shards",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    bind = "on HOST:PORT or [IPV6]:PORT; port 0: any free port (default: the setting {})"
    add = parser.add_argument
    add(
        "--telemetry-bind",
        metavar="ADDRESS",
        help=f"accept telemetry {bind.format('telemetry.bind')}",
    )
    add("--api-bind", metavar="ADDRESS", help=f"serve HTTP and WebSocket {bind.format('api.bind')}")
    add(
        "--data-dir",
        metavar="DIR",
        help="directory of the shards' files (default: the setting data_dir)",
    )
    add(
        "--shards",
        metavar="N",
        help="worker processes; 0: one per CPU (default: the setting shards)",
    )
    parser.set_defaults(run=run)


class Settings:
    """The settings in use; can load them again."""

    def __init__(self, path: Path | None, flags: Mapping[str, Any]) -> None:
        self._path = path
        self._flags = flags
        self.config = self._load()

    def reload(self, process: str) -> None:
        """Apply the settings that can change at run time.

        Raises:
            ConfigError: The settings are not valid; nothing was changed.
        """
        self._apply(self._load(), process)

    def reload_and_log(self, process: str) -> None:
        """Do the same, and log what changed from what to what, and what needs a restart.

        Raises:
            ConfigError: The settings are not valid; nothing was changed.
        """
        # Not needed to start: the supervisor stays small.
        from tart.cli.render.config_text import describe_reload

        fresh = self._load()
        sentence, restart = describe_reload(self.config, fresh, _RELOADED)
        level = logging.WARNING if restart else logging.INFO
        # The new level may hide the line that says so, or the old one may.
        if logged := _log.isEnabledFor(level):
            _log.log(level, "SIGHUP: %s", sentence)
        self._apply(fresh, process)
        if not logged:
            _log.log(level, "SIGHUP: %s", sentence)

    def _apply(self, fresh: Config, process: str) -> None:
        logs.set_up(fresh.log, process)
        # A process that is started again begins with these.
        self.config = replace(self.config, log=fresh.log)

    def _load(self) -> Config:
        return configuration.load(self._path, environ=os.environ, flags=self._flags)


def run(arguments: argparse.Namespace) -> int:
    """Run the server until it is stopped; return the exit code.

    Raises:
        ConfigError: A setting is not valid.
        StartupError: A directory or a port is not available.
    """
    flags = {key: getattr(arguments, name) for name, key in _OVERRIDES.items()}
    settings = Settings(arguments.config, flags)
    config = settings.config
    logs.set_up(config.log, "supervisor")
    # With the arguments: two servers on one machine have two configurations.
    set_title("supervisor", " ".join(sys.argv[1:]))
    for warning in refuse_start(config):
        _log.warning("%s", warning)
    with ExitStack() as stack:
        stack.enter_context(lock_directories(config.data_path, config.run_path))
        telemetry = stack.enter_context(_reserve(config.telemetry.bind, "telemetry.bind"))
        api = stack.enter_context(_reserve(config.api.bind, "api.bind"))
        _report_crashes()
        return Supervisor(
            _parts(settings, telemetry, api),
            config.supervisor,
            on_ready=partial(_announce, telemetry, api, config.shard_count),
            reload=partial(settings.reload_and_log, "supervisor"),
            notifier=Notifier(os.environ.get("NOTIFY_SOCKET", "")),
            watchdog=read_watchdog(os.environ, os.getpid()),
            optional=(_CHAIN,),
        ).run()


def _reserve(bind: str, key: str) -> AbstractContextManager[Reservation]:
    return reserve_port(*parse_address(bind, key), key)


def _announce(
    telemetry: Reservation, api: Reservation, shards: int, recovering: Sequence[str]
) -> None:
    line = f"tart ready telemetry={telemetry} api={api} shards={shards}"
    # Recovering shards answer later; /api/health shows their progress.
    line += f" recovering={len(recovering)}\n" if recovering else "\n"
    if logs.is_journal(sys.stdout, os.environ):
        line = logs.priority_prefix(logging.INFO) + line
    # The reader may have closed its end, which is not a reason to stop. Unbuffered, because
    # a line that cannot be written would come up again at each flush.
    with suppress(OSError):
        if sys.stdout is not None:
            os.write(sys.stdout.fileno(), line.encode())


def _report_crashes() -> None:
    """Write the stack to stderr when a process crashes inside a library; inherited by a fork."""
    # Without a stderr that is a file there is nowhere to write.
    with suppress(OSError, RuntimeError, ValueError):
        faulthandler.enable()


def _parts(settings: Settings, telemetry: Reservation, api: Reservation) -> dict[str, Target]:
    count = settings.config.shard_count
    parts: dict[str, Target] = {
        f"shard {index}": partial(_shard, settings, index, count, telemetry)
        for index in range(count)
    }
    if settings.config.rpc.urls:
        parts[_CHAIN] = partial(_chain, settings)
    return parts | {"gateway": partial(_gateway, settings, count, api)}


def _shard(
    settings: Settings, index: int, count: int, bind: Reservation, handle: ProcessHandle
) -> int:
    _set_up_process(settings, f"shard {index}")
    from tart.shard.worker import run_shard

    return run_shard(index, count, settings.config, bind.host, bind.port, handle)


def _chain(settings: Settings, handle: ProcessHandle) -> int:
    _set_up_process(settings, _CHAIN)
    from tart.chain.worker import run_chain

    return run_chain(settings.config, handle)


def _gateway(settings: Settings, count: int, bind: Reservation, handle: ProcessHandle) -> int:
    _set_up_process(settings, "gateway")
    from tart.gateway.process import run_gateway

    return run_gateway(count, settings.config, bind.host, bind.port, handle)


def _set_up_process(settings: Settings, process: str) -> None:
    """Set up logging and SIGHUP of a forked process."""
    logs.set_up(settings.config.log, process)

    def reload(number: int, frame: object) -> None:
        # The supervisor forwards SIGHUP only for valid settings, and logs what changed.
        with suppress(ConfigError):
            settings.reload(process)

    signal.signal(signal.SIGHUP, reload)
