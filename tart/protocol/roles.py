"""The role of an event type in audits and finality, declared with the type.

Pure. JIP-3 has no events of audits and of finality yet: its sections about them are to be written.
A role says which step of the protocol an event of a coming type reports, and which of its fields
have the values that are counted. Everything about the steps (the table ``role_events``, the
routes ``/api/audits`` and ``/api/finality``, the pages) derives from roles: a step without an event
type is null, and the step is there as soon as a member of ``EventKind`` has its role.

The steps are those of the Gray Paper (auditing, judgments) and of GRANDPA; a step that the
specification will not report stays null.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from tart.protocol.wire import Struct


class Role(StrEnum):
    """A step of auditing or of finality."""

    # A validator begins to audit a work-report.
    AUDIT_STARTED = "audit_started"
    # It announces the reports that it audits in a tranche, or receives such an announcement.
    ANNOUNCEMENT_SENT = "announcement_sent"
    ANNOUNCEMENT_RECEIVED = "announcement_received"
    # It judges a report to be valid or not, or receives a judgment.
    JUDGMENT_MADE = "judgment_made"
    JUDGMENT_RECEIVED = "judgment_received"
    # A dispute about a report ends.
    DISPUTE_CONCLUDED = "dispute_concluded"
    # A round of finality begins and ends; in between votes are sent and received.
    ROUND_STARTED = "round_started"
    VOTE_SENT = "vote_sent"
    VOTE_RECEIVED = "vote_received"
    ROUND_COMPLETED = "round_completed"


AUDIT_ROLES = (
    Role.AUDIT_STARTED,
    Role.ANNOUNCEMENT_SENT,
    Role.ANNOUNCEMENT_RECEIVED,
    Role.JUDGMENT_MADE,
    Role.JUDGMENT_RECEIVED,
    Role.DISPUTE_CONCLUDED,
)
FINALITY_ROLES = (Role.ROUND_STARTED, Role.VOTE_SENT, Role.VOTE_RECEIVED, Role.ROUND_COMPLETED)


class EventRole(NamedTuple):
    """The role of an event type, and the fields of its events that have the values of the step.

    Attributes:
        role: The step.
        tranche: Name of the field with the tranche of an audit; ``None`` if there is none.
        valid: Name of the field, true or false, with a verdict about a work-report.
        round: Name of the field with the number of a round.
    """

    role: Role
    tranche: str | None = None
    valid: str | None = None
    round: str | None = None

    def check(self, fields: Struct) -> None:
        """Raise ``ValueError`` if a field that the role names is not among these."""
        names = {name for name, _ in fields.fields}
        for name in self[1:]:
            if name is not None and name not in names:
                raise ValueError(f"{fields.name} has no field {name}, which its role names")
