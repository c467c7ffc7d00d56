"""The rule file (``alerts.toml``): from its text to rules and channels, with all mistakes at once.

Pure. ``docs/alerts.md`` describes the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tart.alerting.rules.channel_reader import read_channel
from tart.alerting.rules.matchers import parse_matcher
from tart.alerting.rules.model import Channel, MaintenanceWindow, Rule, RuleFile
from tart.alerting.rules.rule_reader import read_rule
from tart.alerting.rules.table_reader import TableReader, either, shown
from tart.config.toml_tables import Table, parse_tables
from tart.errors import BadQuery, ConfigError, SettingFault
from tart.suggestions import did_you_mean


class RuleFileError(ConfigError):
    """A rule file with mistakes.

    Attributes:
        usable: What it declares without the tables and keys that have mistakes: a server that is
            restarted at night with a wrong file still sends what it can.
    """

    def __init__(self, faults: Iterable[SettingFault], usable: RuleFile) -> None:
        super().__init__(faults=faults)
        self.usable = usable


# What else rules cost than their evaluation is a row on every page.
MAX_RULES = 500
MAX_CHANNELS = 100
# In ``disable`` and ``enable``: all built-in rules.
ALL = "*"

TOP_KEYS = (
    "group_wait",
    "group_interval",
    "repeat_interval",
    "external_url",
    "default_channels",
    "disable",
    "enable",
)
_TOP_MEANT = {
    "rules": "[[rule]] above each rule",
    "rule": "[[rule]] above each rule",
    "channels": "[[channel]] above each channel",
    "channel": "[[channel]] above each channel",
    "disabled": "disable",
    "enabled": "enable",
    "groups": "[[rule]] above each rule; a rule file of Prometheus has another form",
}
_MAINTENANCE_KEYS = ("matchers", "start", "end", "reason")
_LISTS = ("channel", "rule", "maintenance")


def parse_rule_file(
    text: str, *, place: str, builtin: Sequence[Rule], directory: str = ""
) -> RuleFile:
    """Return what a rule file declares, together with the built-in rules.

    Args:
        text: The file.
        place: Its name, for messages.
        builtin: The built-in rules.
        directory: What relative paths of secrets start from.

    Raises:
        RuleFileError: The file has mistakes; it has all of them, in the order of their lines.
    """
    return _Reader(place, builtin, directory).read(text.replace("\r\n", "\n"))


def default_rule_file(builtin: Sequence[Rule]) -> RuleFile:
    """Return what is in force without a rule file: the built-in rules, and no channel."""
    return RuleFile(rules=tuple(builtin))


class _Reader:
    def __init__(self, place: str, builtin: Sequence[Rule], directory: str) -> None:
        self._place = place
        self._builtin = {rule.alert: rule for rule in builtin}
        self._directory = directory
        self._faults: list[SettingFault] = []

    def read(self, text: str) -> RuleFile:
        """Return the file; raise its mistakes."""
        tables = parse_tables(text, _LISTS)
        self._faults += [
            SettingFault("", self._place, line, sentence) for line, sentence in tables.errors
        ]
        by_name: dict[str, list[Table]] = {name: [] for name in _LISTS}
        for table in tables.lists:
            by_name[table.name].append(table)
        channels = self._read_channels(by_name["channel"])
        names = _names(by_name["channel"], "name")
        top = TableReader(tables.top, self._place, "", self._faults)
        defaults = _read_default_channels(top, names)
        rules = self._read_rules(by_name["rule"], names, defaults)
        maintenance = self._read_maintenance(by_name["maintenance"])
        file = replace(
            self._read_top(top),
            rules=self._merge(rules, defaults),
            channels=tuple(channels),
            maintenance=tuple(maintenance),
        )
        if self._faults:
            faults = sorted(self._faults, key=lambda fault: fault.line or 0)
            raise RuleFileError(faults, _restrict_channels(file))
        return file

    def _read_top(self, reader: TableReader) -> RuleFile:
        reader.refuse_unknown(TOP_KEYS, _TOP_MEANT)
        file = RuleFile()
        disabled, enabled = self._read_switches(reader)
        return RuleFile(
            disabled=disabled,
            enabled=enabled,
            external_url=_read_external_url(reader),
            group_wait_us=either(reader.duration("group_wait"), file.group_wait_us),
            group_interval_us=either(
                reader.duration("group_interval", shortest_us=1), file.group_interval_us
            ),
            repeat_interval_us=either(
                reader.duration("repeat_interval", shortest_us=1), file.repeat_interval_us
            ),
        )

    def _read_switches(self, reader: TableReader) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the built-in rules that are switched off and on; a name outweighs ``ALL``."""
        off, on = reader.texts("disable") or (), reader.texts("enable") or ()
        for key, names in (("disable", off), ("enable", on)):
            for name in names:
                if name != ALL and name not in self._builtin:
                    hint = did_you_mean(name, self._builtin)
                    reader.refuse(key, f"there is no built-in rule {shown(name)}{hint}")
        for name in on:
            if name in off:
                reader.refuse("enable", f"{shown(name)} is in disable, too")
        return self._resolve_all(off, on), self._resolve_all(on, off)

    def _resolve_all(self, names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
        if ALL not in names:
            return names
        return tuple(name for name in self._builtin if name not in others)

    def _read_channels(self, tables: Sequence[Table]) -> list[Channel]:
        self._refuse_duplicates(tables, "name", "channel")
        self._refuse_many(tables, MAX_CHANNELS)
        channels = []
        for table in tables:
            count = len(self._faults)
            channel = read_channel(self._reader(table, "name"), self._directory)
            if channel is not None and len(self._faults) == count:
                channels.append(channel)
        return channels

    def _read_rules(
        self, tables: Sequence[Table], channels: Sequence[str], defaults: Sequence[str]
    ) -> list[Rule]:
        self._refuse_duplicates(tables, "alert", "rule")
        self._refuse_many(tables, MAX_RULES)
        rules = []
        for table in tables:
            count = len(self._faults)
            rule = read_rule(self._reader(table, "alert"), self._builtin, channels, defaults)
            if rule is not None and len(self._faults) == count:
                rules.append(rule)
        return rules

    def _read_maintenance(self, tables: Sequence[Table]) -> list[MaintenanceWindow]:
        windows = []
        for table in tables:
            count = len(self._faults)
            window = _read_window(TableReader(table, self._place, "maintenance", self._faults))
            if window is not None and len(self._faults) == count:
                windows.append(window)
        return windows

    def _merge(self, rules: Sequence[Rule], defaults: Sequence[str]) -> tuple[Rule, ...]:
        """Return the built-in rules, changed as the file says, and then the file's own."""
        of_file = {rule.alert: rule for rule in rules}
        builtin = [
            of_file.pop(name, replace(rule, channels=tuple(defaults)))
            for name, rule in self._builtin.items()
        ]
        return (*builtin, *of_file.values())

    def _reader(self, table: Table, key: str) -> TableReader:
        name = table.values.get(key)
        title = name if isinstance(name, str) and name.strip() else f"[[{table.name}]]"
        return TableReader(table, self._place, title[:60], self._faults)

    def _refuse_duplicates(self, tables: Sequence[Table], key: str, noun: str) -> None:
        lines: dict[str, int] = {}
        for table in tables:
            name = table.values.get(key)
            if not isinstance(name, str):
                continue
            line = table.line_of(key)
            if (earlier := lines.setdefault(name, line)) != line:
                sentence = f"a {noun} of this name is on line {earlier} already"
                self._reader(table, key).refuse(key, sentence)

    def _refuse_many(self, tables: Sequence[Table], most: int) -> None:
        if len(tables) > most:
            table = tables[most]
            sentence = f"the file has {len(tables)} of them; at most {most} are accepted"
            self._faults.append(
                SettingFault(f"[[{table.name}]]", self._place, table.line, sentence)
            )


def _read_window(reader: TableReader) -> MaintenanceWindow | None:
    reader.refuse_unknown(_MAINTENANCE_KEYS, {"matcher": "matchers", "until": "end"})
    for key in _MAINTENANCE_KEYS:
        if key not in reader:
            reader.refuse("", f"it needs {key}")
    matchers, reason = reader.texts("matchers"), reader.text("reason")
    if matchers == ():
        reader.refuse("matchers", 'it is empty; alertname=~".*" matches all alerts')
    for matcher in matchers or ():
        try:
            parse_matcher(matcher)
        except BadQuery as error:
            reader.refuse("matchers", str(error))
    start_us, end_us = reader.time("start"), reader.time("end")
    if start_us is None or end_us is None or matchers is None or reason is None:
        return None
    if end_us <= start_us:
        reader.refuse("end", "it is not after start")
    return MaintenanceWindow(matchers, start_us, end_us, reason)


def _restrict_channels(file: RuleFile) -> RuleFile:
    """Return a file whose rules name no channel that was left out."""
    names = {channel.name for channel in file.channels}
    rules = (
        replace(rule, channels=tuple(name for name in rule.channels if name in names))
        for rule in file.rules
    )
    return replace(file, rules=tuple(rules))


def _read_default_channels(reader: TableReader, channels: Sequence[str]) -> tuple[str, ...]:
    """Return where messages of rules go that name no channels; all, if the file does not say."""
    names = reader.texts("default_channels")
    for name in names or ():
        reader.check_channel("default_channels", name, channels)
    return tuple(channels) if names is None else names


def _read_external_url(reader: TableReader) -> str:
    url = reader.text("external_url") or ""
    if url and not url.startswith(("http://", "https://")):
        reader.refuse("external_url", f"{shown(url)} does not begin with https:// or http://")
    return url.rstrip("/")


def _names(tables: Iterable[Table], key: str) -> list[str]:
    """Return the names of all tables, also of those with mistakes."""
    names = (table.values.get(key) for table in tables)
    return [name for name in names if isinstance(name, str)]
