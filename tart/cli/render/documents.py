"""The JSON documents that commands print with ``--json``, unless they are answers of the API.

Pure. ``docs/scripts.md`` describes them. Members are added, but not renamed or removed. Sizes are
bytes, durations seconds, times RFC 3339 in UTC.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Json = dict[str, Any]


class DamagedFile(TypedDict):
    """A damaged file that was backed up unchanged."""

    file: str
    events: int


class BackupDocument(TypedDict):
    """``tart backup``: the new backup."""

    path: str
    begun_at: str
    files: int
    copied_bytes: int
    linked_bytes: int
    linked_to: str | None
    damaged: list[DamagedFile]
    seconds: float


class RestoreDocument(TypedDict):
    """``tart restore``: the restored data directory."""

    path: str
    begun_at: str
    files: int
    bytes: int
    seconds: float


class VerifyDocument(TypedDict):
    """``tart verify``: undecodable frames are counted by rule; they are no findings.

    ``blocks`` are those of the chain.
    """

    files: int
    blocks: int
    events: int
    decoded: int
    undecodable: dict[str, int]
    findings: list[str]


class VersionDocument(TypedDict):
    """``tart version``: ``reason`` says why the native kernel does not run, else null."""

    version: str
    kernel: Literal["native", "python"]
    reason: str | None


class SettingDocument(TypedDict):
    """A setting in use."""

    key: str
    value: Any
    origin: str


class SettingsDocument(TypedDict):
    """``tart config show``: all settings."""

    settings: list[SettingDocument]


class CheckDocument(TypedDict):
    """A check of the machine: ``subject`` is what was checked."""

    subject: str
    state: str


class ProblemDocument(TypedDict):
    """A problem; ``severity`` is wrong, refused, defect, in_use or warning.

    With in_use and warning the configuration is valid all the same.
    """

    severity: str
    key: str | None
    origin: str | None
    line: int | None
    text: str


class ConfigCheckDocument(TypedDict):
    """``tart config check``: ``user`` is as whom it was checked, if that is another user."""

    valid: bool
    settings: str
    user: str | None
    checks: list[CheckDocument]
    problems: list[ProblemDocument]


class RecordDocument(TypedDict):
    """``tart record``: the capture; of an export the last three are null."""

    file: str
    sessions: int
    messages: int
    bytes: int
    seconds: float
    raw_sessions: int | None
    open_sessions: int | None
    refused_connections: int | None


class ReplayDocument(TypedDict):
    """``tart replay``: what was sent; ``max_delay_seconds`` is null with ``--speed max``."""

    sessions: int
    messages: int
    bytes: int
    seconds: float
    max_delay_seconds: float | None
    failed_sessions: int
    unsent_bytes: int
    closed_early_sessions: int
    complete: bool


class SimulateDocument(TypedDict):
    """``tart simulate``: what the simulated nodes sent."""

    nodes: int
    events: int
    bytes: int
    seconds: float
    dropped: int
    reconnects: int
    behind_seconds: float


TestedTransition = TypedDict(
    "TestedTransition",
    {
        "at": str,
        "alert": str,
        "labels": dict[str, str],
        "from": str,
        "to": str,
        "severity": str,
        "value": float | None,
        "summary": str,
        "reason": str,
        "inhibited_by": str | None,
    },
)


class TestedRule(TypedDict):
    """A rule that was tested; ``error`` says why it could not be evaluated."""

    alert: str
    figure: str | None
    fired: int
    error: str | None


class UntestedRule(TypedDict):
    """A rule that a capture cannot test."""

    alert: str
    reason: str


class RuleTestDocument(TypedDict):
    """``tart alerts test``: the transitions of alerts while a capture was played."""

    events: int
    started_at: str | None
    ended_at: str | None
    evaluations: int
    skipped_pauses: int
    transitions: list[TestedTransition]
    rules: list[TestedRule]
    not_tested: list[UntestedRule]


class EndedSilencesDocument(TypedDict):
    """``tart alerts unsilence``: the ids of the silences that have ended."""

    ended: list[str]


class RuleFileDocument(TypedDict):
    """``tart alerts check``: what a valid rule file declares, by name."""

    file: str
    rules: list[str]
    disabled: list[str]
    channels: list[str]
    maintenance: int


class CatalogueFigure(TypedDict):
    """A figure of the catalogue."""

    name: str
    unit: str
    by: list[str]
    window_seconds: float | None
    description: str


class FiguresDocument(TypedDict):
    """``tart alerts figures``: what rules can compare."""

    figures: list[CatalogueFigure]


class FilesDocument(TypedDict):
    """``tart grafana``: the files that were written."""

    files: list[str]


StepState = Literal["done", "needed", "unneeded"]


class StepDocument(TypedDict):
    """A step of an installation."""

    step: str
    state: StepState


class StepsDocument(TypedDict):
    """``tart install``: the steps in order; ``needed`` only with ``--dry-run``."""

    steps: list[StepDocument]


class NodeTotals(TypedDict):
    """Sums over the nodes of ``/api/nodes``."""

    known: int
    connected: int
    event_count: int
    dropped: int


class StatusDocument(TypedDict):
    """``tart status``: ``nodes`` and ``live`` are null if no shard answers.

    With ``--watch`` each line is one; while no server answers, ``error`` says why, and ``health``,
    ``nodes`` and ``live`` are null.
    """

    at: str
    url: str
    error: str | None
    health: Json | None
    nodes: NodeTotals | None
    live: Json | None
