"""Comparisons of bytes with text, which SQL would answer with no rows.

Pure. Hashes and peer ids are BLOB, and results show them as ``0x01ab…``. DuckDB casts text that is
compared with a BLOB to the bytes of its characters, so ``hash = '0x01ab…'`` is never true. Here
such text is rewritten to the bytes that its digits mean, and other text is refused. The bound plan
of ``json_serialize_plan`` has the casts that DuckDB adds, and their places in the statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tart.query.sql.syntax_tree import Tree, arguments, function_name, walk

# Text of a hash as results show it, or as the REST API does.
_HEX = re.compile(r"0[xX](?:[0-9a-fA-F]{2})+|[0-9a-fA-F]{64}")
_NODE_ID = re.compile(r"(?:0[xX])?([0-9a-fA-F]{64})")
_BLOB_TYPES = frozenset({"BLOB", "BYTEA", "BINARY", "VARBINARY"})
_CASTS = frozenset({"OPERATOR_CAST", "BOUND_CAST"})
# Functions that compare their second argument with the elements of a list.
_SEARCHES = frozenset(
    f"{family}_{function}"
    for family in ("list", "array")
    for function in ("contains", "has", "position", "indexof")
)
_UNHEX = frozenset({"unhex", "from_hex"})
_REMEDY = "write unhex('01ab…'), or the text '0x01ab…' with all its digits"

Place = tuple[int, int]


class TextForBytes(Exception):
    """Text is compared with bytes; the message says how to write the comparison."""


@dataclass(frozen=True)
class Edit:
    """A part of a statement to replace.

    Attributes:
        place: Its offset and length in bytes of UTF-8.
        text: The text to write there.
    """

    place: Place
    text: str


def apply_edits(sql: str, edits: frozenset[Edit]) -> str:
    """Return a statement with all edits, which do not overlap."""
    text = sql.encode()
    for edit in sorted(edits, key=lambda edit: edit.place, reverse=True):
        begin, length = edit.place
        text = text[:begin] + edit.text.encode() + text[begin + length :]
    return text.decode()


def unhex_edits(tree: Tree) -> frozenset[Edit]:
    """Return the edits that remove the ``0x`` of literals in ``unhex``."""
    edits = set()
    for node in walk(tree):
        if function_name(node) not in _UNHEX:
            continue
        for argument in arguments(node):
            text, place = _literal(argument), _place(argument)
            if text is not None and place and re.fullmatch(r"0[xX][0-9a-fA-F]*", text):
                edits.add(Edit(place, f"'{text[2:]}'"))
    return frozenset(edits)


def comparison_edits(tree: Tree, plan: Tree) -> frozenset[Edit]:
    """Return the edits after which no text is compared with bytes.

    Args:
        tree: The syntax tree of the statement.
        plan: Its bound plan.

    Raises:
        TextForBytes: The text does not mean bytes.
    """
    explicit = {_place(node) for node in walk(tree) if _casts_to_bytes(node)}
    wrapped = {
        _place(node)
        for node in walk(tree)
        if node.get("class") == "COLUMN_REF"
        or (node.get("class") == "FUNCTION" and not node.get("is_operator"))
    }
    edits = set()
    for operands in _comparisons(plan):
        of_nodes = any(
            each.get("type") == "BOUND_REF" and str(each.get("alias")).lower() == "node_id"
            for each in operands
        )
        for operand in operands:
            text = _bound_literal(operand)
            place = _place(operand)
            if of_nodes and place and (digits := _NODE_ID.fullmatch(text or "")):
                if digits[1].lower() != text:
                    edits.add(Edit(place, f"'{digits[1].lower()}'"))
            elif _is_text_cast(operand) and (place is None or place not in explicit):
                edits |= _cast_edits(operand, wrapped)
    return frozenset(edits)


def _cast_edits(cast: Tree, wrapped: set[Place | None]) -> set[Edit]:
    """Return the edit of text that DuckDB casts to bytes; none if it has DuckDB's escapes."""
    place, text = _place(cast), _bound_literal(cast)
    if text is None:
        source = _child(cast)
        name = str(source.get("alias") or "an expression")
        if place is None or place not in wrapped or _type(source) != "VARCHAR":
            raise TextForBytes(
                f"bytes (BLOB) are compared with text ({name}): write unhex(…) around the text"
            )
        begin, _ = place
        # Text with 0x is as good as text without.
        return {
            Edit((begin, 0), "unhex(regexp_replace("),
            Edit((sum(place), 0), ", '^0[xX]', ''))"),
        }
    if not text or "\\x" in text:
        return set()
    if place is None or not _HEX.fullmatch(text):
        shown = text if len(text) <= 20 else f"{text[:20]}…"
        raise TextForBytes(
            f"bytes (BLOB) are compared with the text '{shown}', which is not hexadecimal with "
            f"two digits a byte: {_REMEDY}"
        )
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    return {Edit(place, f"unhex('{digits}')")}


def _comparisons(plan: Tree) -> Iterator[list[Tree]]:
    """Yield the operands of each comparison."""
    for node in walk(plan):
        if "comparison" in node:
            yield [side for side in (node.get("left"), node.get("right")) if side]
        elif str(node.get("type")).startswith("COMPARE_") or _bound_name(node) in _SEARCHES:
            sides = (node.get("left"), node.get("right"))
            yield [*(node.get("children") or ()), *(side for side in sides if side)]


def _bound_name(node: Tree) -> str:
    path = (node.get("qname") or {}).get("path") or [node.get("name")]
    return str(path[-1]).lower()


def _is_text_cast(node: Tree) -> bool:
    return node.get("type") in _CASTS and _turns_text_to_bytes(
        _child_type(node), node.get("return_type") or {}
    )


def _turns_text_to_bytes(source: Mapping[str, Any], target: Mapping[str, Any]) -> bool:
    """Return true if a cast between two types casts VARCHAR to BLOB in any member."""
    if (source.get("id"), target.get("id")) == ("VARCHAR", "BLOB"):
        return True
    return any(
        _turns_text_to_bytes(one, other)
        for one, other in zip(_members(source), _members(target), strict=False)
    )


def _members(kind: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    info = kind.get("type_info") or {}
    listed = [info["child_type"]] if "child_type" in info else []
    return listed + [member["second"] for member in info.get("child_types") or ()]


def _casts_to_bytes(node: Tree) -> bool:
    """Return true for a cast to BLOB that the author wrote."""
    name = (node.get("type_expr") or {}).get("type_name") or (node.get("cast_type") or {}).get("id")
    return node.get("class") == "CAST" and str(name).upper() in _BLOB_TYPES


def _child(cast: Tree) -> Tree:
    child: Tree = cast.get("child") or (cast.get("children") or [{}])[0]
    return child


def _child_type(cast: Tree) -> Mapping[str, Any]:
    child = _child(cast)
    kind: Mapping[str, Any] = (
        child.get("return_type")
        or (child.get("value") or {}).get("type")
        or (cast.get("arguments") or [{}])[0]
    )
    return kind


def _type(node: Tree) -> str:
    return str((node.get("return_type") or {}).get("id"))


def _bound_literal(node: Tree) -> str | None:
    """Return the text of a constant, or of a constant that is cast."""
    value = (_child(node) if node.get("type") in _CASTS else node).get("value") or {}
    is_text = (value.get("type") or {}).get("id") == "VARCHAR" and not value.get("is_null")
    return str(value.get("value", "")) if is_text else None


def _literal(node: Tree) -> str | None:
    """Return the text of a literal of the syntax tree."""
    literal, value = node.get("literal") or {}, node.get("value") or {}
    if literal.get("kind") == "STRING":
        return str(literal.get("text"))
    return str(value.get("value")) if (value.get("type") or {}).get("id") == "VARCHAR" else None


def _place(node: Tree) -> Place | None:
    """Return the place of an expression; the parser leaves out an offset of 0, which none has."""
    begin, length = node.get("query_location"), node.get("query_location_length")
    return (int(begin), int(length)) if begin and length else None
