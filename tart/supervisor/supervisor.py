"""Keeps a set of child processes alive until it is told to stop.

The supervisor gets named callables and knows nothing of them but when they accept, fall silent,
end, or do not stop. It is one loop in one thread: a signal becomes a byte in a pipe, a child's
messages are bytes in another, and every decision is made between two waits. ``restart_policy``
decides when to restart, ``watchdog`` what a silence means.

What must stay true:

- Only pipes are opened here before a fork, and a child closes those at once.
- Signals are blocked across a fork: a child that ran the supervisor's handlers would report a
  signal of its own as the supervisor's.
- Only this process holds the lifeline's write end, so however it ends, its children notice.
"""

from __future__ import annotations

import atexit
import logging
import math
import os
import selectors
import signal
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from tart.config.schema import SupervisorConfig
from tart.errors import ConfigError
from tart.os_errors import reason
from tart.process_handle import READY, WAIVE_STARTUP
from tart.stop_signals import GRACE_SECONDS, NUMBERS, Request, StopSignals, ignore_stop_signals
from tart.supervisor.child import Target, flush_streams, live
from tart.supervisor.core.restart_policy import MAX_DELAY, GiveUp, RestartPolicy, Start, Wait
from tart.supervisor.core.watchdog import Watchdog
from tart.supervisor.sd_notify import Notifier

_SIGNALS = (*NUMBERS, signal.SIGHUP, signal.SIGCHLD)
# The others wait for a child for ``ready_seconds`` divided by this; after that they become ready
# without it if it makes progress.
_STARTUP_SHARE = 3

_log = logging.getLogger(__name__)


@dataclass
class _Child:
    """One callable and the process that runs it now, if any.

    Attributes:
        status_pipe: Read end of the pipe with the child's messages.
        accepts: Whether it is ready.
        waived: Whether it still starts and the others are ready without it.
        ready_by: Deadline to accept, moved by progress.
        responds_by: Deadline of its next message.
        exits: When its processes ended.
        is_optional: See ``Supervisor``.
        due: When to start it; ``None`` while it runs, or if it is not to be started.
    """

    name: str
    target: Target
    pid: int | None = None
    status_pipe: int | None = None
    accepts: bool = False
    waived: bool = False
    ready_by: float = math.inf
    responds_by: float = math.inf
    exits: list[float] = field(default_factory=list)
    is_optional: bool = False
    due: float | None = 0.0


class Supervisor:
    """Forks child processes, restarts those that end, and stops all on SIGTERM or SIGINT.

    Args:
        targets: Name to callable; each runs in a process of its own.
        config: The limits.
        on_ready: Called once, when all children accept for the first time. Its argument names
            those that still recover and accept later.
        reload: Called on SIGHUP; reads the settings again and logs what changed. A
            ``ConfigError`` keeps the current settings.
        notifier: Sends messages to systemd.
        watchdog: The intervals of systemd's watchdog.
        optional: Names of children that the others do without: their start is not waited for,
            they are never given up, and one that hangs is killed instead of the service.
        grace_seconds: The time after a stop signal in which another one changes nothing.
    """

    def __init__(
        self,
        targets: Mapping[str, Target],
        config: SupervisorConfig,
        *,
        on_ready: Callable[[Sequence[str]], None],
        reload: Callable[[], None],
        notifier: Notifier,
        watchdog: Watchdog,
        optional: Collection[str] = (),
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._children = [
            _Child(name, target, is_optional=name in optional) for name, target in targets.items()
        ]
        self._config = config
        self._policy = RestartPolicy(
            config.backoff_seconds, config.crash_limit, config.crash_window_seconds
        )
        self._on_ready = on_ready
        self._reload_settings = reload
        self._notifier = notifier
        self._watchdog = watchdog
        self._feed_at = math.inf  # set once all children accept, if systemd watches
        self._unresponsive: list[_Child] = []  # at the last feed of systemd's watchdog
        # Poll, not epoll: a forked epoll would still be the one of this process.
        self._selector = selectors.PollSelector()
        self._own: list[int] = []  # descriptors that no child may keep
        self._wakeup = -1  # read end of the pipe of signals
        self._lifeline = -1
        self._announced = False  # whether all have accepted once
        self._stop_by: float | None = None  # set once a stop has begun
        self._stop_reason = ""
        self._stop_signals = StopSignals(grace_seconds)
        self._code = 0

    def run(self) -> int:
        """Supervise until all children have stopped.

        Returns:
            0 after a clean stop by a signal, else 1.
        """
        with self._pipes():
            for child in self._children:
                if not child.is_optional:
                    child.ready_by = time.monotonic() + self._config.ready_seconds
            while self._stop_by is None or any(child.pid for child in self._children):
                self._start_due()
                for key, _ in self._selector.select(self._next_deadline()):
                    key.data()
                self._reap()
                self._check_deadlines()
        _log.info("stopped, exit code %d", self._code)
        return self._code

    @contextmanager
    def _pipes(self) -> Iterator[None]:
        """Open the pipe of signals and the children's lifeline; handle signals meanwhile."""
        wakeup, woken = os.pipe()
        self._lifeline, held = os.pipe()
        os.set_blocking(wakeup, False)
        os.set_blocking(woken, False)
        self._own = [wakeup, woken, held]
        self._wakeup = wakeup
        self._selector.register(wakeup, selectors.EVENT_READ, self._read_signals)
        previous = signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        handlers = {number: signal.signal(number, _ignore_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            if self._stop_by is not None:
                # Ours stay: a repeated signal must not end a process that has stopped in order.
                atexit.register(ignore_stop_signals)
            for number, handler in handlers.items():
                if self._stop_by is None or number not in NUMBERS:
                    signal.signal(number, handler)
            signal.set_wakeup_fd(previous)
            self._selector.close()
            for descriptor in (*self._own, self._lifeline):
                os.close(descriptor)

    # --- Start and end of children ---

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.due is not None and child.due <= now:
                child.due = None
                try:
                    self._start(child)
                except OSError as error:
                    how = f"could not be started ({reason(error)})"
                    self._record_end(child, how, clean=False)

    def _start(self, child: _Child) -> None:
        child.status_pipe, write_end = os.pipe()
        pipes = [each.status_pipe for each in self._children if each.status_pipe is not None]
        flush_streams()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            child.pid = os.fork()
            if child.pid == 0:
                live(
                    child.name,
                    child.target,
                    status_pipe=write_end,
                    lifeline=self._lifeline,
                    foreign=[*self._own, *pipes],
                    heartbeat_seconds=self._watchdog.heartbeat_seconds,
                    startup_seconds=self._config.ready_seconds / _STARTUP_SHARE,
                    restarted=bool(child.exits),
                )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(write_end)
        child.responds_by = time.monotonic() + self._config.ready_seconds
        self._selector.register(
            child.status_pipe,
            selectors.EVENT_READ,
            partial(self._read_status, child, child.status_pipe),
        )
        _log.info("%s started, pid %d", child.name, child.pid)

    def _reap(self) -> None:
        # Each by its own number: waiting for "any child" could take a process of another library.
        ended = [child for child in self._children if child.pid and _has_ended(child.pid)]
        if ended:
            # A stop signal to the whole group has reached this process, too.
            self._read_signals()
        for child in ended:
            assert child.pid
            _, status = os.waitpid(child.pid, 0)
            code = os.waitstatus_to_exitcode(status)
            # A child that had not yet installed its handler ends by the signal itself.
            self._record_end(child, _ending(code), clean=code in (0, -signal.SIGTERM))
        if os.getpid() == 1:
            self._reap_orphans()

    def _reap_orphans(self) -> None:
        """Wait for processes whose parent ended before them, as a container's first process must.

        A process that runs a user's SQL is one, if the gateway was killed meanwhile.
        """
        own = {child.pid for child in self._children}
        with suppress(ChildProcessError):
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if ended.si_pid in own:
                    break  # Its signal comes, or came meanwhile.
                os.waitpid(ended.si_pid, 0)

    def _record_end(self, child: _Child, how: str, *, clean: bool) -> None:
        child.pid = None
        child.accepts = child.waived = False
        child.responds_by = math.inf
        self._close_status_pipe(child)
        if self._stop_by is None:
            self._restart(child, how)
            return
        if clean:
            _log.info("%s stopped", child.name)
        else:
            _log.error("%s %s while stopping", child.name, how)
            self._code = 1
        self._notifier.status(self._status())

    def _restart(self, child: _Child, how: str) -> None:
        now = time.monotonic()
        child.exits = [*self._policy.recent(child.exits, now), now]
        match self._policy.decide(child.exits, now):
            case GiveUp(reason) if child.is_optional:
                child.due = now + MAX_DELAY
                _log.error(
                    "%s %s, the last time it %s; restarting it every %g s, its earlier log lines "
                    "say why; the other processes are not affected",
                    child.name,
                    reason,
                    how,
                    MAX_DELAY,
                )
                self._notifier.status(self._status())
            case GiveUp(reason):
                self._stop(
                    f"{child.name} {reason}, the last time it {how}; giving up, "
                    "its earlier log lines say why",
                    code=1,
                )
            case Wait(until):
                child.due = until
                _log.error("%s %s; restarting it in %.1f s", child.name, how, until - now)
                self._notifier.status(self._status())
            case Start():
                child.due = now

    # --- Signals and messages ---

    def _read_signals(self) -> None:
        numbers = b""
        with suppress(BlockingIOError):
            numbers = os.read(self._wakeup, 4096)
        for number in numbers:
            if number in NUMBERS:
                self._receive_stop(signal.Signals(number))
            elif number == signal.SIGHUP:
                self._reload()

    def _read_status(self, child: _Child, status_pipe: int) -> None:
        messages = os.read(status_pipe, 4096)
        if not messages:
            self._close_status_pipe(child)
            return  # The child is gone; SIGCHLD arrives on the other pipe.
        now = time.monotonic()
        if child.accepts or READY in messages:
            child.responds_by = math.inf
            if self._watchdog.seconds:
                child.responds_by = now + self._watchdog.timeout_seconds
            if not child.accepts:
                child.accepts, child.waived, child.ready_by = True, False, math.inf
                _log.info("%s accepts connections", child.name)
                self._announce()
            return
        # The child makes progress: its work is bounded, the time for it is not known here.
        child.responds_by = now + self._config.ready_seconds
        if child.ready_by != math.inf:
            child.ready_by = child.responds_by
        if WAIVE_STARTUP in messages and not child.waived:
            child.waived = True
            _log.warning("%s is still recovering; the other processes start without it", child.name)
            self._announce()

    def _announce(self) -> None:
        """Report readiness if all children accept that are waited for."""
        if self._stop_by is None and all(
            each.accepts or each.waived or each.is_optional for each in self._children
        ):
            if not self._announced:
                self._announced = True
                for child in self._children:
                    child.ready_by = math.inf
                self._on_ready([child.name for child in self._children if child.waived])
                if self._watchdog.seconds:
                    self._feed_at = time.monotonic()
            self._notifier.ready(self._status())

    def _close_status_pipe(self, child: _Child) -> None:
        if child.status_pipe is not None:
            if child.status_pipe in self._selector.get_map():
                self._selector.unregister(child.status_pipe)
            os.close(child.status_pipe)
            child.status_pipe = None

    def _reload(self) -> None:
        if self._stop_by is not None:
            return
        # Before all children have accepted once, READY=1 would be wrong.
        if self._announced:
            self._notifier.reloading()
        try:
            self._reload_settings()
        except ConfigError as error:
            for sentence in error.sentences:
                _log.error("SIGHUP: not reloaded, the current settings stay: %s", sentence)
        else:
            self._signal(signal.SIGHUP)
        if self._announced:
            self._notifier.ready(self._status())

    # --- Stop ---

    def _receive_stop(self, number: signal.Signals) -> None:
        signals = self._stop_signals
        match signals.receive(time.monotonic()):
            case Request.STOP:
                self._stop(number.name, code=0, advice=f"; {signals.advice(number)}")
            case Request.REPEAT:
                _log.info("%s again: already stopping; %s", number.name, signals.advice(number))
            case Request.KILL:
                self._kill(
                    f"{number.name} more than {signals.grace_seconds:g} s after the first stop "
                    "signal"
                )
            case Request.IGNORE:
                pass

    def _stop(self, why: str, *, code: int, advice: str = "") -> None:
        self._code = max(self._code, code)
        _log.log(logging.ERROR if code else logging.INFO, "stopping: %s%s", why, advice)
        if self._stop_by is None:
            self._stop_by = time.monotonic() + self._config.stop_seconds
            self._stop_reason = why
            self._notifier.stopping(self._status())
            for child in self._children:
                child.due = None
            self._signal(signal.SIGTERM)
            # An unresponsive child would not stop either, and the others would wait for it.
            for child in self._unresponsive:
                if child.pid:
                    os.kill(child.pid, signal.SIGKILL)

    def _kill(self, why: str) -> None:
        self._code = 1
        self._stop_by = math.inf
        names = ", ".join(child.name for child in self._children if child.pid)
        _log.error("%s: killing %s", why, names)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.pid:
                # Not reaped yet, so the number is still its own.
                os.kill(child.pid, number)

    # --- Time ---

    def _feed_watchdog(self, now: float) -> None:
        """Tell systemd's watchdog that all children respond, if they do."""
        self._feed_at = now + self._watchdog.feed_seconds
        late = [child for child in self._children if now >= child.responds_by]
        unresponsive = [child for child in late if not child.is_optional]
        for child in late:
            if child.is_optional and child.pid:
                _log.error("%s is unresponsive; killing it, it is restarted", child.name)
                child.responds_by = math.inf
                os.kill(child.pid, signal.SIGKILL)
        if unresponsive != self._unresponsive:
            for child in unresponsive:
                _log.error(
                    "%s is unresponsive; stopping watchdog notifications, systemd will restart "
                    "the service",
                    child.name,
                )
            self._unresponsive = unresponsive
            self._notifier.status(self._status())
        # A stop has a deadline of its own.
        if not unresponsive or self._stop_by is not None:
            self._notifier.alive()

    def _check_deadlines(self) -> None:
        now = time.monotonic()
        if now >= self._feed_at:
            self._feed_watchdog(now)
        if self._stop_by is None:
            if late := ", ".join(child.name for child in self._children if now >= child.ready_by):
                seconds = self._config.ready_seconds
                self._stop(
                    f"{late} did not accept within {seconds:g} s (supervisor.ready_seconds)", code=1
                )
        elif now >= self._stop_by:
            seconds = self._config.stop_seconds
            self._kill(f"not stopped within {seconds:g} s (supervisor.stop_seconds)")

    def _next_deadline(self) -> float | None:
        """Return the seconds until the next deadline; ``None`` if there is none."""
        stop = math.inf if self._stop_by is None else self._stop_by
        ready = math.inf
        if self._stop_by is None:
            ready = min(child.ready_by for child in self._children)
        starts = [child.due for child in self._children if child.due is not None]
        first = min(stop, ready, self._feed_at, *starts)
        return None if first == math.inf else max(0.0, first - time.monotonic())

    def _status(self) -> str:
        """Return the line that ``systemctl status`` shows, also after the end."""
        if self._stop_by is not None:
            running = ", ".join(child.name for child in self._children if child.pid)
            state = f"; still running: {running}" if running else ""
            return f"{'stopping' if running else 'stopped'}: {self._stop_reason}{state}"
        accepting = sum(child.accepts for child in self._children)
        unresponsive = "".join(f", {child.name} is unresponsive" for child in self._unresponsive)
        recovering = "".join(f", {child.name} recovers" for child in self._children if child.waived)
        return f"{accepting} of {len(self._children)} processes accept{recovering}{unresponsive}"


def _ignore_signal(number: int, frame: object) -> None:
    """Do nothing: the number is already in the wake-up pipe."""


def _has_ended(pid: int) -> bool:
    """Return whether a child has ended; its number stays its own until it is waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _ending(code: int) -> str:
    """Return how a process ended, as the end of a sentence."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal, which has no name
        return f"was killed by signal {-code}"
