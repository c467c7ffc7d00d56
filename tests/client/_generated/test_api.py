"""Every method asks its own route, with parameters that the route reads."""

from __future__ import annotations

import asyncio
import inspect
import typing
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from tart.client._generated import answers, api
from tart.client._generated.api import Api, AsyncApi
from tart.client.core.request import Call
from tart.gateway.api.contract import ROUTES
from tests.cases import all_cases
from tests.gateway.fake_shard import NODE_A

BY_NAME = {route.name: route for route in ROUTES}
METHODS = [name for name in vars(Api) if not name.startswith("_")]
# Arguments by name where the type does not tell what is accepted.
SAMPLES = {
    "id": {"/api/events/{id}": 256, "/api/keys/{id}": "0123abcd", "": NODE_A},
    "categories": {"": None},
    "cursor": {"": None},
    "duration": {"": "5m"},
    "step": {"/api/jam": "1m"},
    "service_id": {"": "0x7"},
    "hash": {"": "ab" * 32},
    "wp_hash": {"": "0x" + "ab" * 32},
    "node_id": {"": NODE_A},
    "event_types": {"": [11, 42]},
    "fingerprint": {"": "0123456789abcdef"},
}


class Recording(Api):
    """Gives back what it is asked."""

    def _ask(self, call):
        return call

    def _stream(self, call):
        return call

    def _pages(self, call, member):
        return call, member


class AsyncRecording(AsyncApi):
    """The same."""

    async def _ask(self, call):
        return call

    def _stream(self, call):
        return call

    def _pages(self, call, member):
        return call, member


def sample(name: str, hint: object, path: str) -> object:
    """A value for an argument."""
    for start, value in SAMPLES.get(name, {}).items():
        if path.startswith(start):
            return value
    kinds = typing.get_args(hint) or (hint,)
    if typing.get_origin(hint) is typing.Literal:
        return kinds[0]
    first = kinds[0]
    if typing.get_origin(first) is typing.Literal:
        return typing.get_args(first)[0]
    return {int: 1, str: None, datetime: datetime(2026, 1, 1, tzinfo=UTC)}.get(first)


def arguments(name: str) -> dict[str, object]:
    route = BY_NAME[name.removeprefix("iter_")]
    hints = typing.get_type_hints(getattr(Api, name), vars(api))
    hints.pop("return")
    return {each: sample(each, hint, route.path) for each, hint in hints.items()}


@all_cases("name", METHODS)
def test_a_method_asks_its_route_as_the_route_reads_it(name):
    route = BY_NAME[name.removeprefix("iter_")]
    given = arguments(name)
    asked = getattr(Recording(), name)(**given)
    call = asked[0] if name.startswith("iter_") else asked
    assert (call.method, call.template) == (route.method, route.path)
    path = {each: str(value) for each, value in call.path.items()}
    read = route.read(urlencode(call.parameters), path)
    for each in ("duration", "start", "bytes", "limit"):
        if each in call.parameters:
            assert read[each] is not None
    if route.body:
        assert set(call.body or ()) == set(given) - {each.name for each in route.parameters}
    else:
        declared = {each.name for each in route.parameters}
        assert set(given) | {"bytes", "int64", "format", "table", "cursor", "offset"} >= declared
    if name.startswith("iter_"):
        assert asked[1] in ("events", "sessions")


@all_cases("name", METHODS)
def test_both_clients_ask_the_same(name):
    async def asked():
        answer = getattr(AsyncRecording(), name)(**arguments(name))
        return await answer if inspect.isawaitable(answer) else answer

    assert asyncio.run(asked()) == getattr(Recording(), name)(**arguments(name))
    one, other = inspect.signature(getattr(Api, name)), inspect.signature(getattr(AsyncApi, name))
    assert one.parameters == other.parameters


@all_cases("name", METHODS)
def test_a_method_s_type_is_its_route_s_schema(name):
    route = BY_NAME[name.removeprefix("iter_")]
    told = inspect.signature(getattr(Api, name)).return_annotation
    if name.startswith("iter_"):
        assert told.startswith("Iterator[answers.")
    elif route.answer:
        kind = route.answer.__name__
        expected = f"answers.{kind}" if hasattr(answers, kind) else "dict[str, Any]"
        assert told == expected
    assert inspect.getdoc(getattr(Api, name)).startswith(route.summary)


def test_there_are_no_others():
    assert [name for name in vars(AsyncApi) if not name.startswith("_")] == METHODS


def test_routes_alone_ask_nobody():
    call = Call("GET", "/")
    for ask in (Api()._ask, Api()._stream, AsyncApi()._stream):
        with pytest.raises(NotImplementedError):
            ask(call)
    for ask in (Api()._pages, AsyncApi()._pages):
        with pytest.raises(NotImplementedError):
            ask(call, "events")
    with pytest.raises(NotImplementedError):
        asyncio.run(AsyncApi()._ask(call))
