"""The benchmark of the web page: its network, its figures, and all of it, small."""

from __future__ import annotations

import json

import pytest

from loadtest import web
from loadtest.chain import SLOT_SECONDS, Chain, network
from loadtest.web import frame_figures
from tart.protocol.framing import FrameBuffer


def test_a_network_keeps_its_rate_and_has_one_author():
    nodes = network(90, 30)
    chain = Chain(nodes, 30, 200)
    frames = []
    for number in range(1_000, 1_010):
        acts = chain.slot(number)
        assert [moment for moment, _, _ in acts] == sorted(moment for moment, _, _ in acts)
        assert all(moment >= 0 for moment, _, _ in acts)
        frames += [frame for moment, _, act in acts for frame in act(int(moment * 1e6))]
    assert len(frames) == pytest.approx(10 * SLOT_SECONDS * 200, rel=0.05)
    types = [content[8] for content in FrameBuffer().receive_data(b"".join(frames))]
    assert (types.count(42), types.count(43), types.count(105)) == (10, 890, 300)


def traced(*events):
    """A trace of one thread: names, beginnings and durations in milliseconds."""
    page = {"pid": 1, "tid": 1, "ph": "X"}
    other = {"name": "FunctionCall", "pid": 2, "tid": 2, "ph": "X", "ts": 0, "dur": 10**9}
    made = [
        {**page, "name": name, "ts": begin * 1000, "dur": took * 1000}
        for name, begin, took in events
    ]
    return {"events": [other, *made], "seconds": 1.0}


def test_script_counts_for_the_frame_that_ends_after_it_and_once():
    found = frame_figures(
        traced(
            ("FunctionCall", 0, 4),
            ("RunMicrotasks", 1, 2),  # within the call
            ("Commit", 5, 1),
            ("Commit", 15, 1),  # a frame without script
            ("TimerFire", 20, 1),
            ("FunctionCall", 20, 1),
            ("FunctionCall", 22, 2),
            ("Commit", 30, 1),
        )
    )
    assert found == {
        "frames": 2,
        "frame_p50_ms": 3.0,
        "frame_p99_ms": 4.0,
        "frame_max_ms": 4.0,
        "script_share": 0.007,
    }


@pytest.mark.soak
def test_a_small_benchmark_has_all_figures(tmp_path):
    small = "--nodes 12 --cores 4 --rate 50 --seconds 3 --warm-up 2 --shards 1"
    assert web.main([*small.split(), "--results", str(tmp_path)]) == 0
    (saved,) = tmp_path.glob("web-*.json")
    result = json.loads(saved.read_text())
    assert result["broken"] == []
    for figures in result["figures"].values():
        assert figures["frames"] > 0
        assert 0 < figures["frame_p50_ms"] <= figures["frame_max_ms"]
        assert figures["asset_bytes"] > 10_000
        assert figures["heap_mib"] > 0.5
