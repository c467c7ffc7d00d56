"""Checks of the machine before a start: what ``serve`` refuses, ``config check`` finds.

Both run the same list. ``serve`` then takes what was only tried here: the lock and the ports, which
another process may have taken meanwhile. Nothing is created or changed.

A severity says who minds. A port or directory in use keeps ``serve`` from starting and is a
warning for ``config check``, since the server that runs may be what uses it. An expired certificate
is an error for ``config check`` only: a server that is restarted at night must go on receiving
telemetry.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tart.access.certificates import read_validities
from tart.access.networks import is_loopback
from tart.cli.data_directory import explain
from tart.cli.interrupted_restore import is_interrupted
from tart.cli.render.startup_report import REFUSE_START, Outcome, Severity
from tart.config.addresses import parse_address
from tart.config.checks import MIN_MEMORY_BYTES, memory_bytes
from tart.config.schema import Config
from tart.control_store import has_keys
from tart.errors import BadQuery, ConfigError, SettingFault, StartupError, StorageError
from tart.os_errors import reason
from tart.rlimits import raise_nofile_limit
from tart.supervisor.data_lock import (
    AMONG_PACKAGES,
    LOCK_NAME,
    describe_owner,
    is_among_packages,
    lock_owner,
    try_writing,
)
from tart.supervisor.sockets import PortInUse, reserve_port

# Renewals are due well before; Let's Encrypt's are a third of 90 days.
_EXPIRES_SOON = timedelta(days=14)
# With fewer a shard or the gateway fails while it starts.
_OPEN_FILES = 64


class StartRefused(StartupError):
    """The machine refuses the settings, for one reason or several."""

    def __init__(self, faults: Sequence[SettingFault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self._faults = faults

    @property
    def sentences(self) -> tuple[str, ...]:
        """A sentence for each reason."""
        return tuple(map(str, self._faults))


def run_checks(config: Config) -> Iterator[Outcome]:
    """Run all checks; none depends on another."""
    for check in CHECKS:
        yield check(config)


def refuse_start(config: Config) -> list[SettingFault]:
    """Return what a start should warn of.

    Raises:
        ConfigError: The settings cannot be used; it has all reasons, also those of the machine.
        StartupError: The machine refuses them.
    """
    problems = [problem for outcome in run_checks(config) for problem in outcome.problems]
    faults = [problem.fault for problem in problems if problem.severity in REFUSE_START]
    if any(problem.severity is Severity.WRONG for problem in problems):
        raise ConfigError(faults=faults)
    if faults:
        raise StartRefused(faults)
    return [problem.fault for problem in problems]


# --- Directories ---------------------------------------------------------------------


def _check_data_dir(config: Config) -> Outcome:
    path = config.data_path
    outcome = Outcome(f"data_dir {path}")
    if is_among_packages(path):
        outcome.add(Severity.WRONG, config.fault("data_dir", f"{path} {AMONG_PACKAGES}"))
    _check_directory(outcome, config, "data_dir", path)
    if (closed := _closed_path(path)) is not None:
        # As after a start as another user; a shard would end again and again.
        error = PermissionError(errno.EACCES, "")
        text = f"cannot use {closed}: {explain(error, closed)}"
        outcome.add(Severity.REFUSED, config.fault("data_dir", text))
    if is_interrupted(path):
        text = f"a restore into {path} was interrupted; run 'tart restore' again to finish it"
        outcome.add(Severity.REFUSED, config.fault("data_dir", text))
    return outcome


def _closed_path(data_dir: Path) -> Path | None:
    """Return the first directory or file of a shard that this user may not use."""
    if not os.access(data_dir, os.R_OK | os.X_OK, effective_ids=True):
        return None  # reported for the directory itself
    for folder in sorted(data_dir.glob("[0-9][0-9]*/")):
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
            return folder
        for file in sorted(folder.glob("*.duckdb")):
            if not os.access(file, os.R_OK, effective_ids=True):
                return file
    return None


def _check_run_dir(config: Config) -> Outcome:
    path = config.run_path
    outcome = Outcome(f"run_dir {path}")
    # One inside the data directory has its lock and, until it exists, its permissions.
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(config.data_path)):
        _check_directory(outcome, config, "run_dir", path)
    elif os.path.exists(path) and not os.access(path, os.W_OK, effective_ids=True):
        error = PermissionError(errno.EACCES, "")
        text = f"cannot write to {path}: {explain(error, path)}"
        outcome.add(Severity.REFUSED, config.fault("run_dir", text))
    return outcome


def _check_directory(outcome: Outcome, config: Config, key: str, path: Path) -> None:
    """Check that a directory can be made and written, and that no other server has it."""
    existing = next(
        (parent for parent in (path, *path.parents) if os.path.lexists(parent)), Path("/")
    )
    try:
        lock = path / LOCK_NAME
        if existing.is_dir():
            try_writing(existing)
        else:
            (existing / LOCK_NAME).stat()  # raises the right error
        if lock.exists() and not os.access(lock, os.R_OK | os.W_OK, effective_ids=True):
            existing = lock
            raise PermissionError(errno.EACCES, "")
    except OSError as error:
        text = f"cannot write to {path}: {explain(error, existing)}"
        outcome.add(Severity.REFUSED, config.fault(key, text))
        return
    if (owner := lock_owner(path)) is not None:
        outcome.add(Severity.IN_USE, config.fault(key, describe_owner(owner, path)))


# --- Addresses and keys --------------------------------------------------------------


def _check_telemetry_bind(config: Config) -> Outcome:
    return _check_address(config, "telemetry.bind", config.telemetry.bind)


def _check_api_bind(config: Config) -> Outcome:
    return _check_address(config, "api.bind", config.api.bind)


def _check_address(config: Config, key: str, bind: str) -> Outcome:
    outcome = Outcome(f"{key} {bind}")
    try:
        with reserve_port(*parse_address(bind, key), key):
            pass
    except StartupError as error:
        severity = Severity.IN_USE if isinstance(error, PortInUse) else Severity.REFUSED
        outcome.add(severity, config.fault(key, str(error).removeprefix(f"{key}: ")))
    return outcome


def _check_keys(config: Config) -> Outcome:
    """Check that an API that other machines can reach is not open to all."""
    host, _ = parse_address(config.api.bind, "api.bind")
    if config.api.auth == "none":
        return Outcome("API keys: none are asked for, by api.auth")
    if is_loopback(host):
        return Outcome("API keys: only this machine can reach the API")
    outcome = Outcome("API keys: other machines can reach the API")
    path = config.control_path
    try:
        if not has_keys(path):
            text = (
                f"{config.api.bind} can be reached from other machines and there is no key: create "
                f"one with 'tart keys create --new --name NAME --data-dir {config.data_path}', or "
                'set api.auth = "none"'
            )
            outcome.add(Severity.WRONG, config.fault("api.bind", text))
    except (StorageError, OSError) as error:
        # The gateway refuses all requests and logs the reason; telemetry is received.
        outcome.add(Severity.DEFECT, SettingFault("", "", None, reason(error)))
    return outcome


# --- Certificate ---------------------------------------------------------------------


def _check_certificate(config: Config) -> Outcome:
    if config.tls_paths is None:
        return Outcome("certificate: none, the API is served without TLS")
    certificate, key = config.tls_paths
    outcome = Outcome(f"certificate {certificate}")
    faults = list(_unreadable(config, certificate, key)) or list(_unusable(config))
    for fault in faults:
        outcome.add(Severity.WRONG, fault)
    if not faults:
        _check_validity(outcome, config, certificate)
    return outcome


def _unreadable(config: Config, certificate: Path, key: Path) -> Iterator[SettingFault]:
    files = {"api.tls_certificate": certificate}
    if key != certificate:
        files["api.tls_key"] = key
    for setting, path in files.items():
        try:
            with path.open("rb") as opened:
                opened.read(1)
        except OSError as error:
            yield config.fault(setting, f"{path} cannot be read: {explain(error, path)}")


def _unusable(config: Config) -> Iterator[SettingFault]:
    # Imported here: OpenSSL takes a while, and most servers are started without.
    from tart.gateway.http.tls import server_context

    assert config.tls_paths is not None
    try:
        server_context(config.tls_paths)
    except StartupError as error:
        yield config.fault("api.tls_certificate", str(error).removeprefix("api.tls_certificate "))


def _check_validity(outcome: Outcome, config: Config, path: Path) -> None:
    now = datetime.now(UTC)
    try:
        validities = read_validities(path.read_text("utf-8", "replace"))
    except ValueError:
        return  # OpenSSL could read it
    for validity in validities:
        text = None
        severity = Severity.DEFECT
        if now < validity.begins:
            text = f"{path} is not valid before {validity.begins:%Y-%m-%d %H:%M} UTC"
        elif now > validity.ends:
            text = f"{path} expired on {validity.ends:%Y-%m-%d %H:%M} UTC; clients refuse it"
        elif validity.ends - now < _EXPIRES_SOON:
            days = (validity.ends - now).days
            severity = Severity.WARNING
            text = f"{path} expires in {days} days, on {validity.ends:%Y-%m-%d %H:%M} UTC"
        if text:
            outcome.add(severity, config.fault("api.tls_certificate", text))
    if validities and not outcome.problems:
        ends = min(validity.ends for validity in validities)
        outcome.subject += f", valid until {ends:%Y-%m-%d}"


# --- Alerts --------------------------------------------------------------------------


def _check_alerts(config: Config) -> Outcome:
    # Imported here: most servers are started without a rule file.
    if not config.alerts.file and not os.path.lexists(config.alerts_path):
        return Outcome("alert rules: the built-in ones")
    from tart.alert_rules import find_unusable, read_configured_rules

    outcome = Outcome(f"alert rules {config.alerts_path}")
    try:
        rules = read_configured_rules(config)
    except ConfigError as error:
        for fault in error.faults:
            outcome.add(Severity.WRONG, fault)
        return outcome
    for fault in find_unusable(rules, str(config.alerts_path)):
        outcome.add(Severity.WARNING, fault)
    return outcome


# --- Sampling ------------------------------------------------------------------------


def _check_sampling(config: Config) -> Outcome:
    # Imported here: what events there are takes a tenth of a second, and few servers sample.
    names = config.storage.sample_types
    if not config.storage.sample_after_seconds:
        outcome = Outcome("the event log is never sampled")
        if names:
            text = "has no effect while storage.sample_after_seconds is 0"
            outcome.add(Severity.WARNING, config.fault("storage.sample_types", text))
        return outcome
    from tart.shard.state.sampling import sampled_types

    outcome = Outcome("sampling of the event log")
    try:
        sampled_types(names)
    except BadQuery as error:
        outcome.add(Severity.WRONG, config.fault("storage.sample_types", str(error)))
    return outcome


# --- Memory --------------------------------------------------------------------------


def _check_memory(config: Config) -> Outcome:
    """Compare what DuckDB may take in all shards with the memory of the machine."""
    limit, shards, total = config.storage.memory_limit, config.shard_count, _machine_bytes()
    outcome = Outcome(f"memory: {shards} shards with {limit} each")
    each_shard = memory_bytes(limit, total)
    wanted = each_shard * shards
    if each_shard < MIN_MEMORY_BYTES:
        text = f"{limit} of this machine is too little to open the files; give at least 10MB"
        outcome.add(Severity.WRONG, config.fault("storage.memory_limit", text))
    elif wanted > total:
        text = (
            f"{shards} shards with {limit} each are {wanted / 2**30:.1f} GiB, and this "
            f"machine has {total / 2**30:.1f}; lower it or shards"
        )
        outcome.add(Severity.WARNING, config.fault("storage.memory_limit", text))
    return outcome


def _check_open_files(config: Config) -> Outcome:
    """Check that a process may open what it needs beside its connections."""
    outcome = Outcome("open files")
    if (allowed := raise_nofile_limit(_OPEN_FILES)) < _OPEN_FILES:
        text = (
            f"a process may have {allowed} open files here, and a shard needs {_OPEN_FILES} at "
            "least: raise the limit with 'ulimit -n', or LimitNOFILE of the unit"
        )
        outcome.add(Severity.REFUSED, SettingFault("", "", None, text))
    return outcome


def _machine_bytes() -> int:
    """Return the memory of the machine, or of the container that this process is in."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        allowed = int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):
        return total
    return min(total, allowed)


CHECKS: tuple[Callable[[Config], Outcome], ...] = (
    _check_data_dir,
    _check_run_dir,
    _check_telemetry_bind,
    _check_api_bind,
    _check_keys,
    _check_certificate,
    _check_alerts,
    _check_sampling,
    _check_memory,
    _check_open_files,
)
