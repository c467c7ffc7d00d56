"""A host's view: a method per event, which sends what its arguments say."""

from __future__ import annotations

import inspect
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tart.client._generated.events
from tart.client._generated.events import Events
from tart.client.core.emitter_core import EmitterCore, EventId
from tart.client.generate_events import method_name, parameter
from tart.protocol.decoding import decode_event
from tart.protocol.events import EVENTS, EventKind, leading_reference
from tart.protocol.wire import String
from tests.cases import all_cases, examples
from tests.client.hosting import Given, information, received
from tests.protocol.strategies import CORES, LAYOUTS, values

EMITTED = [(event, version) for event, version in LAYOUTS if event.number != EventKind.DROPPED]


class Host(Events):
    """Emits into a core; what a connection would have got."""

    def __init__(self, version: int) -> None:
        self._version = version
        self.core = EmitterCore(information(CORES, version), Given().clock, strict=True)

    def _emit(self, event_type, *arguments):
        return self.core.emit(event_type, arguments)

    def sent(self):
        return received(bytes(self.core.connection_made() + self.core.data_to_send()))


@pytest.mark.parametrize(("event", "version"), EMITTED, ids=lambda x: getattr(x, "variant", x))
@examples(0.02)
@given(data=st.data())
def test_each_emitting_method_sends_its_event_with_its_fields(event, version, data):
    host = Host(version)
    layout = event.layout(version)
    fields = data.draw(values(layout, CORES))
    for name, each in layout.fields:
        if isinstance(each, String):
            fields[name] = fields[name].encode()[:127].decode(errors="ignore")
    arguments = {parameter(name): value for name, value in fields.items()}
    reference = leading_reference(layout)
    if reference and reference.refers_to:
        name = layout.fields[0][0]
        arguments[name] = EventId(1, fields[name], reference.refers_to[0], True)
    for name, _ in event.fields.fields:
        arguments.setdefault(parameter(name), None)  # what only version 1 has
    returned = getattr(host, method_name(event.variant))(**arguments)
    (got,) = host.sent()
    assert returned == EventId(1, got.event_id, event.number, True)
    decoded = decode_event(event.number, got.payload, version=version, cores=CORES)
    assert decoded == (fields, ())


def test_there_is_a_method_for_every_event_but_dropped():
    public = {name for name in vars(Events) if not name.startswith("_")}
    assert public == {method_name(event.variant) for event, _ in EMITTED}
    assert "dropped" not in public


@all_cases("event", [event for event, version in EMITTED if version], ids=str)
def test_every_emitting_method_is_typed_and_documented(event):
    method = getattr(Events, method_name(event.variant))
    hints = typing.get_type_hints(method)
    parameters = list(inspect.signature(method).parameters)[1:]
    assert hints.pop("return") is EventId
    assert list(hints) == parameters
    assert parameters[: len(event.fields.fields)] == [
        parameter(name) for name, _ in event.fields.fields
    ]
    text = inspect.getdoc(method)
    assert text.startswith(f"{event.title} (event {event.number}).")
    assert all(f"    {each}: " in text for each in parameters)


def test_generated_structures_match_the_declarations():
    for event in EVENTS.values():
        for _, each in event.fields.fields:
            declared = getattr(tart.client._generated.events, getattr(each, "name", ""), None)
            if typing.is_typeddict(declared):
                assert list(declared.__annotations__) == [name for name, _ in each.fields]


def test_the_base_class_of_events_is_abstract():
    with pytest.raises(NotImplementedError):
        Events().sync_status_changed(True)
