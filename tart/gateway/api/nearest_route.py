"""Sentences about requests that no route serves: the nearest path, the accepted methods. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tart.gateway.api.docs import PATH as DOCS
from tart.suggestions import nearest

_SHOWN = 100


def unknown_path(path: str, templates: Iterable[str]) -> str:
    """Return the sentence for a path without a route; it names the nearest one.

    Args:
        path: The path of the request.
        templates: The paths of the routes, with ``{name}`` for parameters.
    """
    known = {_fill(template, path): template for template in templates}
    similar = nearest(path, known)
    hint = f"did you mean {known[similar]}? " if similar else ""
    return f"there is no route {path[:_SHOWN]}; {hint}{DOCS} lists all routes"


def wrong_method(method: str, path: str, allowed: Iterable[str]) -> str:
    """Return the sentence for a method that the route of a path does not take."""
    methods = ", ".join(sorted(allowed))
    return f"{path[:_SHOWN]} takes {methods}, not {method}; {DOCS} describes all routes"


def _fill(template: str, path: str) -> str:
    """Return a template with the segments of a path for its parameters."""
    given = path.split("/")
    return "/".join(
        given[index] if segment.startswith("{") and index < len(given) else segment
        for index, segment in enumerate(template.split("/"))
    )
