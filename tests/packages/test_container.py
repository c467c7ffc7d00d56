"""The image: built by buildah and run by podman, without what a machine may not have.

No image is fetched: the base is made by mmdebstrap, in the name of debian:bookworm-slim. Builds
are isolated by chroot alone, and containers run on the machine's network and without cgroups;
everything else (users, capabilities, a read-only root, mounts, signals) is a runtime's own.
"""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tart.config.schema import Config
from tests.packages.dockerfile import stages
from tests.running import free_port, wait_for

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "systemd" / "container" / "Dockerfile"
BASE = "docker.io/library/debian:bookworm-slim"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
PROGRAMS = ("podman", "buildah", "crun", "nsenter")
# One file system of cgroups of version 2, which crun asks for; nothing is put into it.
ENTER = """
umount --recursive --lazy /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
echo ready
exec sleep infinity
"""
# As compose.yaml and tart.yaml have it. A limit of the number of files that this user may set.
HARDENED = (
    *("--cgroups=disabled", "--network=host", "--ulimit=nofile=4096:4096", "--ulimit=nproc=4096"),
    *("--read-only", "--read-only-tmpfs=false", "--tmpfs=/run/tart", "--tmpfs=/tmp"),
    *("--cap-drop=ALL", "--security-opt=no-new-privileges"),
)

pytestmark = [
    pytest.mark.dist,
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, PROGRAMS)),
        reason="needs root, podman, buildah and crun; make container-test installs them",
    ),
]


class Engine:
    """podman and buildah with storage of their own, in a mount namespace of their own."""

    def __init__(self, directory):
        self._storage = ("--root", directory / "root", "--runroot", directory / "run")
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout.readline() == "ready\n"

    def close(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    def run(self, program, *arguments, check=True):
        enter = ("nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", f"--wd={ROOT}")
        storage = (*self._storage, "--storage-driver=overlay")
        command = [*enter, program, *storage, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def podman(self, *arguments, check=True):
        return self.run("podman", "--cgroup-manager=cgroupfs", *arguments, check=check)


@pytest.fixture(scope="module")
def engine(tmp_path_factory, debian_tar):
    """The engine, with the image ``tart`` built."""
    directory = tmp_path_factory.mktemp("engine")
    engine = Engine(directory)
    try:
        engine.podman("import", debian_tar, BASE)
        volumes = []
        if AUTHORITIES.exists():
            # A machine whose package index has a certificate of its own authority.
            settings = directory / "pip.conf"
            settings.write_text("[global]\ncert = /etc/authorities.crt\n")
            volumes = [f"--volume={settings}:/etc/pip.conf:ro"]
            volumes += [f"--volume={AUTHORITIES}:/etc/authorities.crt:ro"]
        ignore = f"--ignorefile={DOCKERFILE}.dockerignore"
        engine.run(
            *("buildah", "bud", "--isolation=chroot", "--pull-never", "--format=docker", ignore),
            *("--ulimit=nofile=4096:4096", *volumes, f"--file={DOCKERFILE}", "--tag=tart", ROOT),
        )
        yield engine
    finally:
        engine.podman("rm", "--all", "--force", "--time=0", check=False)
        engine.podman("volume", "rm", "--all", "--force", check=False)
        engine.close()


class Container:
    """A running tart in a container, its data in a volume."""

    def __init__(self, engine, volume, name):
        self.engine, self.name = engine, name
        self.api, self.telemetry = free_port(), free_port()
        binds = (
            f"--env=TART_API_BIND=0.0.0.0:{self.api}",
            f"--env=TART_TELEMETRY_BIND=127.0.0.1:{self.telemetry}",
        )
        mount = f"--volume={volume}:/var/lib/tart"
        engine.podman("run", "--detach", f"--name={name}", *HARDENED, *binds, mount, "tart")

    def logs(self):
        return self.engine.podman("logs", self.name).stdout

    def wait(self):
        wait_for(lambda: "tart ready " in self.logs(), "tart is ready")
        return self

    def exec(self, *command, check=True):
        return self.engine.podman("exec", self.name, *command, check=check)

    def healthy(self):
        return self.engine.podman("healthcheck", "run", self.name, check=False).returncode == 0

    def get(self, path, key=None):
        secret = ["--header", f"Authorization: Bearer {key}"] if key else []
        url = f"http://127.0.0.1:{self.api}{path}"
        done = subprocess.run(["curl", "-sS", *secret, url], capture_output=True, check=True)
        return json.loads(done.stdout)

    def stop(self):
        """Stop it as compose does; the seconds that it took, and the exit code."""
        begin = time.monotonic()
        self.engine.podman("stop", "--time=45", self.name)
        seconds = time.monotonic() - begin
        code = self.engine.podman("inspect", "--format={{.State.ExitCode}}", self.name).stdout
        return seconds, int(code)


@pytest.fixture(scope="module")
def key(engine):
    """A volume with a key made as docs/install.md has it; the secret."""
    create = ("keys", "create", "--new", "--name", "admin", "--role", "admin")
    made = engine.podman("run", "--rm", *HARDENED, "--volume=data:/var/lib/tart", "tart", *create)
    return made.stdout.strip()


def test_the_image_is_small_and_has_no_compiler_and_no_package_manager_s_leftovers(engine):
    (image,) = json.loads(engine.podman("inspect", "tart").stdout)
    (base,) = json.loads(engine.podman("inspect", BASE).stdout)
    assert (image["Size"] - base["Size"]) < 230e6
    looked = engine.podman(
        *("run", "--rm", *HARDENED, "--entrypoint=sh", "tart"),
        *("-c", "command -v gcc pip python3; ls /src /build /opt"),
        check=False,
    )
    assert looked.stdout == "/opt:\ntart\n"


def test_without_a_key_it_says_how_to_make_one_and_serves_nothing(engine):
    refused = engine.podman("run", "--rm", *HARDENED, "--tmpfs=/var/lib/tart", "tart", check=False)
    assert refused.returncode == 2
    assert "there is no key: create one with 'tart keys create --new --name NAME" in refused.stderr


def test_it_takes_telemetry_as_a_user_without_rights_and_stops_with_all_of_it(engine, key):
    container = Container(engine, "data", "first").wait()
    assert re.match(r"uid=10001\S* gid=10001\S* groups=10001\S*\n", container.exec("id").stdout)
    status = container.exec("cat", "/proc/1/status").stdout
    assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    written = container.exec("touch", "/etc/tart/x", "/opt/tart/x", check=False)
    assert written.stderr.count("Read-only file system") == 2

    simulate = ("tart", "simulate", "--nodes", "3", "--duration", "3", "--target")
    container.exec(*simulate, f"127.0.0.1:{container.telemetry}")
    wait_for(lambda: len(container.get("/api/nodes", key)["nodes"]) == 3, "three nodes")
    counted = {
        each["peer_id"]: each["event_count"] for each in container.get("/api/nodes", key)["nodes"]
    }
    assert min(counted.values()) > 0
    seconds, code = container.stop()
    assert code == 0
    assert seconds < Config().supervisor.stop_seconds
    assert "stopped, exit code 0" in container.engine.podman("logs", "first").stderr
    engine.podman("rm", "first")

    # Another container of the same volume has them.
    again = Container(engine, "data", "second").wait()
    nodes = again.get("/api/nodes", key)["nodes"]
    assert {each["peer_id"]: each["event_count"] for each in nodes} == counted
    again.stop()
    engine.podman("rm", "second")


def test_the_health_check_needs_no_key_and_notices_a_server_that_hangs(engine, key):
    container = Container(engine, "data", "health").wait()
    assert "unauthorized" in json.dumps(container.get("/api/nodes"))
    assert container.healthy()
    (image,) = json.loads(engine.podman("inspect", "health").stdout)
    assert image["Config"]["Healthcheck"]["Test"][0] == "CMD"
    gateway = re.search(r"gateway started, pid (\d+)", engine.podman("logs", "health").stderr)[1]
    # The probe's own limit is 5 s; podman of Debian 12 does not enforce it.
    probe = ("timeout", "5", "tart", "status", "--alive", "--config", "/etc/tart/config.toml")
    assert container.exec(*probe, check=False).returncode == 0
    container.exec("sh", "-c", f"kill -STOP {gateway}")
    assert container.exec(*probe, check=False).returncode == 124
    container.exec("sh", "-c", f"kill -CONT {gateway}")
    wait_for(container.healthy, "it is healthy again")
    container.stop()
    assert not container.healthy()
    engine.podman("rm", "health")


def test_what_the_health_check_of_the_image_runs_is_what_was_tested():
    (check,) = (each for each in stages(DOCKERFILE.read_text())[-1] if each.word == "HEALTHCHECK")
    assert check.form() == [
        *("tart", "status", "--alive", "--insecure", "--config", "/etc/tart/config.toml"),
    ]
    assert "--timeout=5s" in check.text
