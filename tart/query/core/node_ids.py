"""Node ids as requests write them: whole, or a prefix that only one node has. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Any

from tart.errors import Ambiguous, BadQuery, NotFound

LENGTH = 64
MIN_PREFIX = 4
# The longest list of candidates in an error.
MAX_CANDIDATES = 20
# An id that shares fewer leading digits is not suggested.
_SIMILAR = 3
_PREFIX = re.compile(rf"(?:0x)?([0-9a-fA-F]{{{MIN_PREFIX},{LENGTH}}})", re.IGNORECASE)


def node_prefix(text: Any, parameter: str = "node_id") -> str:
    """Return a node id, or a prefix of one, in lower case and without ``0x``.

    Raises:
        BadQuery: The text is not 4 to 64 hex digits.
    """
    match = _PREFIX.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise BadQuery(
            f"{parameter} must be a node id of {LENGTH} hex digits, or its first {MIN_PREFIX} or "
            "more",
            parameter,
        )
    return match[1].lower()


def matching_node(prefix: str, nodes: Iterable[str], parameter: str) -> str | None:
    """Return the one node whose id begins with ``prefix``; ``None`` if there is none.

    Raises:
        Ambiguous: More than one does; the error has their ids.
    """
    matches = sorted(node for node in nodes if node.startswith(prefix))
    if len(matches) > 1:
        shown = matches[:MAX_CANDIDATES]
        raise Ambiguous(
            f"{len(matches)} nodes have ids that begin with {prefix}; add digits",
            parameter,
            [{"node_id": node} for node in shown],
        )
    return matches[0] if matches else None


def unknown_node(prefix: str, nodes: Iterable[str], parameter: str) -> NotFound:
    """Return the error for a node that has never connected; it names the most similar id."""
    shared, similar = max(((_shared(prefix, node), node) for node in nodes), default=(0, ""))
    what = "no node" if len(prefix) == LENGTH else "no node whose id begins with"
    hint = f"did you mean {similar}?" if shared >= _SIMILAR else "/api/nodes lists all nodes"
    return NotFound(f"{what} {prefix} has ever connected; {hint}", parameter)


def _shared(left: str, right: str) -> int:
    """Return the number of digits with which both begin."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    )


def resolve_filter(document: Any, resolved: Mapping[str, str]) -> Any:
    """Return a live filter with the whole ids of ``resolved`` instead of its prefixes."""
    if isinstance(document, list):
        return [resolve_filter(item, resolved) for item in document]
    if not isinstance(document, dict):
        return document
    if document.get("type") == "Node":
        text = document.get("node_id")
        return (
            {**document, "node_id": resolved.get(text, text)} if isinstance(text, str) else document
        )
    if "filters" in document:
        return {**document, "filters": resolve_filter(document["filters"], resolved)}
    return document


def filter_nodes(document: Any) -> list[str]:
    """Return the node ids and prefixes in a live filter, as written."""
    if isinstance(document, list):
        return [text for item in document for text in filter_nodes(item)]
    if not isinstance(document, dict):
        return []
    if document.get("type") == "Node":
        text = document.get("node_id")
        return [text] if isinstance(text, str) else []
    return filter_nodes(document.get("filters"))
