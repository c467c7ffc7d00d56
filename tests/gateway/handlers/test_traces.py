"""``tart/gateway/handlers/traces.py``: traces of a package and of a block from several shards."""

from __future__ import annotations

from pathlib import Path

from tart.tracing.span_ids import trace_id
from tests.gateway.fake_packages import PACKAGE, SESSION, handling
from tests.gateway.fake_shard import NODE_B
from tests.gateway.handlers.test_packages import with_gateway
from tests.gateway.running import Running
from tests.tracing.otlp_messages import attributes, check_tree, read, spans_of

BLOCK = "0a" * 32


def test_a_package_is_one_trace_of_all_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        other = handling(node=NODE_B, session=SESSION + 1, kind=91, outcome="signed")
        gateway.shards[1].answers["package_rows"] = lambda _: [other]
        response = await gateway.get(f"/api/workpackages/{PACKAGE}/trace.otlp.json")
        assert response.headers["content-type"] == "application/json"
        request = read(response.content)
        root = check_tree(request)
        assert root.trace_id == trace_id(bytes.fromhex(PACKAGE))
        names = {span.name for span in spans_of(request)}
        assert {"work package", "primary guarantor", "secondary guarantor", "on chain"} <= names
        assert "jam.trace.missing_shards" not in attributes(root)

    with_gateway(tmp_path, check)


def test_an_answer_without_a_shard_says_so_within_the_trace(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        await gateway.shards[1].stop()
        response = await gateway.get(f"/api/workpackages/{PACKAGE}/trace.otlp.json")
        assert response.headers["x-tart-shards"] == "1/2"
        root = check_tree(read(response.content))
        assert attributes(root)["jam.trace.missing_shards"] == 1

    with_gateway(tmp_path, check)


def test_an_event_id_of_two_packages_is_refused_with_candidates(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        other = handling(node=NODE_B, session=SESSION + 1, hash="ab" * 32)
        gateway.shards[1].answers["package_rows"] = lambda _: [other]
        body = await gateway.json("/api/workpackages/7/trace.otlp.json", 409)
        assert len(body["error"]["candidates"]) == 2

    with_gateway(tmp_path, check)


def test_what_is_unknown_is_404(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["package_rows"] = lambda _: []
        for path in (f"workpackages/{'ab' * 32}", f"blocks/{BLOCK}"):
            body = await gateway.json(f"/api/{path}/trace.otlp.json", 404)
            assert body["error"]["param"] == "hash"

    with_gateway(tmp_path, check)
