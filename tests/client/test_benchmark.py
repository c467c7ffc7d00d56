"""The measurement measures every type it says it does; what it finds is the machine's."""

from __future__ import annotations

from tart.client import benchmark
from tart.protocol.events import EVENTS


def test_the_benchmark_measures_every_type_of_fixed_size():
    measured = benchmark.measure(events=1)
    fixed = {event.variant for event in EVENTS.values() if event.fields.size is not None}
    assert set(measured) == fixed - {"Dropped"} | {"Status", "DistributingAssurance"}
    assert list(measured.values()) == sorted(measured.values(), reverse=True)


def test_the_benchmark_prints_one_line_for_each_type(capsys, monkeypatch):
    monkeypatch.setattr(benchmark, "measure", lambda: {"Status": 1.5, "Importing": 0.25})
    benchmark.main()
    assert capsys.readouterr().out == "  1.50 µs  Status\n  0.25 µs  Importing\n"
