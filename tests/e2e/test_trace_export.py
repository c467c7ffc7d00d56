"""Traces of a simulated network at a real receiver of OTLP: of this test, and of Jaeger."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tart.simulate.model.in_memory import Played, play_troubled
from tart.tracing.export_plan import is_sampled
from tart.tracing.span_ids import trace_id
from tests.e2e.received import rooted
from tests.e2e.truth import tell
from tests.running import PATIENT, System, free_port, running_system, wait_for
from tests.tracing.otlp_messages import attributes, check_tree, read, spans_of

pytestmark = pytest.mark.slow

ONE_IN = 4
SETTINGS = {
    **PATIENT,
    "TART_TRACES_SAMPLE_ONE_IN": str(ONE_IN),
    "TART_TRACES_QUIET_SECONDS": "3",
    "TART_TRACES_INTERVAL_SECONDS": "1",
    "TART_TRACES_TIMEOUT_SECONDS": "60",
}
# The Jaeger to test against, such as one that `go build` made; docs/traces.md has how.
JAEGER = os.environ.get("TART_TEST_JAEGER") or shutil.which("jaeger")


class Receiver:
    """A receiver of OTLP/HTTP; ``status`` is what it answers.

    Attributes:
        bodies: The requests that it took.
    """

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self._read: list[list[Any]] = []
        self.status = 200
        self.refused = 0

    @contextmanager
    def running(self, port: int = 0) -> Iterator[int]:
        """Listen; yields the port."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver.status
                if status == 200:
                    receiver.bodies.append(body)
                else:
                    receiver.refused += 1
                answer = b'{"partialSuccess":{}}'
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                if status != 200:
                    self.send_header("retry-after", "1")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield server.server_port
            finally:
                server.shutdown()
                thread.join()

    def by_trace(self) -> dict[bytes, list[Any]]:
        """The spans that came, by trace."""
        found: dict[bytes, list[Any]] = {}
        # Who waits asks again and again: each body is read once.
        for body in self.bodies[len(self._read) :]:
            self._read.append(spans_of(read(body)))
        for spans in self._read:
            for span in spans:
                found.setdefault(span.trace_id, []).append(span)
        return found


@dataclass(frozen=True)
class Expected:
    """The ids of the traces that must come: of what failed, and of the others that are chosen."""

    failed: set[bytes]
    chosen: set[bytes]


def expected(system: System, played: Played) -> Expected:
    """Return what must come by the truth; that of packages has other tests."""
    packages = {each["about"]["package"] for each in played.facts.events("WorkPackageReceived")}
    journeys = {each: system.get(f"/api/workpackages/{each}/journey") for each in packages}
    failed = {each for each, journey in journeys.items() if journey["failed"]}
    blocks = set()
    for variant in ("Importing", "Authored"):
        blocks |= {
            fact["about"]["block"]
            for fact, _ in rooted(played.facts, variant, "Authoring", "Importing")
        }
    blocks |= {fact["about"]["block"] for fact in played.facts.events("Importing")}
    for variant in ("BlockVerificationFailed", "BlockExecutionFailed"):
        failed |= {
            fact["about"]["block"]
            for fact, _ in rooted(played.facts, variant, "Authoring", "Importing")
        } & blocks
    chosen = {
        each for each in (packages | blocks) - failed if is_sampled(bytes.fromhex(each), ONE_IN)
    }
    assert failed
    assert chosen
    return Expected(
        *({trace_id(bytes.fromhex(each)) for each in some} for some in (failed, chosen))
    )


def kill_gateway(system: System) -> None:
    """End the gateway's process; the supervisor starts another."""
    children = psutil.Process(system.process.pid).children()
    (gateway,) = [child for child in children if "gateway" in " ".join(child.cmdline())]
    os.kill(gateway.pid, signal.SIGKILL)
    gateway.wait()


def exported(system: System) -> dict[str, Any]:
    """The state of the export; empty while the gateway is away."""
    try:
        response = system.http.get("/api/server")
    except httpx.TransportError:
        return {}
    return response.json()["gateway"]["traces"] if response.status_code == 200 else {}


def is_idle(state: dict[str, Any]) -> bool:
    """Return whether all traces were made and sent."""
    return bool(state) and not state["waiting"] and not state["queued"]


def test_a_receiver_gets_all_failures_and_one_in_a_number_of_the_others(tmp_path: Path) -> None:
    receiver, played = Receiver(), play_troubled(10, seed=3)
    with receiver.running() as port:
        environ = {**SETTINGS, "TART_TRACES_URL": f"http://127.0.0.1:{port}/v1/traces"}
        with running_system(tmp_path / "data", environ=environ) as system:
            receiver.status = 503
            tell(system, played)
            ended = time.monotonic()
            wanted = expected(system, played)
            # The receiver is away for a while: what was made meanwhile is not lost.
            wait_for(lambda: receiver.refused >= 2, "the receiver to be asked again")
            assert not receiver.bodies
            receiver.status = 200
            everything = wanted.failed | wanted.chosen
            wait_for(lambda: everything <= receiver.by_trace().keys(), "the traces")
            assert time.monotonic() - ended < 120
            # Attempts without a package or a block may come later than these.
            wait_for(lambda: is_idle(exported(system)), "the end of the export")
            traces = receiver.by_trace()
            for body in receiver.bodies:
                for part in split(read(body)):
                    root = check_tree(part)
                    # Nothing else came but attempts whose package or block nobody knew.
                    is_known = {"jam.work_package.hash", "jam.block.hash"} & attributes(root).keys()
                    assert (root.trace_id in everything) == bool(is_known)
            assert exported(system)["exported"] == len(traces)
            assert (exported(system)["dropped"], exported(system)["unbuilt"]) == (0, 0)
            assert "tart_traces_exported_total" in system.http.get("/metrics").text
            # Another gateway exports again what ended in the ten minutes before: the same.
            kill_gateway(system)
            again = len(receiver.bodies)
            wait_for(
                lambda: all(
                    len(spans) == 2 * len(traces[trace])
                    for trace, spans in receiver.by_trace().items()
                ),
                "the same traces",
            )
            assert len(receiver.bodies) > again
            for spans in receiver.by_trace().values():
                assert len({span.SerializeToString() for span in spans}) * 2 == len(spans)


def split(request: ExportTraceServiceRequest) -> list[ExportTraceServiceRequest]:
    """Each trace of a request alone."""
    parts: dict[bytes, ExportTraceServiceRequest] = {}
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                part = parts.setdefault(span.trace_id, ExportTraceServiceRequest())
                part.resource_spans.add().scope_spans.add().spans.append(span)
    return [*parts.values()]


JAEGER_SETTINGS = """
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {{receivers: [otlp], exporters: [jaeger_storage_exporter]}}
  telemetry:
    metrics: {{level: none}}
extensions:
  jaeger_query:
    storage: {{traces: memory}}
    http: {{endpoint: "127.0.0.1:{page}"}}
    grpc: {{endpoint: "127.0.0.1:{grpc}"}}
  jaeger_storage:
    backends: {{memory: {{memory: {{max_traces: 100000}}}}}}
receivers:
  otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{otlp}"}}}}}}
exporters:
  jaeger_storage_exporter: {{trace_storage: memory}}
"""


@pytest.mark.skipif(JAEGER is None, reason="no Jaeger; docs/traces.md has how to build one")
def test_jaeger_shows_the_traces_as_they_are(tmp_path: Path) -> None:
    assert JAEGER is not None
    ports = {name: free_port() for name in ("page", "grpc", "otlp")}
    (tmp_path / "jaeger.yaml").write_text(JAEGER_SETTINGS.format(**ports))
    command = [JAEGER, "--config", str(tmp_path / "jaeger.yaml")]
    with (
        (tmp_path / "jaeger.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as jaeger,
    ):
        try:
            wait_for(lambda: is_answering(ports["page"]), "Jaeger to answer")
            url = f"http://127.0.0.1:{ports['otlp']}/v1/traces"
            played = play_troubled(20, seed=3)
            environ = {**SETTINGS, "TART_TRACES_URL": url}
            with running_system(tmp_path / "data", environ=environ) as system:
                tell(system, played)
                wanted = expected(system, played)
                for trace in sorted(wanted.failed | wanted.chosen):
                    shown = wait_for(lambda t=trace: of_jaeger(ports["page"], t), "a trace")  # type: ignore[misc]
                    parents = {
                        reference["spanID"]
                        for span in shown["spans"]
                        for reference in span["references"]
                        if reference["refType"] == "CHILD_OF"
                    }
                    assert parents <= {span["spanID"] for span in shown["spans"]}
                    warnings = [each for span in shown["spans"] for each in span["warnings"] or ()]
                    # Steps within a microsecond; Jaeger adds a nanosecond.
                    assert [each for each in warnings if "Negative duration" not in each] == []
                report = exported(system)
                assert (report["refused"], report["rejected_spans"]) == (0, 0)
        finally:
            jaeger.kill()


def is_answering(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/services").status_code == 200
    except httpx.TransportError:
        return False


def of_jaeger(port: int, trace: bytes) -> dict[str, Any] | None:
    """A trace as Jaeger's page gets it; ``None`` while it is not there."""
    response = httpx.get(f"http://127.0.0.1:{port}/api/traces/{trace.hex()}")
    found = response.json()["data"] if response.status_code == 200 else None
    return found[0] if found else None
