"""Keeps a set of processes alive until it is told to stop.

It is handed named callables and knows nothing about them but when they accept, fall silent,
end, or do not stop. One plain loop in one thread: a signal becomes a byte in a pipe, readiness
and each sign of life a byte in another, and everything is decided between two waits. When to
restart is ``policy``'s decision, what a silence means ``watchdog``'s.

What must stay true:
- Nothing but pipes is opened here before a fork, and a child closes those at once.
- Signals are blocked across a fork: a child that ran our handlers would report a signal of
  its own as ours.
- Only this process holds the lifeline's write end, so however it ends, its children notice.
"""

from __future__ import annotations

import logging
import math
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from tart.config.schema import SupervisorConfig
from tart.errors import ConfigError
from tart.process_handle import READY, WAIVE_STARTUP
from tart.supervisor.child import Target, flush_streams, live
from tart.supervisor.core.restart_policy import GiveUp, RestartPolicy, Start, Wait
from tart.supervisor.core.watchdog import Watchdog
from tart.supervisor.sd_notify import Notifier

_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

# A part is waited for during this part of ``ready_seconds``, then the others are ready without
# it if it gets on.
_PATIENCE = 3

_log = logging.getLogger(__name__)


@dataclass
class _Part:
    """One callable and the process that runs it now, if any."""

    name: str
    target: Target
    pid: int | None = None
    voice: int | None = None  # read end of the pipe it speaks on
    accepts: bool = False
    waived: bool = False  # it recovers, and the others are ready without it
    ready_by: float = math.inf  # past this time it is too late to accept
    heard_by: float = math.inf  # past this time it does not answer
    exits: list[float] = field(default_factory=list)
    due: float | None = 0.0  # when to start it; None: not at all, or it runs


class Supervisor:
    """Forks ``parts``, restarts what ends, and stops all of them on SIGTERM or SIGINT.

    Args:
        parts: name to callable; each runs in a process of its own.
        config: the limits.
        on_ready: called once, when all parts accept for the first time, but for those it is
            given: they recover, and accept later.
        reload: called on SIGHUP; reads the settings again and says in a sentence what
            came of it. ``ConfigError`` keeps the old ones.
        notifier: tells systemd.
        watchdog: what systemd, if it watches, is to be told when.
    """

    def __init__(
        self,
        parts: Mapping[str, Target],
        config: SupervisorConfig,
        *,
        on_ready: Callable[[Sequence[str]], None],
        reload: Callable[[], str],
        notifier: Notifier,
        watchdog: Watchdog,
    ) -> None:
        self._parts = [_Part(name, target) for name, target in parts.items()]
        self._config = config
        self._policy = RestartPolicy(
            config.backoff_seconds, config.crash_limit, config.crash_window_seconds
        )
        self._on_ready = on_ready
        self._reload_settings = reload
        self._notifier = notifier
        self._watchdog = watchdog
        self._feed_at = math.inf  # once all accepted, if systemd watches
        self._silent: list[_Part] = []  # when systemd was last told, or not, about it
        # Poll, not epoll: a forked epoll would still be the one of this process.
        self._selector = selectors.PollSelector()
        self._own: list[int] = []  # descriptors no child may keep
        self._lifeline = -1
        self._announced = False  # that all accepted for the first time
        self._stop_by: float | None = None  # set once a stop has begun
        self._stop_signals = 0
        self._code = 0

    def run(self) -> int:
        """Supervise until all parts have stopped.

        Returns:
            0 after a stop that was asked for and went cleanly, else 1.
        """
        with self._pipes():
            for part in self._parts:
                part.ready_by = time.monotonic() + self._config.ready_seconds
            while self._stop_by is None or any(part.pid for part in self._parts):
                self._start_due()
                for key, _ in self._selector.select(self._patience()):
                    key.data()
                self._reap()
                self._keep_deadlines()
        _log.info("stopped, exit code %d", self._code)
        return self._code

    @contextmanager
    def _pipes(self) -> Iterator[None]:
        """Signals arrive as bytes in one pipe; the other is the children's lifeline."""
        wakeup, woken = os.pipe()
        self._lifeline, held = os.pipe()
        os.set_blocking(wakeup, False)
        os.set_blocking(woken, False)
        self._own = [wakeup, woken, held]
        self._selector.register(wakeup, selectors.EVENT_READ, partial(self._hear, wakeup))
        previous = signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        handlers = {number: signal.signal(number, _noted) for number in _HANDLED}
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(previous)
            self._selector.close()
            for descriptor in (*self._own, self._lifeline):
                os.close(descriptor)

    # Starting and ending

    def _start_due(self) -> None:
        now = time.monotonic()
        for part in self._parts:
            if part.due is not None and part.due <= now:
                part.due = None
                try:
                    self._start(part)
                except OSError as error:
                    self._ended(part, f"could not be started ({error.strerror})", clean=False)

    def _start(self, part: _Part) -> None:
        part.voice, spoken = os.pipe()
        voices = [each.voice for each in self._parts if each.voice is not None]
        flush_streams()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
        try:
            part.pid = os.fork()
            if part.pid == 0:
                foreign = [*self._own, *voices]
                live(
                    *(part.target, spoken, self._lifeline, foreign),
                    *(self._watchdog.beat_seconds, self._config.ready_seconds / _PATIENCE),
                )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(spoken)
        part.heard_by = time.monotonic() + self._config.ready_seconds
        self._selector.register(
            part.voice, selectors.EVENT_READ, partial(self._hear_part, part, part.voice)
        )
        _log.info("%s started, pid %d", part.name, part.pid)

    def _reap(self) -> None:
        # Each by its own number: waiting for "any child" could take somebody else's.
        for part in self._parts:
            if part.pid and (found := os.waitpid(part.pid, os.WNOHANG))[0]:
                code = os.waitstatus_to_exitcode(found[1])
                # A part that had not yet set up its own way of stopping ends by the signal.
                self._ended(part, _ending(code), clean=code in (0, -signal.SIGTERM))

    def _ended(self, part: _Part, how: str, *, clean: bool) -> None:
        part.pid = None
        part.accepts = part.waived = False
        part.heard_by = math.inf
        self._forget_voice(part)
        if self._stop_by is None:
            self._restart(part, how)
        elif clean:
            _log.info("%s stopped", part.name)
        else:
            _log.error("%s %s while stopping", part.name, how)
            self._code = 1

    def _restart(self, part: _Part, how: str) -> None:
        now = time.monotonic()
        part.exits = [*self._policy.remembered(part.exits, now), now]
        match self._policy.decide(part.exits, now):
            case GiveUp(reason):
                self._stop(
                    f"{part.name} {reason}, the last time it {how}; giving up, "
                    "what it logged before says why",
                    code=1,
                )
            case Wait(until):
                part.due = until
                _log.error("%s %s; starting it again in %.1f s", part.name, how, until - now)
                self._notifier.status(self._status())
            case Start():
                part.due = now

    # What is heard

    def _hear(self, wakeup: int) -> None:
        for number in os.read(wakeup, 4096):
            if number in (signal.SIGTERM, signal.SIGINT):
                self._stop_signals += 1
                if self._stop_signals == 1:
                    self._stop(signal.Signals(number).name, code=0)
                else:
                    self._kill("was told twice to stop")
            elif number == signal.SIGHUP:
                self._reload()

    def _hear_part(self, part: _Part, voice: int) -> None:
        said = os.read(voice, 4096)
        if not said:
            self._forget_voice(part)
            return  # It is gone; its end is heard on the other pipe.
        now = time.monotonic()
        if part.accepts or READY in said:
            part.heard_by = math.inf
            if self._watchdog.seconds:
                part.heard_by = now + self._watchdog.patience_seconds
            if not part.accepts:
                part.accepts, part.waived, part.ready_by = True, False, math.inf
                _log.info("%s accepts", part.name)
                self._welcome()
            return
        # It gets on: what it has to do is bounded, how long that takes is not ours to know.
        part.heard_by = now + self._config.ready_seconds
        if part.ready_by != math.inf:
            part.ready_by = part.heard_by
        if WAIVE_STARTUP in said and not part.waived:
            part.waived = True
            _log.warning("%s recovers; the others are ready without it", part.name)
            self._welcome()

    def _welcome(self) -> None:
        """Tell the world, if now all accept that are waited for."""
        if self._stop_by is None and all(each.accepts or each.waived for each in self._parts):
            if not self._announced:
                self._announced = True
                for part in self._parts:
                    part.ready_by = math.inf
                self._on_ready([part.name for part in self._parts if part.waived])
                if self._watchdog.seconds:
                    self._feed_at = time.monotonic()
            self._notifier.ready(self._status())

    def _forget_voice(self, part: _Part) -> None:
        if part.voice is not None:
            if part.voice in self._selector.get_map():
                self._selector.unregister(part.voice)
            os.close(part.voice)
            part.voice = None

    def _reload(self) -> None:
        if self._stop_by is not None:
            return
        # Before everything accepted for the first time, READY=1 would say too much.
        if self._announced:
            self._notifier.reloading()
        try:
            _log.info("SIGHUP: %s", self._reload_settings())
        except ConfigError as error:
            _log.error("SIGHUP: %s; the old settings stay", error)
        else:
            self._signal(signal.SIGHUP)
        if self._announced:
            self._notifier.ready(self._status())

    # Stopping

    def _stop(self, why: str, *, code: int) -> None:
        self._code = max(self._code, code)
        _log.log(logging.ERROR if code else logging.INFO, "stopping: %s", why)
        if self._stop_by is None:
            self._stop_by = time.monotonic() + self._config.stop_seconds
            self._notifier.stopping(why)
            for part in self._parts:
                part.due = None
            self._signal(signal.SIGTERM)
            # One that does not answer would not stop either, and the others would wait for it.
            for part in self._silent:
                if part.pid:
                    os.kill(part.pid, signal.SIGKILL)

    def _kill(self, why: str) -> None:
        self._code = 1
        self._stop_by = math.inf
        names = ", ".join(part.name for part in self._parts if part.pid)
        _log.error("%s: killing %s", why, names)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for part in self._parts:
            if part.pid:
                # Not reaped yet, so the number is still its own.
                os.kill(part.pid, number)

    # Time

    def _feed(self, now: float) -> None:
        """Tell systemd's watchdog that all is well, if it is."""
        self._feed_at = now + self._watchdog.feed_seconds
        silent = [part for part in self._parts if now >= part.heard_by]
        if silent != self._silent:
            for part in silent:
                _log.error("%s does not answer; systemd will end this", part.name)
            self._silent = silent
            self._notifier.status(self._status())
        # A stop has a deadline of its own.
        if not silent or self._stop_by is not None:
            self._notifier.alive()

    def _keep_deadlines(self) -> None:
        now = time.monotonic()
        if now >= self._feed_at:
            self._feed(now)
        if self._stop_by is None:
            if late := ", ".join(part.name for part in self._parts if now >= part.ready_by):
                seconds = self._config.ready_seconds
                self._stop(
                    f"{late} did not accept within {seconds:g} s (supervisor.ready_seconds)", code=1
                )
        elif now >= self._stop_by:
            seconds = self._config.stop_seconds
            self._kill(f"not stopped within {seconds:g} s (supervisor.stop_seconds)")

    def _patience(self) -> float | None:
        """Seconds until something is due; ``None``: only a signal or a part can bring it."""
        stop = math.inf if self._stop_by is None else self._stop_by
        ready = math.inf
        if self._stop_by is None:
            ready = min(part.ready_by for part in self._parts)
        starts = [part.due for part in self._parts if part.due is not None]
        first = min(stop, ready, self._feed_at, *starts)
        return None if first == math.inf else max(0.0, first - time.monotonic())

    def _status(self) -> str:
        accepting = sum(part.accepts for part in self._parts)
        silent = "".join(f", {part.name} does not answer" for part in self._silent)
        recovering = "".join(f", {part.name} recovers" for part in self._parts if part.waived)
        return f"{accepting} of {len(self._parts)} processes accept{recovering}{silent}"


def _noted(number: int, frame: object) -> None:
    """Nothing to do: the number is already in the wake-up pipe."""


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal, which has no name
        return f"was killed by signal {-code}"
