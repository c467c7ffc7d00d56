"""What Prometheus makes of ``/metrics``, of the scrape settings and of the alert rules."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tart.cli.main import main
from tests.running import fake_node, fake_peer_id, running_system, wait_for
from tests.supervisor.process import Process

SHIPPED = Path(__file__).parents[2] / "systemd" / "prometheus"
RULES = SHIPPED / "tart-alerts.yml"
EVENTS = 7
# What has no sample before it first happens.
LATER = {"tart_undecodable_events_total", "up"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("promtool") is None or shutil.which("prometheus") is None,
        reason="Prometheus is not installed; as root `make test` does it (Debian: prometheus)",
    ),
]


def promtool(*arguments, text=None):
    done = subprocess.run(
        ["promtool", *map(str, arguments)],
        cwd=SHIPPED,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_settings_and_the_rules_are_valid_and_do_what_they_say():
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")
    promtool("test", "rules", "tart-alerts-test.yml")


def test_a_real_prometheus_scrapes_what_was_sent_and_no_alert_names_what_is_not_there(
    tmp_path, capsys
):
    data = tmp_path / "data"
    assert main(["keys", "create", "--name", "prometheus", "--data-dir", str(data)]) == 0
    (tmp_path / "tart.key").write_text(capsys.readouterr().out)
    settings = (SHIPPED / "prometheus.yml").read_text()
    with running_system(data) as system:
        bearer = {"Authorization": f"Bearer {(tmp_path / 'tart.key').read_text().strip()}"}
        node = fake_node(1)
        with system.connect() as connection:
            connection.sendall(node.connect())
            for slot in range(EVENTS):
                connection.sendall(node.event("BestBlockChanged", 1, slot=slot, hash=bytes(32))[1])
            system.http.headers.update(bearer)
            system.wait_for_events(fake_peer_id(1), EVENTS)
            page = system.http.get("/metrics").text
            promtool("check", "metrics", text=page)
            missing = named_in_rules() - set(re.findall(r"^([a-z_]+)", page, re.MULTILINE))
            assert missing == LATER

            for shipped, here in (
                ("127.0.0.1:8080", system.api.removeprefix("http://")),
                ("15s", "1s"),
                ("tart-alerts.yml", str(RULES)),
                ("    # authorization:", "    authorization:"),
                (
                    "    #   credentials_file: /etc/prometheus",
                    f"      credentials_file: {tmp_path}",
                ),
            ):
                assert shipped in settings
                settings = settings.replace(shipped, here)
            (tmp_path / "prometheus.yml").write_text(settings)
            with scraping(tmp_path) as prometheus:
                found = wait_for(lambda: value(prometheus, "telemetry_events_received"))
                assert found == str(EVENTS)
                assert value(prometheus, "telemetry_active_connections") == "1"
                assert value(prometheus, 'up{job="tart"}') == "1"
                groups = prometheus.get("/api/v1/rules").json()["data"]["groups"]
                assert {rule["health"] for group in groups for rule in group["rules"]} <= {
                    *("ok", "unknown")
                }


def named_in_rules():
    """The names of all metrics that the rules look at."""
    expressions = re.findall(r"expr: (>\n(?: {10}.*\n)+|.*\n)", RULES.read_text())
    words = re.findall(r"\b(?:tart|telemetry)_\w+|\bup\b", "".join(expressions))
    return set(words)


def value(prometheus, query):
    """The newest value, as Prometheus writes it; ``None`` before the first scrape."""
    answer = prometheus.get("/api/v1/query", params={"query": query})
    if answer.status_code == 503:  # it listens before it is ready
        return None
    found = answer.json()["data"]["result"]
    return found[0]["value"][1] if found else None


class scraping:
    """A Prometheus of its own on a free port; the client that asks it."""

    def __init__(self, directory):
        arguments = [
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'tsdb'}",
            "--web.listen-address=127.0.0.1:0",
        ]
        self._process = Process(arguments[0], *arguments[1:], program=["prometheus"])

    def __enter__(self):
        self._process.__enter__()
        port = wait_for(self._port, "Prometheus")
        base = f"http://127.0.0.1:{port}"
        self._client = httpx.Client(base_url=base, trust_env=False, timeout=10)
        return self._client

    def __exit__(self, *error):
        self._client.close()
        self._process.__exit__(*error)

    def _port(self):
        """Of the socket it listens on, as the kernel has it."""
        assert Path(f"/proc/{self._process.pid}/net").exists(), self._process.errors()
        sockets = {
            link.readlink().name[8:-1]
            for link in Path(f"/proc/{self._process.pid}/fd").iterdir()
            if link.is_symlink() and str(link.readlink()).startswith("socket:[")
        }
        for line in Path(f"/proc/{self._process.pid}/net/tcp").read_text().splitlines()[1:]:
            local, state, inode = (line.split()[index] for index in (1, 3, 9))
            if state == "0A" and inode in sockets:
                return int(local.split(":")[1], 16)
        return None
