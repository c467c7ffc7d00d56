"""The report of the checks before a start, as text and as a document. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tart.cli.render.documents import ConfigCheckDocument
from tart.errors import SettingFault


class Severity(StrEnum):
    """The severity of a problem, which says whom it stops."""

    WRONG = "wrong"  # the settings cannot be used: exit code 2
    REFUSED = "refused"  # the machine refuses them: exit code 1
    IN_USE = "in_use"  # it may be the running server's: only a start is refused
    DEFECT = "defect"  # only the check fails, with exit code 1
    WARNING = "warning"


# Of `tart serve`, and of `tart config check`.
REFUSE_START = frozenset({Severity.WRONG, Severity.REFUSED, Severity.IN_USE})
WARNINGS = frozenset({Severity.IN_USE, Severity.WARNING})


@dataclass(frozen=True)
class Problem:
    """A problem with its severity."""

    severity: Severity
    fault: SettingFault


@dataclass
class Outcome:
    """The result of one check.

    Attributes:
        subject: What was checked, such as a directory.
        problems: What is wrong with it.
    """

    subject: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, severity: Severity, fault: SettingFault) -> None:
        """Add a problem."""
        self.problems.append(Problem(severity, fault))


def exit_code(problems: Sequence[Problem]) -> int:
    """Return the exit code of ``tart config check``."""
    severities = {problem.severity for problem in problems} - WARNINGS
    if Severity.WRONG in severities:
        return 2
    return 1 if severities else 0


def render_check(
    settings: str, user: str | None, outcomes: Sequence[Outcome], problems: Sequence[Problem]
) -> str:
    """Return what was checked, a line each, and whether it is right.

    Args:
        settings: The file of the settings, in words; they are valid.
        user: The user as whom the checks ran, if it is another.
        outcomes: The results of the checks of the machine.
        problems: All problems.
    """
    wrong = [problem for problem in problems if problem.severity not in WARNINGS]
    lines = [f"{'ok':8} {settings}"]
    lines += [f"{_state(outcome):8} {outcome.subject}" for outcome in outcomes]
    if user is not None:
        lines.append(f"checked as {user}, who owns the data directory")
    if wrong:
        mistakes = "1 mistake" if len(wrong) == 1 else f"{len(wrong)} mistakes"
        lines.append(f"the configuration has {mistakes}")
    else:
        lines.append("configuration is valid")
    return "\n".join(lines) + "\n"


def check_document(
    settings: str, user: str | None, outcomes: Sequence[Outcome], problems: Sequence[Problem]
) -> ConfigCheckDocument:
    """Return the same as a document."""
    return {
        "valid": all(problem.severity in WARNINGS for problem in problems),
        "settings": settings,
        "user": user,
        "checks": [{"subject": outcome.subject, "state": _state(outcome)} for outcome in outcomes],
        "problems": [
            {
                "severity": str(problem.severity),
                "key": problem.fault.key or None,
                "origin": problem.fault.origin or None,
                "line": problem.fault.line,
                "text": problem.fault.text,
            }
            for problem in problems
        ],
    }


def _state(outcome: Outcome) -> str:
    if not outcome.problems:
        return "ok"
    return "warning" if all(row.severity in WARNINGS for row in outcome.problems) else "wrong"
