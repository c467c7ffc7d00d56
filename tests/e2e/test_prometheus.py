"""What Prometheus makes of tart: both pages, scrape settings, rules, dashboards.

One tart that a troubled network talks to, and one Prometheus that scrapes it with the settings that
are shipped; beside it a server whose pages have every failure.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from tart.cli.main import main
from tart.dashboards.files import DASHBOARDS, dashboard_files
from tart.dashboards.model import Panel
from tests.e2e.injected_metrics import injected_metrics
from tests.e2e.printed_rules import PRINTED_QUERIES, PRINTED_RULES
from tests.running import System, fake_node, running_system, wait_for
from tests.supervisor.process import Process

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "systemd" / "prometheus"
RULES = ("tart-alerts.yml", "tart-network.yml", "tart-rules.yml")
# What has no sample before it first happens.
LATER = {
    "tart_derived_failures_total",
    "tart_ingest_pauses_total",
    "tart_undecodable_events_total",
    "up",
}
PANELS = [
    pytest.param(panel, id=f"{dashboard.uid}: {panel.title}")
    for dashboard in DASHBOARDS
    for row in dashboard.rows
    for panel in row.panels
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("promtool") is None or shutil.which("prometheus") is None,
        reason="Prometheus is not installed; as root `make test` does it (Debian: prometheus)",
    ),
]


def documented_queries() -> list[str]:
    """The queries of ``docs/grafana.md``."""
    text = (ROOT / "docs" / "grafana.md").read_text()
    blocks = "".join(re.findall(r"```promql\n(.*?)```", text, re.DOTALL))
    return [line for line in blocks.splitlines() if not line.startswith("#")]


def promtool(*arguments: Any, text: str | None = None, folder: Path = SHIPPED) -> str:
    done = subprocess.run(
        ["promtool", *map(str, arguments)],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # `check metrics` reports what it dislikes and succeeds.
    assert not done.stderr.strip() or "SUCCESS" in done.stdout, done.stderr
    return done.stdout


@dataclass
class Monitored:
    """A tart, the Prometheus that scrapes it, and their addresses."""

    system: System
    prometheus: httpx.Client
    target: str
    injected: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query; empty before the first scrape."""
        answer = self.prometheus.get("/api/v1/query", params={"query": expression})
        if answer.status_code == 503:  # it listens before it is ready
            return []
        assert answer.status_code == 200, (expression, answer.text)
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    def values(self, expression: str) -> list[float]:
        """The values of an instant query that are numbers."""
        values = [float(each["value"][1]) for each in self.query(expression)]
        return [each for each in values if math.isfinite(each)]


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    folder = tmp_path_factory.mktemp("prometheus")
    key = StringIO()
    with redirect_stdout(key):
        data = str(folder / "data")
        assert main(["keys", "create", "--new", "--name", "prometheus", "--data-dir", data]) == 0
    (folder / "tart.key").write_text(key.getvalue())
    with running_system(folder / "data") as system, injected_metrics() as injected:
        system.http.headers["Authorization"] = f"Bearer {key.getvalue().strip()}"
        target = system.api.removeprefix("http://")
        network = ("simulate", "--target", f"127.0.0.1:{system.telemetry[1]}", "--troubled")
        (folder / "prometheus.yml").write_text(adapted_settings(folder, target, injected))
        (folder / "printed.yml").write_text(PRINTED_RULES)
        with (
            scraping(folder) as prometheus,
            Process("tart", *network, "--speed", 20, "--seed", 3),
        ):
            yield Monitored(system, prometheus, target, injected)


def adapted_settings(folder: Path, target: str, injected: str) -> str:
    """The settings that are shipped, for this tart and in a hurry."""
    settings = (SHIPPED / "prometheus.yml").read_text()
    for shipped, here in (
        ('"127.0.0.1:8080"', f'"{target}", "{injected}"'),
        ("15s", "500ms"),
        ("  - tart-alerts.yml\n", f"  - {SHIPPED}/tart-alerts.yml\n  - {folder}/printed.yml\n"),
        ("  - tart-network.yml", f"  - {SHIPPED}/tart-network.yml"),
        ("  - tart-rules.yml", f"  - {SHIPPED}/tart-rules.yml"),
        ("    # authorization:", "    authorization:"),
        ("    #   credentials_file: /etc/prometheus", f"      credentials_file: {folder}"),
        ("    # authorization:", "    authorization:"),
    ):
        assert shipped in settings or here in settings
        settings = settings.replace(shipped, here)
    # As in jamtart's documentation.
    return settings + (
        "  - job_name: tart-backend\n    metrics_path: /metrics\n    scrape_interval: 500ms\n"
        f"    static_configs:\n      - targets: ['{target}']\n"
        f"    authorization:\n      credentials_file: {folder}/tart.key\n"
    )


def interpolated(expression: str, instance: str) -> str:
    """An expression as Grafana sends it."""
    for variable, value in (
        ("$__rate_interval", "1m"),
        ("$instance", re.escape(instance) if '=~"$instance"' in expression else instance),
        ("$implementation", ".*"),
        ("$step", ".*"),
    ):
        # In a PromQL string a backslash is written twice.
        expression = expression.replace(variable, value.replace("\\", "\\\\"))
    assert "$" not in expression
    return expression


# --- Settings and rules --------------------------------------------------------------------


def test_the_settings_and_the_rules_are_valid_and_do_what_they_say() -> None:
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")
    for rules in RULES:
        assert "SUCCESS" in promtool("check", "rules", rules)
        promtool("test", "rules", rules.replace(".yml", "-test.yml"))


def test_pages_follow_the_conventions_and_have_what_the_rules_look_at(monitored: Monitored) -> None:
    def missing() -> set[str]:
        pages = [monitored.system.http.get(path).text for path in ("/metrics", "/metrics/network")]
        for page in pages:
            promtool("check", "metrics", text=page)
        return named_in_rules() - set(re.findall(r"^([a-z_]+)", "".join(pages), re.MULTILINE))

    wait_for(lambda: missing() <= LATER, "all metrics of the rules")


def named_in_rules() -> set[str]:
    """The names of all metrics that the rules look at; those that rules record have a colon."""
    rules = "".join((SHIPPED / name).read_text() for name in RULES)
    expressions = re.findall(r"expr: ((?:>|\|-)\n(?: {10}.*\n)+|.*\n)", rules)
    words = re.findall(r"(?<!:)\b(?:tart|telemetry)_\w+|\bup\b", "".join(expressions))
    return {word for word in words if f":{word}" not in rules}


def test_prometheus_evaluates_every_rule(monitored: Monitored) -> None:
    def health() -> set[str]:
        groups = monitored.prometheus.get("/api/v1/rules").json()["data"]["groups"]
        return {rule["health"] for group in groups for rule in group["rules"]}

    wait_for(lambda: health() == {"ok"}, "the evaluation of all rules")
    wait_for(lambda: monitored.values('up{job="tart-network"}') == [1, 1], "all scrapes")


def test_a_viewer_s_key_is_needed_and_enough(monitored: Monitored) -> None:
    for path in ("/metrics", "/metrics/network"):
        assert httpx.get(f"{monitored.system.api}{path}", trust_env=False).status_code == 401


def test_text_of_a_node_is_a_label_and_nothing_more(monitored: Monitored) -> None:
    name = 'a"b\\c\nd} 1'
    node = fake_node(1, name=name)
    with monitored.system.connect() as connection:
        connection.sendall(node.connect())

        def labels() -> set[str]:
            samples = monitored.query(f'tart_network_nodes{{instance="{monitored.target}"}}')
            return {sample["metric"]["implementation"] for sample in samples}

        wait_for(lambda: name.replace("\n", "�") in labels(), "the node's name")
    up = f'up{{instance="{monitored.target}"}}'
    wait_for(lambda: monitored.values(up) == [1, 1, 1], "scrapes that succeed")


# --- What jamtart's documentation prints ----------------------------------------------------


@pytest.mark.parametrize("expression", PRINTED_QUERIES)
def test_a_printed_query_has_an_answer(monitored: Monitored, expression: str) -> None:
    wait_for(lambda: monitored.values(expression), expression)


@pytest.mark.parametrize("metric", ["connections_rejected", "events_dropped", "batch_write"])
def test_a_printed_query_shows_what_goes_wrong(monitored: Monitored, metric: str) -> None:
    (expression,) = (each for each in PRINTED_QUERIES if metric in each)
    name = re.search(r"telemetry_\w+", expression)
    assert name is not None
    injected = expression.replace(name[0], f'{name[0]}{{instance="{monitored.injected}"}}')
    wait_for(lambda: any(monitored.values(injected)), injected)


def test_printed_rules_are_valid(tmp_path: Path) -> None:
    (tmp_path / "printed.yml").write_text(PRINTED_RULES)
    assert "SUCCESS: 4 rules" in promtool("check", "rules", "printed.yml", folder=tmp_path)


# --- The document ---------------------------------------------------------------------------


@pytest.mark.parametrize("expression", documented_queries())
def test_a_query_of_the_document_has_an_answer(monitored: Monitored, expression: str) -> None:
    wait_for(lambda: monitored.values(expression), expression)


# --- Dashboards -----------------------------------------------------------------------------


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_shows_data(monitored: Monitored, panel: Panel) -> None:
    instance = monitored.injected if panel.quiet else monitored.target
    for query in panel.queries:
        expression = interpolated(query.expression, instance)
        wait_for(lambda expression=expression: any(monitored.values(expression)), expression)  # type: ignore[misc]
        if panel.quiet:
            # Of the tart that is well it is a valid query, too, and mostly 0 or empty.
            monitored.values(interpolated(query.expression, monitored.target))
        for label in re.findall(r"\{\{(\w+)\}\}", query.legend):
            assert any(label in each["metric"] for each in monitored.query(expression)), label


@pytest.mark.parametrize("name", [f"{dashboard.uid}.json" for dashboard in DASHBOARDS])
def test_the_variables_of_a_dashboard_have_values(monitored: Monitored, name: str) -> None:
    dashboard = json.loads(dashboard_files()[name])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = re.fullmatch(
                r"label_values\((.+), (\w+)\)", variable["definition"]
            ).groups()  # type: ignore[union-attr]
            selector = interpolated(selector, monitored.target)

            def labels(selector: str = selector, label: str = label) -> Any:
                answer = monitored.prometheus.get(
                    f"/api/v1/label/{label}/values", params={"match[]": selector}
                )
                return answer.status_code == 200 and answer.json()["data"]

            assert wait_for(labels, variable["definition"])


class scraping:
    """A Prometheus of its own on a free port; the client that asks it."""

    def __init__(self, directory: Path) -> None:
        arguments = [
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'tsdb'}",
            "--web.listen-address=127.0.0.1:0",
        ]
        self._process = Process(arguments[0], *arguments[1:], program=["prometheus"])

    def __enter__(self) -> httpx.Client:
        self._process.__enter__()
        port = wait_for(self._port, "Prometheus")
        base = f"http://127.0.0.1:{port}"
        self._client = httpx.Client(base_url=base, trust_env=False, timeout=100)
        return self._client

    def __exit__(self, *error: Any) -> None:
        self._client.close()
        self._process.__exit__(*error)

    def _port(self) -> int | None:
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
