"""``tart/gateway/observability/network_metrics.py``: figures of shards as samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from tart.gateway.observability.network_metrics import FAMILIES, NetworkMetrics, full_name
from tart.query.shard_queries.network import BestSlot, NetworkFigures
from tart.units import SECOND_US
from tests.gateway.fake_shard import network_figures

DOCUMENT = Path(__file__).parents[3] / "docs" / "grafana.md"
SCRAPE = {"shards": 2, "known_nodes": 9, "now_us": 100 * SECOND_US, "monotonic": 0.0}


def node(
    number: int, *, name: str = "toaster", is_open: bool = True, at: int = 5, **slots: int
) -> list[Any]:
    def said(value: dict[str, Any]) -> list[Any]:
        return [is_open, at, "::1:9", value]

    handshake = {"implementation_name": name, "implementation_version": "1.0"}
    statements = {
        "11": said({"slot": slots.get("best", 20)}),
        "12": said({"slot": slots.get("finalized", 15)}),
        "13": said({"synced": True}),
        "10": said({"num_peers": slots.get("peers", 5)}),
    }
    return [f"{number:064x}", said(handshake), statements]


def figures(**changes: Any) -> NetworkFigures:
    return msgspec.convert(network_figures(**changes), NetworkFigures)


def counts(**changes: Any) -> dict[str, Any]:
    return network_figures()["counts"] | changes


def samples(page: bytes) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(page.decode()):
        order = (*FAMILIES[family.name.removeprefix("tart_network_")].labels, "le")
        for sample in family.samples:
            labels = [sample.labels[name] for name in order if name in sample.labels]
            assert len(labels) == len(sample.labels)
            found[sample.name.removeprefix("tart_network_"), *labels] = sample.value
    return found


def scraped(
    *answers: NetworkFigures, metrics: NetworkMetrics | None = None, **changes: Any
) -> dict[tuple[str, ...], float]:
    metrics = metrics or NetworkMetrics(restarted=False)
    return samples(metrics.page(dict(enumerate(answers)), **{**SCRAPE, **changes}))


def test_a_network_without_nodes_has_no_slot_but_zeros() -> None:
    found = scraped(figures(), figures())
    assert ("best_slot",) not in found
    assert found["shards", "answered"] == 2
    assert found["connected_nodes",] == 0
    assert found["known_nodes",] == 9
    assert found["events_total", "status", "BestBlockChanged"] == 0
    assert found["failures_total", "work_package", "WorkPackageFailed"] == 0
    assert found["findings_total", "truncated", "error"] == 0


def test_all_shards_missing_is_an_answer() -> None:
    found = scraped()
    assert (found["shards", "answered"], found["shards", "missing"]) == (0, 2)


def test_nodes_are_merged_over_shards_and_only_connected_ones_count() -> None:
    first = figures(nodes=[node(1), node(2, is_open=False, at=9, best=7), node(3, name="x\ny")])
    second = figures(nodes=[node(2, best=18, at=6), node(4, is_open=False, best=99)])
    found = scraped(first, second)
    assert found["connected_nodes",] == 3
    assert found["nodes", "toaster", "1.0"] == 2
    assert found["nodes", "x�y", "1.0"] == 1
    assert found["best_slot",] == 20
    assert found["finalized_slot",] == 15
    assert found["sync_nodes", "synced"] == 3


def test_no_single_node_moves_the_slots() -> None:
    nodes = [node(number) for number in range(5)] + [node(9, best=1 << 31, finalized=1 << 31)]
    found = scraped(figures(nodes=[*nodes, node(10, best=1)]))
    assert (found["best_slot",], found["finalized_slot",]) == (20, 15)
    assert found["nodes_ahead",] == 1
    assert found["nodes_behind",] == 1


def test_status_is_shown_by_its_least_median_and_greatest() -> None:
    found = scraped(figures(nodes=[node(each, peers=each) for each in (1, 4, 9)]))
    assert [found["node_peers", each] for each in ("min", "median", "max")] == [1, 4, 9]


def test_counts_add_up_and_survive_a_missing_shard() -> None:
    metrics = NetworkMetrics(restarted=False)
    first = figures(counts=counts(events=[[11, 5]], findings={"truncated": 2}))
    second = figures(
        process="2",
        counts=counts(
            events=[[11, 3], [90, 4]],
            failures=[[92, 1]],
            discards={"replaced": 6},
            pipelines=[[90, "failed", "refined", 1], [43, "executed", "executed", 7]],
        ),
    )
    scraped(first, second, metrics=metrics)
    found = samples(metrics.page({0: first}, **SCRAPE))
    assert found["events_total", "status", "BestBlockChanged"] == 8
    assert found["attempts_total", "work_package"] == 4
    assert found["failures_total", "work_package", "WorkPackageFailed"] == 1
    assert found["guarantees_discarded_total", "replaced"] == 6
    assert found["findings_total", "truncated", "error"] == 2
    assert found["blocks_total", "importer", "executed", "executed"] == 7
    assert found["shards", "missing"] == 1
    package = ("work_packages_total", "primary", "failed", "refined")
    assert found[package] == 1


def test_durations_are_buckets_that_cut_no_bin() -> None:
    # Bin 39 ends at 2^10 us, bin 40 begins there.
    durations = [[40, 42, 5_000, [[0, 1], [39, 2], [40, 3], [127, 4]]]]
    found = scraped(figures(counts=counts(durations=durations)))
    step = "Authoring_to_Authored"
    buckets = [
        found["latency_seconds_bucket", step, bound]
        for bound in ("0.000512", "0.001024", "0.002048", "67.108864", "+Inf")
    ]
    assert buckets == [1, 3, 6, 6, 10]
    assert found["latency_seconds_count", step] == 10
    assert found["latency_seconds_sum", step] == 0.005


def test_intervals_are_merged_over_shards() -> None:
    slots = [BestSlot(number, number * 6 * SECOND_US, 1) for number in (1, 2, 3)]
    found = scraped(figures(best_slots=slots[:2]), figures(best_slots=slots[1:]))
    assert found["block_interval_seconds_bucket", "6.0"] == 2
    assert found["block_interval_seconds_sum",] == 12


def test_the_document_has_every_metric_as_it_is_declared() -> None:
    rows = [
        f"| `{full_name(name)}` | {family.kind} | {', '.join(family.labels) or '–'} "
        f"| {family.description} |"
        for name, family in FAMILIES.items()
    ]
    assert "\n".join(rows) in DOCUMENT.read_text()


def test_every_sample_belongs_to_a_declared_family() -> None:
    page = NetworkMetrics(restarted=False).page({}, **SCRAPE).decode()
    families = {family.name: family for family in text_string_to_metric_families(page)}
    assert families.keys() == {f"tart_network_{name}" for name in FAMILIES}
    for name, family in FAMILIES.items():
        assert families[f"tart_network_{name}"].type == family.kind
    assert full_name("events") == "tart_network_events_total"
