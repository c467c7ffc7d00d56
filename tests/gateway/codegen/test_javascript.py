"""The checked-in JavaScript client is that of the contract; it runs in ``tests/e2e``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict, get_type_hints

import pytest
from msgspec import Meta

from tart.gateway.codegen import javascript
from tart.gateway.codegen.client import client_routes
from tart.gateway.codegen.javascript import typescript, wire_typescript
from tart.protocol import types, wire
from tart.protocol.events import EventKind
from tart.query.answers.common import Bytes, Count, Counters, EventData, Fraction, Total, Uint64
from tart.query.answers.sessions import Session

WRITTEN = {
    "tart.js": javascript.module,
    "tart.d.ts": javascript.declarations,
    "package.json": javascript.package,
}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_files_are_what_would_be_written_now(name: str) -> None:
    there = (javascript.FOLDER / name).read_text()
    assert there == WRITTEN[name](), "run python -m tart.gateway.codegen.javascript"


def test_the_command_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(javascript, "FOLDER", tmp_path / "web")
    javascript.main()
    assert {each.name for each in (tmp_path / "web").iterdir()} == set(WRITTEN)


def test_every_route_of_the_python_client_has_a_method_and_its_types() -> None:
    for text in (javascript.module(), javascript.declarations()):
        client = text.partition("class TartClient")[2]
        methods = re.findall(r"^  (\w+)\(", client, re.MULTILINE)
        assert len(set(methods)) == len(methods) - methods.count("constructor") + 1
        for route in client_routes():
            first, *rest = route.name.split("_")
            assert first + "".join(word.capitalize() for word in rest) in methods
        assert "GENERATED" not in text


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Count, "number"),
        (Uint64, "I"),
        (Total | None, "I | null"),
        (EventData | None, "EventData<I> | null"),
        (Fraction, "number | null"),
        (Bytes | None, "string | null"),
        (list[Count | None], "(number | null)[]"),
        (Counters, "Record<string, number>"),
        (dict[str, Any], "Record<string, unknown>"),
        (tuple[int, str], "[number, string]"),
        (Literal["a", "b"], '"a" | "b"'),
        (NotRequired[Annotated[list[Session], Meta(description="x")]], "Session<I>[]"),
        (bool, "boolean"),
        (None, "null"),
    ],
)
def test_an_annotation_in_typescript(annotation: Any, expected: str) -> None:
    holder: Any = TypedDict("Holder", {"member": annotation})
    assert typescript(get_type_hints(holder, include_extras=True)["member"]) == expected


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (types.U32, "number"),
        (types.U64, "I"),
        (types.refers_to(1), "I"),
        (types.BOOL, "boolean"),
        (types.HASH, "string"),
        (types.SIDE, '"Local" | "Remote" | number'),
        (wire.Option(types.SIDE), '"Local" | "Remote" | number | null'),
        (wire.List(types.SIDE), '("Local" | "Remote" | number)[]'),
        (wire.List(types.U16), "number[]"),
        (types.CORE_BITS, "number[]"),
        (types.ACCUMULATED_SERVICE, "[number, AccumulateCost<I>]"),
    ],
)
def test_a_wire_type_in_typescript(layout: wire.Type, expected: str) -> None:
    assert wire_typescript(layout) == expected


def test_every_event_has_a_type_of_its_fields() -> None:
    text = javascript.declarations()
    for kind in EventKind:
        assert f"| {{ {kind.variant}: fields.{kind.variant}<I> }}" in text
        assert f"export type {kind.variant}<I> =" in text
