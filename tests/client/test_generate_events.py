"""The checked-in methods are those of the declarations."""

from __future__ import annotations

import pytest

from tart.client import generate_events
from tart.protocol.events import EVENTS


def test_the_generated_module_is_up_to_date():
    assert generate_events.TARGET.read_text() == generate_events.render_module(), (
        "run python -m tart.client.generate_events"
    )


def test_the_generator_writes_the_module(tmp_path, monkeypatch):
    monkeypatch.setattr(generate_events, "TARGET", tmp_path / "events.py")
    generate_events.main()
    assert (tmp_path / "events.py").read_text() == generate_events.render_module()


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("Status", "status"),
        ("BestBlockChanged", "best_block_changed"),
        ("ConnectInFailed", "connect_in_failed"),
    ],
)
def test_methods_are_named_after_the_variant(variant, name):
    assert generate_events.method_name(variant) == name


def test_method_names_are_unique():
    assert len({generate_events.method_name(each.variant) for each in EVENTS.values()}) == len(
        EVENTS
    )


def test_long_calls_are_broken_as_the_formatter_does():
    assert generate_events._call("f(", ["a", "b"], ")") == "f(a, b)\n"
    long = ["x" * 60, "y" * 36]
    assert (
        generate_events._call("call(", long, ")") == f"call(\n    {long[0]},\n    {long[1]},\n)\n"
    )
    middle = ["x" * 60, "y" * 33]
    assert generate_events._call("call(", middle, ")") == f"call(\n    {', '.join(middle)}\n)\n"
