"""Messages of channels by apprise, which blocks."""

from __future__ import annotations

import logging

from tart.alerting.engine.model import Request
from tart.alerting.engine.outbox import Outcome, Verdict

_LEVELS = frozenset({"WARNING", "ERROR", "CRITICAL"})
_MAX_LINES = 5


def notify(request: Request) -> Outcome:
    """Send a message to the services of apprise's URL; blocks."""
    try:
        # 27 MB and a sixth of a second; only these channels need it.
        import apprise
    except ImportError:
        return Outcome(
            Verdict.DOUBTFUL, "apprise is not installed; it comes with the extra 'alerts'"
        )
    details = request.details
    # Its log has URLs with tokens; the result has the lines of this call.
    logging.getLogger("apprise").propagate = False
    asset = apprise.AppriseAsset(
        app_id="tart",
        service_timeout=details["timeout_seconds"],
        result_log_disk_size=0,
        allow_templates=False,
    )
    services = apprise.Apprise(asset=asset)
    if not services.add(details["url"]):
        return Outcome(Verdict.DOUBTFUL, "apprise does not know a service for the URL")
    with services.notify(
        body=details["text"],
        title=details["title"],
        notify_type=details["notify_type"],
        body_format=apprise.NotifyFormat.TEXT,
    ) as result:
        if result:
            return Outcome(Verdict.DELIVERED)
        lines = [entry.message for entry in result.logs() if entry.level in _LEVELS]
    return Outcome(Verdict.RETRY, "; ".join(lines[:_MAX_LINES]) or "apprise could not deliver it")
