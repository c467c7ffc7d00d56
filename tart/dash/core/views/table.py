"""All views, in the order of their tabs, and how they are found by name."""

from __future__ import annotations

from tart.dash.core.model import Place, UnknownPlace, View
from tart.dash.core.views import (
    alert_rules,
    alerts,
    anomalies,
    blocks,
    conformance,
    core,
    cores,
    event,
    events,
    failure,
    failures,
    finding,
    help,
    network,
    node,
    nodes,
    package,
    server,
    slot,
    work,
)
from tart.suggestions import did_you_mean

VIEWS: tuple[View, ...] = (
    network.VIEW,
    nodes.VIEW,
    node.VIEW,
    blocks.VIEW,
    slot.VIEW,
    work.VIEW,
    package.VIEW,
    cores.VIEW,
    core.VIEW,
    events.VIEW,
    event.VIEW,
    conformance.VIEW,
    finding.VIEW,
    alerts.VIEW,
    alert_rules.VIEW,
    failures.VIEW,
    failure.VIEW,
    anomalies.VIEW,
    server.VIEW,
    help.view(lambda: VIEWS),
)
BY_NAME: dict[str, View] = {view.name: view for view in VIEWS}
_BY_ANY_NAME = {name: view for view in VIEWS for name in (view.name, *view.aliases)}


def tabs() -> tuple[View, ...]:
    """Return the views that have a tab."""
    return tuple(view for view in VIEWS if view.has_tab)


def parse_place(text: str) -> Place:
    """Return the place that a text names, such as ``nodes`` or ``node 3f2a``.

    Raises:
        UnknownPlace: It names no view, or an argument is missing, one too many or not valid.
    """
    name, _, argument = text.strip().partition(" ")
    view = _BY_ANY_NAME.get(name.lower())
    argument = argument.strip()
    if view is None:
        hint = did_you_mean(name, _BY_ANY_NAME) or f"; there are {', '.join(BY_NAME)}"
        raise UnknownPlace(f"no view is called {name or '(nothing)'}{hint}")
    if argument and not view.argument:
        raise UnknownPlace(f"the view {view.name} takes no argument")
    if view.argument_required and not argument:
        raise UnknownPlace(f"the view {view.name} needs an argument: {view.name} {view.argument}")
    place = Place(view.name, argument or None)
    # The view checks its argument.
    view.requests(place)
    return place
