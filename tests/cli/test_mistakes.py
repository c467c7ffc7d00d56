"""Mistakes at the command line: each gets one sentence with the way out, and its exit code."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trustme

from tart.cli.command_table import COMMANDS
from tart.os_errors import reason
from tests.cli import surroundings
from tests.cli.forked_commands import ForkedCommands, Outcome, Run
from tests.cli.mistake import Mistake, read_table, sentences_of
from tests.running import System, running_system
from tests.supervisor.process import ROOT

MOST_LINES, MOST_CHARACTERS = 4, 260
MISTAKES = read_table()
_UNPRIVILEGED = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
# What some machines do not have.
NEEDS = {
    "root": lambda: os.geteuid() == 0,
    "privileged ports": lambda: int(_UNPRIVILEGED.read_text()) > 80,
}
# Commands that take no argument, or print what they are made of.
WITHOUT_MISTAKES = {"man", "skill"}


class Elsewhere(BaseHTTPRequestHandler):
    """Another web server, whose first part of the path is what it answers."""

    def do_GET(self) -> None:
        kind, _, rest = self.path.removeprefix("/").partition("/")
        self.send_response(int(kind) if kind.isdecimal() else 200)
        if kind == "302":
            self.send_header("Location", f"https://tart.example/{rest}")
        self.end_headers()
        self.wfile.write({"html": b"<html>", "object": b"{}"}.get(kind, b""))

    def log_message(self, *arguments: object) -> None:
        """Be silent."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    """Run a web server in a thread and yield its address."""
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def greeting() -> Iterator[str]:
    """Run a server that greets as SSH does, and yield its address."""

    def greet() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH\r\n")
                connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=greet, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


class World:
    """Everything that commands may meet: servers, directories, keys."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self.keys: dict[str, str] = {}
        self._made = 0
        self.commands = stack.enter_context(ForkedCommands())
        data = directory / "data"
        for name in ("viewer", "operator", "revoked"):
            role = "viewer" if name == "revoked" else name
            created = self.tart("keys", "create", "--name", name, "--role", role, "--new",
                                "--data-dir", str(data))  # fmt: skip
            self.keys[name] = created.out.strip()
        revoked = self.keys["revoked"].split("_")[1]
        assert self.tart("keys", "revoke", revoked, "--data-dir", str(data)).code == 0
        system = stack.enter_context(running_system(data, shards=1))
        web = stack.enter_context(serving(ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)))
        self.names = {
            "server": system.api,
            "api": system.api.removeprefix("http://"),
            "telemetry": "{}:{}".format(*system.telemetry),
            "pid": str(system.process.pid),
            "data": str(data),
            "long": "/tmp/" + "d" * 100,
            "web": f"http://{web}",
            "tls": stack.enter_context(serving(_tls_server())),
            "banner": stack.enter_context(greeting()),
            "unknown host": _unknown_host(),
            "not text": os.fsdecode(b"\xff"),
        }
        self._stop_a_server(system)

    def _stop_a_server(self, system: System) -> None:
        """Put the files of a server that has stopped, and a backup of them, into directories."""
        backups = self.directory / "backups"
        done = self.tart("backup", str(backups), "--data-dir", self.names["data"])
        assert done.code == 0, done.err
        (backup,) = backups.iterdir()
        stopped = self.directory / "stopped"
        assert self.tart("restore", str(backup), "--data-dir", str(stopped)).code == 0
        self.names |= {"backup": str(backup), "stopped": str(stopped)}

    def tart(self, *arguments: str) -> Outcome:
        """Run a command that is no mistake."""
        return self.commands.run(Run(arguments, self.directory))

    def make(self, mistake: Mistake) -> tuple[Outcome, list[str], dict[str, str]]:
        """Make a mistake; return its outcome, what it created, and the names that were filled."""
        self._made += 1
        directory = self.directory / f"{self._made}"
        directory.mkdir()
        directory.chmod(0o777)
        mistake.put_files(directory)
        before = _names(directory)
        environ = dict(mistake.environ)
        if mistake.key is not None:
            environ["TART_KEY"] = self.keys[mistake.key]
        names = self.names | {"here": str(directory)}
        around = mistake.surroundings and getattr(surroundings, mistake.surroundings)
        run = Run(mistake.arguments(names), directory, environ, b"", around)
        outcome = self.commands.run(run)
        return outcome, sorted(_names(directory) - before), names


def _tls_server() -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def _unknown_host() -> str:
    """Return why this machine does not know a name: no server has it, or no server answers."""
    with pytest.raises(socket.gaierror) as caught:
        socket.getaddrinfo("no.such.invalid", 1)
    return reason(caught.value)


def _names(directory: Path) -> set[str]:
    if not directory.exists():
        return set()
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    # pytest's own directories are closed to other users, as whom some of the commands run.
    with TemporaryDirectory(prefix="tart-", dir="/tmp") as name, ExitStack() as stack:
        directory = Path(name)
        directory.chmod(0o755)
        yield World(directory, stack)


def assert_said(world: World, mistakes: Iterable[Mistake]) -> None:
    """Make mistakes; all that differ from the table are shown together."""
    wrong: list[str] = []
    for mistake in mistakes:
        outcome, created, names = world.make(mistake)
        says = sentences_of(outcome.err)
        if (outcome.code, says) != (mistake.code, mistake.sentences(names)):
            wrong.append(f"{mistake.title}: exit code {outcome.code}, says\n{says}")
        if created != sorted(mistake.creates):
            wrong.append(f"{mistake.title}: creates {created}")
        if bool(outcome.out) is not mistake.prints:
            wrong.append(f"{mistake.title}: prints {outcome.out[:200]!r}")
    assert not wrong, "\n\n".join([f"{len(wrong)} rows of tests/cli/mistakes.toml differ", *wrong])


@pytest.mark.slow
def test_each_mistake_gets_its_sentence_and_exit_code_and_leaves_nothing(world: World) -> None:
    assert_said(world, (mistake for mistake in MISTAKES if mistake.needs is None))


@pytest.mark.parametrize("need", NEEDS)
def test_what_a_user_may_not_do_is_said(world: World, need: str) -> None:
    if not NEEDS[need]():
        pytest.skip(f"these mistakes cannot be made here without {need}")
    assert_said(world, (mistake for mistake in MISTAKES if mistake.needs == need))


@pytest.mark.parametrize(
    "command", [("serv",), ("check", "none\udcff"), ("config", "check", "--config", "none")]
)
@pytest.mark.parametrize("environ", [{}, {"LC_ALL": "C", "TERM": "dumb", "HOME": "/none"}])
def test_a_process_that_is_not_forked_says_the_same(
    world: World, command: tuple[str, ...], environ: dict[str, str]
) -> None:
    outcome = world.commands.run(Run(command, world.directory, environ))
    done = subprocess.run(
        [sys.executable, "-m", "tart", *command],
        cwd=world.directory,
        env={"PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.decode()) == (
        outcome.code,
        outcome.out.encode(),
        outcome.err,
    )


def test_the_table_is_readable() -> None:
    """Rules for every sentence: short, one path once, no numbers of errors, no Python."""
    assert len(MISTAKES) >= 60
    assert len({mistake.title for mistake in MISTAKES}) == len(MISTAKES)
    words = {mistake.command.partition(" ")[0] for mistake in MISTAKES}
    assert set(COMMANDS) - words <= WITHOUT_MISTAKES
    internal = re.compile(r"Errno|Traceback|Error:|0x[0-9a-f]{8}|<class")
    for mistake in MISTAKES:
        lines = mistake.says.splitlines()
        assert len(lines) <= MOST_LINES, mistake.title
        assert all(len(line) <= MOST_CHARACTERS for line in lines), mistake.title
        assert not internal.search(mistake.says), mistake.title
        for path in re.findall(r"\{(?:here|data|stopped)\}[^\s:;,]*", mistake.says):
            assert mistake.says.count(path) == 1, mistake.title
