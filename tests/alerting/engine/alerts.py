"""Alerts for tests of the engine."""

from tart.alerting.engine.model import Alert, State
from tart.alerting.engine.states import fingerprint


def make_alert(rule="NodeSilent", *, state=State.FIRING, started_us=0, value=61.0, **more):
    """An alert; label sets are given as a dictionary."""
    labels = tuple(sorted(more.pop("labels", {}).items()))
    mark = fingerprint(rule, labels)
    defaults = {
        "fired_us": None if state is State.PENDING else started_us,
        "resolved_us": started_us if state is State.RESOLVED else None,
    }
    return Alert(
        rule=rule,
        labels=labels,
        state=state,
        fingerprint=mark,
        id=f"{mark}-{started_us}",
        condition="",
        started_us=started_us,
        held_us=0,
        evaluated_us=started_us,
        known_us=started_us,
        true_us=started_us,
        value=value,
        **(defaults | more),
    )
