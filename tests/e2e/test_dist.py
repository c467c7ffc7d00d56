"""``dist/tart`` where there is nothing: no Python, no packages, a bare root file system.

``make dist-test`` makes the file and runs this, as root: a root file system is made of a shell,
what unpacks a tar, and glibc, and entered with chroot in a mount namespace of its own.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.running import System, wait_for
from tests.supervisor.process import Process

pytestmark = [
    pytest.mark.dist,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a root file system"),
]

DIST = Path(__file__).parents[2] / "dist" / "tart"
STATIC = Path(__file__).parents[2] / "tart" / "web" / "static"
COMMANDS = (
    *("sh", "env", "tail", "gzip", "tar", "mkdir", "mv", "rm", "id", "ls", "grep", "basename"),
    "cat",
)
# Parts of glibc that programs open by name, and its resolver.
GLIBC = ("libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1")
ENTER = """
set -e
root=$1; how=$2; shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs none "$root/tmp"
[ "$how" = writable ] || {
    mount --bind "$root/var/lib/tart" "$root/var/lib/tart"
    mount -o remount,bind,ro "$root"
}
exec chroot "$root" /bin/env -i PATH=/bin "$@"
"""

UNSHARE = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "enter"]


@pytest.fixture
def root(tmp_path):
    """A root file system with tart in it, and nothing of Python's."""
    made = tmp_path / "root"
    for each in ("bin", "proc", "dev", "tmp", "root", "var/lib/tart", "opt/tart/bin"):
        (made / each).mkdir(parents=True)
    programs = [Path(shutil.which(each)).resolve() for each in COMMANDS]
    for name, program in zip(COMMANDS, programs, strict=True):
        shutil.copy(program, made / "bin" / name)
    for library in sorted(libraries(programs)):
        target = made / library.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    shutil.copy(DIST, made / "opt/tart/bin/tart")
    return made


def libraries(programs):
    found = set()
    for each in programs:
        listed = subprocess.run(["ldd", each], capture_output=True, text=True, check=True).stdout
        found |= {Path(path) for path in re.findall(r"(/\S+) \(0x", listed)}
    (libc,) = (each for each in found if each.name == "libc.so.6")
    return found | {each for name in GLIBC if (each := libc.with_name(name)).exists()}


def inside(root, how, *arguments, environ=()):
    """A command in the root file system."""
    return Process(root, how, *environ, "/opt/tart/bin/tart", *arguments, program=UNSHARE)


def test_the_wheel_has_the_built_page_and_not_its_sources():
    (wheel,) = DIST.parent.glob("tart-*-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        sizes = {each.filename: each.file_size for each in archive.infolist()}
    inside = {name: size for name, size in sizes.items() if name.startswith("tart/web/")}
    built = {f"tart/web/static/{each.name}": each.stat().st_size for each in STATIC.iterdir()}
    assert {"tart/web/static/index.html", "tart/web/static/THIRD_PARTY.txt"} <= built.keys()
    module = "tart/web/__init__.py"
    assert inside == {**built, module: sizes[module]}
    assert sum(inside.values()) < 2_000_000


def serve(root, how, **options):
    ports = ("--telemetry-bind", "127.0.0.1:0", "--api-bind", "127.0.0.1:0")
    given = ("serve", *ports, "--data-dir", "/var/lib/tart", "--shards", "2")
    return inside(root, how, *given, **options)


def unpacked(where):
    """The releases in a folder for them."""
    return [each.name for each in where.iterdir()] if where.exists() else []


@pytest.mark.parametrize(
    ("how", "environ", "where"),
    [
        ("writable", ["HOME=/root"], "root/.cache/tart"),
        ("writable", ["CACHE_DIRECTORY=/var/cache/tart", "HOME=/root"], "var/cache/tart"),
        ("writable", [], "var/cache/tart"),
        # Nothing but the data directory and a private /tmp.
        ("read-only", ["HOME=/root"], None),
    ],
)
def test_it_serves_takes_a_simulation_answers_and_stops(root, how, environ, where):
    with serve(root, how, environ=environ) as process:
        system = System(process)
        target = "{}:{}".format(*system.telemetry)
        play = ("simulate", "--target", target, "--duration", "3", "--nodes", "3")
        with inside(root, how, *play, environ=environ) as network:
            assert network.ended() == 0

        sent = int(re.search(r"sent (\d+) events", " ".join(network.rest()))[1])
        assert sent > 0
        question = {
            "map": "SELECT count(*) AS n FROM status",
            "reduce": "SELECT sum(n) AS n FROM partials",
        }
        answer = system.http.post("/api/sql", json=question).raise_for_status().json()
        assert answer["rows"][0][0] > 0
        assert system.http.get("/api/nodes").headers["X-Tart-Shards"] == "2/2"
        # Whoever starts it has the supervisor itself as its child.
        assert Path(f"/proc/{process.pid}/comm").read_text() == "tart-supervisor\n"
        process.send(signal.SIGTERM)

        assert process.ended() == 0
        system.http.close()
    if where:
        (name,) = unpacked(root / where)
        assert re.fullmatch(r"\d+\.\d+\.\d+-[0-9a-f]{16}", name)


def test_the_dashboard_prints_a_page_and_runs_in_a_terminal_unknown_to_the_machine(root, tmp_path):
    environ = ["HOME=/root", "TERM=a-terminal-without-an-entry"]
    (root / "opt/tart/bin/tart-dash").symlink_to("tart")
    with serve(root, "writable", environ=environ) as process:
        system = System(process)
        once = ("dash", "--once", "--url", system.api)
        with inside(root, "writable", *once, environ=environ) as printed:
            assert printed.ended() == 0
            assert "Network" in "\n".join(printed.rest())

        _, port = system.api.rsplit(":", 1)
        tmux = ("tmux", "-S", tmp_path / "tmux", "-f", "/dev/null")
        dash = ("/opt/tart/bin/tart-dash", "--port", port)
        shell = shlex.join([*UNSHARE, str(root), "writable", *environ, *dash])
        start = ("new-session", "-d", "-x", "100", "-y", "30", shell)
        subprocess.run([*tmux, *start], check=True)
        try:
            wait_for(lambda: "Network" in screen(tmux), "the dashboard shows the network")
            subprocess.run([*tmux, "send-keys", "?"], check=True)
            wait_for(lambda: "quit" in screen(tmux).lower(), "help lists the keys")
            subprocess.run([*tmux, "send-keys", "Escape"], check=True)
            subprocess.run([*tmux, "send-keys", "q"], check=True)
            wait_for(lambda: not screen(tmux), "the dashboard ends")
        finally:
            subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)
        system.http.close()
        process.send(signal.SIGTERM)
        assert process.ended() == 0


def screen(tmux):
    """The text of the terminal; empty once its program has ended."""
    done = subprocess.run(
        [*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def test_what_a_broken_start_or_an_older_release_left_is_removed(root):
    cache = root / "root/.cache/tart"
    (cache / "0.0.1-0123456789abcdef").mkdir(parents=True)
    (cache / "4000000.new").mkdir()

    with inside(root, "writable", "version", environ=["HOME=/root"]) as process:
        assert process.ended() == 0

    assert len(unpacked(cache)) == 1


def test_a_file_that_is_not_whole_says_so_and_leaves_nothing(root):
    file = root / "opt/tart/bin/tart"
    os.truncate(file, file.stat().st_size - 1000)

    with inside(root, "writable", "version", environ=["HOME=/root"]) as process:
        assert process.ended() == 1
        assert "tart: it could not be unpacked: " in process.errors()

    assert unpacked(root / "root/.cache/tart") == []


def test_a_folder_of_somebody_else_is_not_trusted(root):
    other = root / "root/.cache/tart"
    other.mkdir(parents=True)
    os.chown(other, 12345, 12345)

    with inside(root, "writable", "version", environ=["HOME=/root"]) as process:
        assert process.ended() == 0

    assert unpacked(other) == []
    assert len(unpacked(root / "var/cache/tart")) == 1
