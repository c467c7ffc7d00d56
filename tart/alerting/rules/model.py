"""The declarations of a rule file: rules, channels, and how messages are grouped.

Pure. The vocabulary is that of Prometheus' alerting rules and of Alertmanager's routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tart.units import HOUR_US, MINUTE_US, SECOND_US

Severity: TypeAlias = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
# What an alert of one label set is about: the network as a whole, one of its nodes, cores,
# implementations …, or this server.
Scope: TypeAlias = Literal["network", "server", "member"]
OnMissing: TypeAlias = Literal["keep", "resolve", "alert"]

# Names and values, sorted by name: the key of one alert of a rule. Without ``alertname`` and
# ``severity``, and without the rule's own labels.
LabelSet: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FigureCondition:
    """A figure of the catalogue compared with a threshold.

    Attributes:
        figure: Its name in ``rules.figures``.
        by: The label that distinguishes its values: ``node``, ``core``, ``implementation`` …;
            ``None`` for figures of the network or the server as a whole.
        above: The condition holds while the value is greater.
        below: The condition holds while the value is smaller. Exactly one of both is set.
        window_us: Length of the window of figures that have one.
        against_us: The value is divided by that of the window that ended this long before;
            ``None`` compares the value itself.
    """

    figure: str
    by: str | None = None
    above: float | None = None
    below: float | None = None
    window_us: int | None = None
    against_us: int | None = None

    def holds(self, value: float) -> bool:
        """Return whether a value fulfils the condition."""
        if self.above is not None:
            return value > self.above
        return self.below is not None and value < self.below


@dataclass(frozen=True)
class SqlCondition:
    """A statement whose rows are label sets: the condition holds for each row.

    Its column ``value``, if there is one, is the alert's value; other columns are labels.
    """

    statement: str


@dataclass(frozen=True)
class Rule:
    """An alerting rule.

    Attributes:
        alert: Its name; unique in a file together with the built-in rules.
        condition: What must hold.
        scope: Derived from the figure; ``network`` for SQL unless the file has another.
        for_us: How long the condition must hold before the alert fires.
        keep_firing_for_us: How long the alert fires after the condition held last.
        labels: Added to the labels of each alert.
        annotations: Templates with ``{{ $labels.node }}`` and ``{{ $value }}``: ``summary`` is the
            sentence of the message, ``description`` what to do.
        channels: Names of the channels that its messages go to: of a rule that names none, those
            of ``default_channels`` in the file, or all.
        on_missing: What follows when the figure has no value for a label set that had one, and
            all shards answered: the state stays for ``missing_limit_us``, the alert ends, or it
            holds. A shard that does not answer never ends an alert.
        is_builtin: Whether tart declares it.
        off_because: Why a built-in rule is not evaluated unless the file names it: it may be wrong
            for a network. Empty if it is.
        jamtart_type: ``type`` of the same alert of jamtart's WebSocket; ``None`` if it has none.
        page: Hash route of the page that shows more, with the names of labels in braces, such as
            ``#/nodes/{node}``.
        line: Of the file; 0 of built-in rules.
    """

    alert: str
    condition: FigureCondition | SqlCondition
    scope: Scope = "network"
    for_us: int = 0
    keep_firing_for_us: int = 0
    severity: Severity = "warning"
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    on_missing: OnMissing = "keep"
    missing_limit_us: int = HOUR_US
    is_builtin: bool = False
    off_because: str = ""
    jamtart_type: str | None = None
    page: str = "#/alerts"
    line: int = 0

    @property
    def is_on(self) -> bool:
        """True if it is evaluated unless the file says otherwise."""
        return not self.off_because


@dataclass(frozen=True)
class Channel:
    """A receiver of messages.

    Attributes:
        name: Unique in the file.
        type: ``webhook``, ``alertmanager``, ``slack``, ``discord``, ``telegram``, ``pagerduty``,
            ``email``, ``command`` or ``apprise``.
        settings: The type's own settings as the kind of channel declares them, without
            secrets.
        secrets: Where each secret comes from: ``Secret`` by setting.
        send_resolved: Whether ends of alerts are sent.
        min_severity: Less severe alerts are not sent.
        templates: Overrides of the texts of its messages by name: ``title``, ``text``.
        line: Of the file.
    """

    name: str
    type: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    send_resolved: bool = True
    min_severity: Severity = "info"
    templates: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True)
class Secret:
    """The source of a secret: it is read when it is needed, never stored and never shown.

    Attributes:
        source: ``value`` (in the file itself), ``file``, ``environment`` or ``credential`` (of
            systemd, a file below ``$CREDENTIALS_DIRECTORY``).
        name: The path, the variable, the credential's name; the secret itself for ``value``.
    """

    source: Literal["value", "file", "environment", "credential"]
    name: str = field(repr=False)


@dataclass(frozen=True)
class MaintenanceWindow:
    """A time in which matching alerts send nothing, declared in the file.

    Attributes:
        matchers: As text, as those of a silence: ``node="…"``, ``alertname=~"Node.*"``.
        start_us: Unix microseconds.
        end_us: Unix microseconds.
        reason: Why, for the page and the messages.
    """

    matchers: tuple[str, ...]
    start_us: int
    end_us: int
    reason: str


@dataclass(frozen=True)
class RuleFile:
    """Everything that the rule file declares, with the built-in rules.

    Attributes:
        rules: Built-in ones first, also those that are switched off; a rule of the file with a
            built-in rule's name replaces it.
        disabled: Names of the built-in rules that the file switches off.
        enabled: Names of the built-in rules that the file switches on.
        external_url: What links in messages start with; empty for none.
        group_wait_us: The time that a new group waits for further alerts before its first message.
        group_interval_us: The time between messages of a group whose alerts changed.
        repeat_interval_us: The time after which a message that still holds is sent again.
    """

    rules: tuple[Rule, ...] = ()
    channels: tuple[Channel, ...] = ()
    maintenance: tuple[MaintenanceWindow, ...] = ()
    disabled: tuple[str, ...] = ()
    enabled: tuple[str, ...] = ()
    external_url: str = ""
    group_wait_us: int = 30 * SECOND_US
    group_interval_us: int = 5 * MINUTE_US
    repeat_interval_us: int = 4 * HOUR_US

    @property
    def enabled_rules(self) -> tuple[Rule, ...]:
        """The rules that are evaluated."""
        return tuple(
            rule
            for rule in self.rules
            if rule.alert not in self.disabled and (rule.is_on or rule.alert in self.enabled)
        )
