"""Paths of the web page's pages, which are hash routes: ``#/`` goes before them. Pure."""

from __future__ import annotations

from urllib.parse import quote, urlencode


def node_page(node_id: str) -> str:
    """Return the page of a node."""
    return f"nodes/{node_id}"


def slot_page(slot: int) -> str:
    """Return the page of a slot."""
    return f"slots/{slot}"


def core_page(core: int) -> str:
    """Return the page of a core."""
    return f"cores/{core}"


def package_page(package_hash: str) -> str:
    """Return the page of a work-package's journey."""
    return f"work/{package_hash}"


def event_page(event_id: int) -> str:
    """Return the inspector of a message with this API id."""
    return f"events/{event_id}"


def session_page(session: int) -> str:
    """Return the inspector of the first message of a session."""
    return f"sessions/{session}"


def events_page(**conditions: str | int) -> str:
    """Return the list of events under conditions, which are named as in ``/api/events``."""
    return f"events?{urlencode(conditions)}" if conditions else "events"


def rule_findings_page(rule: str) -> str:
    """Return the findings of a rule."""
    return f"conformance?rule={quote(rule)}"
