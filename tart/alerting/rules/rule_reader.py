"""Reading of ``[[rule]]`` of the rule file. Pure.

A rule with the name of a built-in rule inherits from it whatever it leaves out. If it has a
condition of its own (``figure`` or ``sql``), no part of the built-in condition is inherited.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import get_args

from tart.alerting.rules.durations import format_duration, parse_duration
from tart.alerting.rules.figures import FIGURES, Figure
from tart.alerting.rules.model import (
    SEVERITIES,
    FigureCondition,
    OnMissing,
    Rule,
    Scope,
    SqlCondition,
)
from tart.alerting.rules.table_reader import TableReader, either, shown
from tart.alerting.rules.templates import check_template, format_value
from tart.suggestions import did_you_mean
from tart.units import DAY_US, HOUR_US, SECOND_US

_CONDITION_KEYS = ("figure", "by", "above", "below", "window", "against", "sql")
KEYS = (
    "alert",
    *_CONDITION_KEYS,
    "scope",
    "for",
    "keep_firing_for",
    "severity",
    "labels",
    "annotations",
    "channels",
    "on_missing",
    "missing_limit",
    "page",
)
_MEANT = {
    "name": "alert",
    "expr": "figure or sql",
    "expression": "figure or sql",
    "query": "sql",
    "metric": "figure",
    "threshold": "above or below",
    "channel": "channels",
    "summary": "annotations = {summary = …}",
    "description": "annotations = {description = …}",
    "group_by": "nothing: messages are grouped by rule",
    "duration": "for",
    "enabled": "the rule's name into disable or enable at the top of the file",
    "disabled": "the rule's name into disable at the top of the file",
    "enable": "the rule's name into enable at the top of the file",
    "disable": "the rule's name into disable at the top of the file",
}
_MAX_NAME = 100
_MAX_AGAINST_US = 30 * DAY_US
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_RESERVED_LABELS = {"alertname": "alert", "severity": "severity"}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# Pages that show more about one member, by label.
_PAGES = {"node": "#/nodes/{node}", "core": "#/cores/{core}"}
_DEFAULT_PAGE = "#/alerts"
# Units of which a duration may stand for a number, in microseconds.
_UNITS_OF_TIME = {"seconds": SECOND_US, "hours": HOUR_US, "days": DAY_US}


def read_rule(
    reader: TableReader,
    builtin: Mapping[str, Rule],
    channels: Sequence[str],
    default_channels: Sequence[str],
) -> Rule | None:
    """Return a rule; ``None`` if a mistake leaves no condition.

    Args:
        reader: Of its table; takes the mistakes.
        builtin: The built-in rules by name.
        channels: The names of the file's channels.
        default_channels: Those of rules that name none.
    """
    reader.refuse_unknown(KEYS, _MEANT)
    name = _read_name(reader)
    base = builtin.get(name or "")
    condition = _read_condition(reader, base, builtin)
    own = Rule(alert=name or "", condition=SqlCondition(""))
    inherited = base or own
    rule = Rule(
        alert=name or "",
        condition=condition or own.condition,
        scope=_read_scope(reader, condition, base),
        for_us=either(reader.duration("for"), inherited.for_us),
        keep_firing_for_us=either(reader.duration("keep_firing_for"), inherited.keep_firing_for_us),
        severity=either(reader.choice("severity", SEVERITIES), inherited.severity),
        labels={**inherited.labels, **_read_labels(reader)},
        annotations={**inherited.annotations, **(reader.text_table("annotations") or {})},
        channels=_read_channels(reader, channels, default_channels),
        on_missing=either(reader.choice("on_missing", get_args(OnMissing)), inherited.on_missing),
        missing_limit_us=either(
            reader.duration("missing_limit", shortest_us=1), inherited.missing_limit_us
        ),
        is_builtin=base is not None,
        jamtart_type=inherited.jamtart_type,
        page=either(reader.text("page"), base.page if base else _default_page(condition)),
        line=reader.table.line,
    )
    if condition is None:
        return None
    _check_texts(reader, rule)
    return rule


def labels_of(rule: Rule) -> tuple[str, ...] | None:
    """Return the names of the labels that a rule's alerts have; ``None`` for a statement's."""
    if isinstance(rule.condition, SqlCondition):
        return None
    figure = FIGURES[rule.condition.figure]
    label = figure.label(rule.condition.by)
    own = (label, *figure.details) if label else ()
    return (*own, *rule.labels, "alertname", "severity")


def _read_name(reader: TableReader) -> str | None:
    if "alert" not in reader:
        reader.refuse("", "a rule needs a name: alert")
    name = reader.text("alert")
    if name is not None and (len(name) > _MAX_NAME or not name.isprintable()):
        reader.refuse("alert", f"a name has at most {_MAX_NAME} printable characters")
    return name


# --- Conditions ----------------------------------------------------------------------


def _read_condition(
    reader: TableReader, base: Rule | None, builtin: Collection[str]
) -> FigureCondition | SqlCondition | None:
    if "sql" in reader:
        return _read_sql(reader)
    inherited = base.condition if base is not None and "figure" not in reader else None
    if isinstance(inherited, SqlCondition):
        _refuse_keys(reader, "the built-in rule is a statement; give figure or sql with it")
        return inherited
    name = inherited.figure if inherited is not None else reader.text("figure")
    if name is None:
        if "figure" not in reader:
            hint = did_you_mean(str(reader.table.values.get("alert", "")), builtin)
            meant = f"{hint[:-1]}, which is a built-in rule?" if hint else ""
            text = f"a rule needs a condition: figure with above or below, or sql{meant}"
            reader.refuse("", text)
        return None
    figure = FIGURES.get(name)
    if figure is None:
        hint = did_you_mean(name, FIGURES) or "; 'tart alerts figures' lists them"
        reader.refuse("figure", f"there is no figure {shown(name)}{hint}")
        for key in ("above", "below"):  # whose mistakes do not depend on it
            reader.number(key)
        return None
    by = _read_by(reader, figure, inherited)
    above, below = _read_thresholds(reader, figure, inherited)
    window_us = _read_window(reader, figure, inherited)
    against_us = _read_against(reader, figure, inherited, window_us)
    if against_us is None:
        _check_threshold(reader, figure, above, below)
        _check_retirement(reader, figure, above, window_us)
    return FigureCondition(
        figure=name, by=by, above=above, below=below, window_us=window_us, against_us=against_us
    )


def _read_sql(reader: TableReader) -> SqlCondition | None:
    _refuse_keys(reader, "it belongs to a figure; the condition of a statement is in its WHERE")
    statement = reader.text("sql")
    return None if statement is None else SqlCondition(statement.strip())


def _refuse_keys(reader: TableReader, sentence: str) -> None:
    for key in _CONDITION_KEYS:
        if key in reader and key != "sql":
            text = "figure and sql are two conditions; give one of them"
            reader.refuse(key, text if key == "figure" else sentence)


def _read_by(reader: TableReader, figure: Figure, base: FigureCondition | None) -> str | None:
    if "by" not in reader:
        return base.by if base is not None else figure.label(None)
    by = reader.text("by")
    if by is None or by in figure.by:
        return by
    if not figure.by:
        reader.refuse("by", f"{figure.name} has one value; leave out by")
    else:
        hint = did_you_mean(by, figure.by) or f"; there are {', '.join(figure.by)}"
        reader.refuse("by", f"{figure.name} has no values by {shown(by)}{hint}")
    return None


def _read_thresholds(
    reader: TableReader, figure: Figure, base: FigureCondition | None
) -> tuple[float | None, float | None]:
    if "above" in reader and "below" in reader:
        reader.refuse("below", "above and below are two conditions; make two rules of them")
    if base is not None:
        return _change_threshold(reader, figure, base)
    if "above" not in reader and "below" not in reader:
        reader.refuse("", "a rule with a figure needs a threshold: above or below")
    return _read_threshold(reader, "above", figure), _read_threshold(reader, "below", figure)


def _read_threshold(reader: TableReader, key: str, figure: Figure) -> float | None:
    value = reader.table.values.get(key)
    number = _to_number(value, figure.unit) if isinstance(value, str) else None
    hint = "" if number is None else f"; write {number:.15g}"
    return reader.number(key, f"a number ({figure.unit}){hint}")


def _to_number(text: str, unit: str) -> float | None:
    """Return the number that a text such as ``"5m"``, ``"30 %"`` or ``"60"`` stands for."""
    try:
        if unit in _UNITS_OF_TIME and not text.isdecimal():
            return parse_duration(text) / _UNITS_OF_TIME[unit]
        if unit == "share" and text.endswith("%"):
            return float(text[:-1]) / 100
        return float(text)
    except ValueError:
        return None


def _change_threshold(
    reader: TableReader, figure: Figure, base: FigureCondition
) -> tuple[float | None, float | None]:
    """Return the threshold of a built-in rule, or what the file has in its place."""
    own, other = ("above", "below") if base.above is not None else ("below", "above")
    if other in reader and own not in reader:
        text = f"the built-in rule has {own}; give figure as well for a condition of your own"
        reader.refuse(other, text)
    value = _read_threshold(reader, own, figure)
    if own == "above":
        return either(value, base.above), None
    return None, either(value, base.below)


def _check_threshold(
    reader: TableReader, figure: Figure, above: float | None, below: float | None
) -> None:
    """Refuse a threshold that holds always or never."""
    low, high = figure.lowest, figure.highest
    never = (above is not None and above >= high) or (below is not None and below <= low)
    always = (above is not None and above < low) or (below is not None and below > high)
    if not never and not always:
        return
    key, value = ("above", above) if above is not None else ("below", below)
    hint = ""
    if figure.unit == "share" and value is not None and 1 < value <= 100:
        hint = f"; write {format_value(value / 100)} for {format_value(value)} %"
    reader.refuse(
        key,
        f"{figure.name} ({figure.unit}) is from {_bound(low)} to {_bound(high)}: "
        f"it is {'never' if never else 'always'} {key} {format_value(value or 0.0)}{hint}",
    )


def _check_retirement(
    reader: TableReader, figure: Figure, above: float | None, window_us: int | None
) -> None:
    """Refuse a threshold that a node reaches only when it counts as retired."""
    if not figure.ends_with_window or above is None or window_us is None:
        return
    if above * SECOND_US >= window_us:
        reader.refuse(
            "window" if "window" in reader else "above",
            f"{figure.name} is never above {format_value(above)}, since a node that is away for "
            f"the window, {format_duration(window_us)}, counts as retired; give a longer window",
        )


def _bound(value: float) -> str:
    return "any number" if value in (float("inf"), float("-inf")) else format_value(value)


def _read_window(reader: TableReader, figure: Figure, base: FigureCondition | None) -> int | None:
    default = base.window_us if base is not None else figure.window_us
    if "window" not in reader:
        return either(default, figure.window_us)
    window_us = reader.duration("window")
    if figure.window is None:
        reader.refuse("window", f"{figure.name} is of the present and has no window")
        return None
    if window_us is None:
        return figure.window_us
    shortest, longest = figure.window.shortest_us, figure.window.longest_us
    if not shortest <= window_us <= longest:
        bounds = f"{format_duration(shortest)} to {format_duration(longest)}"
        reader.refuse("window", f"the window of {figure.name} is {bounds}")
    return window_us


def _read_against(
    reader: TableReader, figure: Figure, base: FigureCondition | None, window_us: int | None
) -> int | None:
    if "against" not in reader:
        return base.against_us if base is not None else None
    against_us = reader.duration("against")
    if not figure.is_comparable:
        able = ", ".join(name for name, other in FIGURES.items() if other.is_comparable)
        text = f"{figure.name} is not compared with an earlier window; {able} can be"
        reader.refuse("against", text)
    elif against_us is not None and window_us and not window_us <= against_us <= _MAX_AGAINST_US:
        bounds = f"{format_duration(window_us)}, the window, to {format_duration(_MAX_AGAINST_US)}"
        reader.refuse("against", f"it is from {bounds}: both windows must not overlap")
    return against_us


# --- Further keys --------------------------------------------------------------------


def _read_scope(
    reader: TableReader, condition: FigureCondition | SqlCondition | None, base: Rule | None
) -> Scope:
    if isinstance(condition, FigureCondition):
        if "scope" in reader:
            reader.refuse("scope", "it follows from the figure; leave it out")
        return FIGURES[condition.figure].scope(condition.by)
    inherited: Scope = base.scope if base is not None else "network"
    scopes: tuple[Scope, ...] = get_args(Scope)
    return either(reader.choice("scope", scopes), inherited)


def _read_labels(reader: TableReader) -> dict[str, str]:
    labels = reader.text_table("labels") or {}
    line = reader.table.line_of("labels")
    for name in labels:
        if name in _RESERVED_LABELS:
            key = _RESERVED_LABELS[name]
            reader.refuse(f"labels.{name}", f"it is the label of the key {key}", line)
        elif not _LABEL.fullmatch(name):
            text = "a label has letters, digits and _, and does not begin with a digit"
            reader.refuse(f"labels.{name}", text, line)
    return labels


def _read_channels(
    reader: TableReader, channels: Collection[str], defaults: Sequence[str]
) -> tuple[str, ...]:
    names = either(reader.texts("channels"), tuple(defaults))
    for name in names if "channels" in reader else ():
        reader.check_channel("channels", name, channels)
    return names


def _default_page(condition: FigureCondition | SqlCondition | None) -> str:
    if isinstance(condition, SqlCondition):
        # The labels of its rows are known later; those without a node lead to the default.
        return _PAGES["node"]
    by = condition.by if condition is not None else None
    return _PAGES.get(by or "", _DEFAULT_PAGE)


def _check_texts(reader: TableReader, rule: Rule) -> None:
    """Check what names labels: the rule's own ones, annotations and the page."""
    labels = labels_of(rule)
    for name in rule.labels:
        if name not in _RESERVED_LABELS and labels is not None and labels.count(name) > 1:
            line = reader.table.line_of("labels")
            reader.refuse(f"labels.{name}", "the figure has a label of this name", line)
    own = reader.table.values.get("annotations")
    for name, text in rule.annotations.items():
        if isinstance(own, dict) and name in own:
            line = reader.table.line_of("annotations")
        else:  # inherited; a new condition may have other labels
            line = reader.table.line
        for sentence in check_template(text, labels):
            reader.refuse(f"annotations.{name}", sentence, line)
    if "page" in reader:
        _check_page(reader, rule.page, labels)


def _check_page(reader: TableReader, page: str, labels: tuple[str, ...] | None) -> None:
    if not page.startswith("#/"):
        reader.refuse("page", f'{shown(page)} is not a page; write one as "#/nodes/{{node}}"')
    for name in _PLACEHOLDER.findall(page):
        if labels is not None and name not in labels:
            hint = did_you_mean(name, labels) or f"; they have {', '.join(labels)}"
            reader.refuse("page", f"the alerts have no label {name or 'without a name'}{hint}")
