"""Answers of tools for AI agents: cut to a size, without characters that hide instructions.

Pure. A model reads an answer as text, and part of it was written by nodes: their names, versions
and reasons. Nothing can make such text safe to obey, so an answer names the members that hold it
(``untrusted``), shortens it, and removes what a person would not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tart import json_encoding
from tart.printable import remove_hidden
from tart.protocol.events import EVENTS
from tart.protocol.wire import List, Option, String, Struct, Tuple, Type

MAX_BYTES = 32 << 10
MAX_NODE_TEXT = 128
MAX_TEXT = 2000
# Members of node information, and of answers made of it.
_NODE_INFORMATION = (
    "node_name",
    "node_version",
    "implementation_name",
    "implementation_version",
    "name",
    "version",
    "additional_info",
    "note",
)


def _text_members(kind: Type, name: str) -> Iterator[str]:
    """Yield the names of members that hold text, in a field and inside it."""
    match kind:
        case String():
            yield name
        case List() | Option():
            yield from _text_members(kind.inner, name)
        case Tuple():
            for inner in kind.inner:
                yield from _text_members(inner, name)
        case Struct():
            for member, inner in kind.fields:
                yield from _text_members(inner, member)


# Names of members whose text nodes wrote.
NODE_TEXT = frozenset(_NODE_INFORMATION) | {
    member for event in EVENTS.values() for member in _text_members(event.fields, event.variant)
}


def prepare(
    value: Any,
    *,
    omitted: frozenset[str] = frozenset(),
    all_untrusted: bool = False,
    limit: int = MAX_BYTES,
) -> bytes:
    """Return the JSON of an answer for a model.

    Args:
        value: The answer: an object.
        omitted: Names of members that are left out.
        all_untrusted: Whether any text in it may be a node's, as in rows of SQL.
        limit: Size in bytes of the JSON as a JSON string, which is how it is sent; lists are cut
            until it fits.
    """
    untrusted: set[str] = set()
    cleaned = _clean(value, None, untrusted, omitted)
    marks: dict[str, Any] = {}
    if all_untrusted:
        marks["untrusted"] = "all text in rows"
    elif untrusted:
        marks["untrusted"] = sorted(untrusted)
    return _fit({**marks, **cleaned}, limit)


def _clean(value: Any, member: str | None, untrusted: set[str], omitted: frozenset[str]) -> Any:
    """Return a copy without invisible characters; add the names of members with node text."""
    match value:
        case dict():
            return {
                remove_hidden(name)[:MAX_TEXT]: _clean(each, name, untrusted, omitted)
                for name, each in value.items()
                if name not in omitted
            }
        case list():
            return [_clean(each, member, untrusted, omitted) for each in value]
        case str():
            if member in NODE_TEXT and value:
                untrusted.add(member)
                return _shorten(remove_hidden(value), MAX_NODE_TEXT)
            return _shorten(remove_hidden(value), MAX_TEXT)
        case _:
            return value


def clean_text(text: str) -> str:
    """Return an error's text, which may quote a node, without invisible characters."""
    return _shorten(remove_hidden(text), MAX_TEXT)


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _sent_bytes(data: bytes) -> int:
    return len(data) + data.count(b'"') + data.count(b"\\")


def _fit(answer: dict[str, Any], limit: int) -> bytes:
    """Return the JSON, with the longest lists halved until it fits."""
    data = json_encoding.dumps(answer)
    lengths: dict[str, int] = {}
    while _sent_bytes(data) > limit:
        path, longest = _longest_list(answer)
        if longest is None or len(longest) < 2:
            # Objects with very many members: what they are is all that can be told.
            answer = {"truncated": {"bytes": len(data)}, "members": list(answer)[:50]}
            answer["hint"] = "The answer is too large: narrow the arguments."
            return json_encoding.dumps(answer)
        lengths.setdefault(path, len(longest))
        del longest[max(1, len(longest) // 2) :]
        shown = {"limit_bytes": limit, "lists_had": lengths}
        answer["truncated"] = {**shown, "hint": "Narrow the arguments, or aggregate."}
        data = json_encoding.dumps(answer)
    return data


def _longest_list(answer: dict[str, Any]) -> tuple[str, list[Any] | None]:
    """Return the path and the list whose JSON is the largest among those of two items or more."""
    best: tuple[str, list[Any] | None] = ("", None)
    size = 0
    for path, items in _lists(answer, ""):
        if len(items) > 1 and (bytes_of := len(json_encoding.dumps(items))) > size:
            # Inner lists follow outer ones: an outer list of one item is passed over for them.
            best, size = (path, items), bytes_of
    return best


def _lists(value: Any, path: str) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _lists(member, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        yield path, value
        if len(value) == 1:
            yield from _lists(value[0], f"{path}[0]")
