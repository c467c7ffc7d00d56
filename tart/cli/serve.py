"""``tart serve``: where the processes are wired together.

Order of start: settings, log, data directory, ports, forks; the supervisor lets go of them in
the opposite order. Before a fork only settings, locks and pinned ports exist: whatever opens
files, loops or threads is imported by the part itself, after the fork.

On SIGHUP ``log`` changes at once in every process. Every other change needs a restart, and
the log says which: a shard that came back with other limits than its siblings would be harder
to understand than one that waits.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

from tart import logs
from tart.access.networks import is_loopback
from tart.config import load as configuration
from tart.config.schema import Config, values
from tart.control_store import has_keys
from tart.errors import ConfigError, StorageError
from tart.process_handle import ProcessHandle
from tart.supervisor.child import Target
from tart.supervisor.core.watchdog import watchdog_of
from tart.supervisor.data_lock import claimed
from tart.supervisor.sd_notify import Notifier
from tart.supervisor.sockets import Reservation, reserved
from tart.supervisor.supervisor import Supervisor


class Settings:
    """The settings in use, and the way to read them again."""

    def __init__(self, path: Path | None, flags: Mapping[str, Any]) -> None:
        self._path = path
        self._flags = flags
        self.config = self._load()

    def reload(self, process: str) -> str:
        """Apply what can be applied in this process; say in a sentence what came of it.

        Raises:
            ConfigError: the settings cannot be used now; nothing was changed.
        """
        fresh = self._load()
        logs.set_up(fresh.log, process)
        old, new = values(self.config), values(fresh)
        changed = [key for key in new if new[key] != old[key]]
        later = [key for key in changed if not key.startswith("log.")]
        if later:
            return f"settings read again; changed, in use after a restart: {', '.join(later)}"
        return f"settings read again; in use now: {', '.join(changed) or 'nothing changed'}"

    def _load(self) -> Config:
        return configuration.load(self._path, environ=os.environ, flags=self._flags)


def serve(path: Path | None, flags: Mapping[str, Any]) -> int:
    """Run tart until it is told to stop; returns the exit code.

    Raises:
        ConfigError: a setting cannot be used.
        StartupError: a directory or a port is not to be had.
    """
    settings = Settings(path, flags)
    config = settings.config
    logs.set_up(config.log, "supervisor")
    with ExitStack() as held:
        held.enter_context(claimed(config.data_path, config.run_path))
        _must_not_be_open_to_all(config)
        telemetry = held.enter_context(_reserved(config.telemetry.bind, "telemetry.bind"))
        api = held.enter_context(_reserved(config.api.bind, "api.bind"))
        return Supervisor(
            _parts(settings, telemetry, api),
            config.supervisor,
            on_ready=partial(_announce, telemetry, api, config.shard_count),
            reload=partial(settings.reload, "supervisor"),
            notifier=Notifier(os.environ.get("NOTIFY_SOCKET", "")),
            watchdog=watchdog_of(os.environ, os.getpid()),
        ).run()


def _must_not_be_open_to_all(config: Config) -> None:
    """Refuse an API that others can reach while nobody needs a key.

    Raises:
        ConfigError: says what to do.
    """
    host, _ = configuration.parse_address(config.api.bind, "api.bind")
    if config.api.auth == "none" or is_loopback(host):
        return
    try:
        found = has_keys(config.control_path)
    except StorageError:
        return  # the gateway lets nobody in, and says why
    if not found:
        raise ConfigError(
            f"api.bind {config.api.bind} can be reached from elsewhere and there is no key: "
            "make one with 'tart keys create', or say api.auth = \"none\""
        )


def _reserved(bind: str, key: str) -> AbstractContextManager[Reservation]:
    return reserved(*configuration.parse_address(bind, key), key)


def _announce(
    telemetry: Reservation, api: Reservation, shards: int, recovering: Sequence[str]
) -> None:
    line = f"tart ready telemetry={telemetry} api={api} shards={shards}"
    # Those answer later; health says how far they are.
    line += f" recovering={len(recovering)}\n" if recovering else "\n"
    # Whoever started us may have closed its end, which is no reason to stop; past the buffer,
    # where a line that cannot be written would come up again at each flush.
    with suppress(OSError):
        if sys.stdout is not None:
            os.write(sys.stdout.fileno(), line.encode())


def _parts(settings: Settings, telemetry: Reservation, api: Reservation) -> dict[str, Target]:
    count = settings.config.shard_count
    parts: dict[str, Target] = {
        f"shard {index}": partial(_shard, settings, index, count, telemetry)
        for index in range(count)
    }
    return parts | {"gateway": partial(_gateway, settings, count, api)}


def _shard(
    settings: Settings, index: int, count: int, at: Reservation, startup: ProcessHandle
) -> int:
    _settle(settings, f"shard {index}")
    from tart.shard.worker import run_shard

    return run_shard(index, count, settings.config, at.host, at.port, startup)


def _gateway(settings: Settings, count: int, at: Reservation, startup: ProcessHandle) -> int:
    _settle(settings, "gateway")
    from tart.gateway.process import run_gateway

    return run_gateway(count, settings.config, at.host, at.port, startup)


def _settle(settings: Settings, process: str) -> None:
    """What every part does first: its own name in the log, and its own SIGHUP."""
    logs.set_up(settings.config.log, process)

    def reload(number: int, frame: object) -> None:
        # The supervisor forwards SIGHUP only for usable settings, and says what changed.
        with suppress(ConfigError):
            settings.reload(process)

    signal.signal(signal.SIGHUP, reload)
