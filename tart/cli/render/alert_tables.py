"""Tables of ``tart alerts`` for a terminal. Pure; the time is an argument.

Values of labels come from nodes: they are shown without control characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tart.alerting.rules.durations import format_duration
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.templates import FORMATTERS, format_value
from tart.amounts import duration_text, plural
from tart.cli.render.result_table import fit_widths
from tart.printable import replace_unprintable
from tart.style import PLAIN, Style
from tart.text_width import cut_text, display_width, pad_text
from tart.units import SECOND_US

Json = Mapping[str, Any]
_GAP = "  "
# Labels that every alert has in columns of their own, or that the rule has.
_OWN_LABELS = ("alertname", "severity")
# Hex digits of an id in a table; --json has all.
_ID_DIGITS = 12
_LONG_ID = 32


@dataclass(frozen=True)
class Screen:
    """The screen of a table.

    Attributes:
        style: Its colours.
        width: Columns; ``None`` cuts nothing.
        now: Unix seconds.
    """

    style: Style = PLAIN
    width: int | None = None
    now: float = 0.0


@dataclass(frozen=True)
class _Cell:
    """A cell, with the function that colours it once it is padded."""

    text: str
    paint: Callable[[str], str] | None = None


def render_alerts(answer: Json, screen: Screen, *, is_filtered: bool = False) -> Iterator[str]:
    """Yield the lines of ``/api/alerts``, of which some alerts may be left out."""
    alerts = answer["alerts"]
    rows = [
        [
            _state(_shown_state(alert), screen.style),
            _severity(alert["severity"], screen.style),
            _Cell(_age(alert["fired_at"] or alert["since"], screen)),
            _Cell(alert["alert"]),
            _Cell(_about(alert)),
            _Cell(_value(alert["value"], alert["unit"])),
            _Cell(alert["summary"]),
        ]
        for alert in alerts
    ]
    if rows:
        names = ("STATE", "SEVERITY", "SINCE", "ALERT", "ABOUT", "VALUE", "SUMMARY")
        yield from _table(names, rows, screen)
        if answer["has_more"]:
            yield f"({len(rows)} are shown; further ones pass the filters)"
        yield ""
    elif is_filtered:
        yield "no alert passes the filters; of all:"
    yield f"{_counts(answer['counts'])}; {_evaluation(answer, screen)}"


def render_rules(answer: Json, screen: Screen) -> Iterator[str]:
    """Yield the lines of ``/api/alerts/rules``: rules, then channels."""
    rows = [
        [
            _state(rule["state"] if rule["enabled"] else "off", screen.style),
            _Cell(rule["alert"]),
            _Cell(condition_text(rule)),
            _Cell(_duration(rule["for_seconds"])),
            _Cell(_worst(rule)),
            _severity(rule["severity"], screen.style),
            _Cell(", ".join(rule["channels"]) or "none"),
        ]
        for rule in answer["rules"]
    ]
    if rows:
        names = ("STATE", "ALERT", "CONDITION", "FOR", "VALUE", "SEVERITY", "CHANNELS")
        yield from _table(names, rows, screen)
        yield ""
    channels = [
        [
            _Cell(channel["name"]),
            _Cell(channel["type"]),
            _Cell(str(channel["queued"])),
            _Cell(str(channel["delivered"])),
            _Cell(str(channel["failed"])),
            _Cell(str(channel["dead"]), screen.style.error if channel["dead"] else None),
            _Cell(channel["last_error"] or ""),
        ]
        for channel in answer["channels"]
    ]
    if channels:
        names = ("CHANNEL", "TYPE", "QUEUED", "DELIVERED", "FAILED", "DEAD", "LAST ERROR")
        yield from _table(names, channels, screen)
    else:
        yield "no channels: alerts are shown and not sent; see docs/alerts.md"


def render_rule(rule: Json, screen: Screen) -> Iterator[str]:
    """Yield the lines of one rule, with its values."""
    members = {
        "alert": rule["alert"],
        "state": rule["state"] if rule["enabled"] else "off",
        "condition": condition_text(rule),
        "for": _duration(rule["for_seconds"]) or "0s",
        "keep_firing_for": _duration(rule["keep_firing_for_seconds"]) or "0s",
        "severity": rule["severity"],
        "channels": ", ".join(rule["channels"]) or "none",
        "on_missing": rule["on_missing"],
        "built-in": "yes" if rule["is_builtin"] else "no",
        **{f"labels.{name}": text for name, text in rule["labels"].items()},
        **{f"annotations.{name}": text for name, text in rule["annotations"].items()},
        "last fired": _age(rule["last_fired_at"], screen) if rule["last_fired_at"] else "never",
        "last error": rule["last_error"] or "none",
    }
    width = max(map(len, members))
    for name, text in members.items():
        yield f"{name:{width}}  {replace_unprintable(str(text))}"
    yield ""
    for value in rule["values"]:
        labels = " ".join(f"{name}={text}" for name, text in value["labels"].items())
        text = _value(value["value"], rule["unit"])
        yield replace_unprintable(f"{text}  {labels}".rstrip())
    if not rule["values"]:
        yield "no value at the last evaluation"


def render_history(answer: Json, screen: Screen) -> Iterator[str]:
    """Yield the lines of ``/api/alerts/history``."""
    rows = [
        [
            _Cell(_moment(change["at"])),
            _Cell(f"{change['from']} → {change['to']}", _painter(change["to"], screen.style)),
            _severity(change["severity"], screen.style),
            _Cell(change["alert"]),
            _Cell(_labels(change["labels"])),
            _Cell(change["summary"]),
        ]
        for change in answer["history"]
    ]
    if not rows:
        yield "no changes"
        return
    yield from _table(("AT (UTC)", "CHANGE", "SEVERITY", "ALERT", "ABOUT", "SUMMARY"), rows, screen)
    if answer["has_more"]:
        yield f"({len(rows)} are shown; --limit shows more)"


def render_silences(answer: Json, screen: Screen, *, expired: bool) -> Iterator[str]:
    """Yield the lines of ``/api/alerts/silences``."""
    silences = [row for row in answer["silences"] if expired or row["state"] != "expired"]
    rows = [
        [
            _Cell(row["id"]),
            _Cell(row["state"], screen.style.dim if row["state"] == "expired" else None),
            _Cell(_until(row, screen)),
            _Cell(str(row["alerts"])),
            _Cell(row["author"] or "rule file"),
            _Cell(" ".join(row["matchers"])),
            _Cell(row["reason"]),
        ]
        for row in silences
    ]
    if not rows:
        yield "no silences"
        return
    yield from _table(
        ("ID", "STATE", "ENDS", "ALERTS", "AUTHOR", "MATCHERS", "REASON"), rows, screen
    )


def render_deliveries(answer: Json, screen: Screen) -> Iterator[str]:
    """Yield the lines of ``/api/alerts/deliveries``."""
    rows = [
        [
            _Cell(row["id"]),
            _Cell(_moment(row["created_at"])),
            _Cell(row["state"], _painter(row["state"], screen.style)),
            _Cell(row["channel"]),
            _Cell(str(row["attempts"])),
            _Cell(row["last_error"] or row["summary"]),
        ]
        for row in answer["deliveries"]
    ]
    if not rows:
        yield "no messages"
        return
    names = ("ID", "CREATED (UTC)", "STATE", "CHANNEL", "ATTEMPTS", "ERROR OR SUMMARY")
    yield from _table(names, rows, screen)
    if answer["has_more"]:
        yield f"({len(rows)} are shown; --limit shows more)"


def render_figures(screen: Screen) -> Iterator[str]:
    """Yield the lines of the catalogue of figures."""
    rows = [
        [
            _Cell(figure.name),
            _Cell(figure.unit),
            _Cell(", ".join(figure.by)),
            _Cell("" if figure.window_us is None else format_duration(figure.window_us)),
            _Cell(figure.description),
        ]
        for figure in FIGURES.values()
    ]
    yield from _table(("FIGURE", "UNIT", "BY", "WINDOW", "DESCRIPTION"), rows, screen)


def problem_line(problem: str, style: Style) -> str:
    """Return a problem of alerting itself as a line."""
    return f"{style.warning('problem:')} {replace_unprintable(problem)}"


def condition_text(rule: Json) -> str:
    """Return the condition of a rule, such as ``finality_lag_slots > 5``."""
    if rule["figure"] is None:
        return " ".join(rule["sql"].split()) if rule["sql"] else "SQL"
    sign, threshold = (">", rule["above"]) if rule["above"] is not None else ("<", rule["below"])
    parts = [rule["figure"]]
    if rule["by"]:
        parts.append(f"by {rule['by']}")
    if rule["window_seconds"]:
        parts.append(f"in {_duration(rule['window_seconds'])}")
    if rule["against_seconds"]:
        parts.append(f"/ that {_duration(rule['against_seconds'])} before")
    return f"{' '.join(parts)} {sign} {format_value(threshold or 0.0)}"


# --- Cells ---------------------------------------------------------------------------


def _shown_state(alert: Json) -> str:
    # As the counts have it: one that is pending sends nothing anyway.
    if alert["state"] != "firing":
        return str(alert["state"])
    if alert["silenced_by"]:
        return "silenced"
    return "inhibited" if alert["inhibited_by"] else "firing"


def _painter(state: str, style: Style) -> Callable[[str], str] | None:
    return {
        "firing": style.error,
        "dead": style.error,
        "failing": style.error,
        "pending": style.warning,
        "queued": style.warning,
        "resolved": style.good,
        "delivered": style.good,
        "superseded": style.dim,
        "silenced": style.dim,
        "inhibited": style.dim,
        "inactive": style.dim,
        "off": style.dim,
    }.get(state)


def _state(state: str, style: Style) -> _Cell:
    return _Cell(state, _painter(state, style))


def _severity(severity: str, style: Style) -> _Cell:
    paint = {"critical": style.error, "warning": style.warning}.get(severity)
    return _Cell(severity, paint)


def _about(alert: Json) -> str:
    subject = alert["about"]
    return f"{subject['kind']} {_short(subject['id'])}".rstrip()


def _labels(labels: Mapping[str, str]) -> str:
    return " ".join(
        f"{name}={_short(text)}" for name, text in labels.items() if name not in _OWN_LABELS
    )


def _short(text: str) -> str:
    is_id = len(text) >= _LONG_ID and all(each in "0123456789abcdefx" for each in text)
    return f"{text[:_ID_DIGITS]}…" if is_id else text


def _worst(rule: Json) -> str:
    if rule["last_error"]:
        return "failed"
    if not rule["values"]:
        return ""
    more = len(rule["values"]) - 1
    text = _value(rule["values"][0]["value"], rule["unit"])
    return f"{text} (+{more})" if more else text


def _value(value: float | None, unit: str | None) -> str:
    if value is None:
        return "unknown"
    if unit == "share":
        return FORMATTERS["humanizePercentage"](value)
    if unit == "seconds":
        return duration_text(value) if value >= 1 else FORMATTERS["humanizeDuration"](value)
    return f"{format_value(value)} {unit}" if unit else format_value(value)


def _duration(seconds: float) -> str:
    return format_duration(round(seconds * SECOND_US)) if seconds else ""


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def _age(time: str, screen: Screen) -> str:
    return duration_text(screen.now - _seconds(time))


def _moment(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _until(silence: Json, screen: Screen) -> str:
    if silence["state"] == "expired":
        return "ended"
    if silence["state"] == "pending":
        return f"begins in {duration_text(_seconds(silence['starts_at']) - screen.now)}"
    return f"in {duration_text(_seconds(silence['ends_at']) - screen.now)}"


def _counts(counts: Json) -> str:
    critical = counts["by_severity"].get("critical", 0)
    firing = f"{counts['firing']} firing"
    if critical:
        firing += f" ({critical} critical)"
    parts = [firing, f"{counts['pending']} pending"]
    parts += [f"{counts[name]} {name}" for name in ("silenced", "inhibited") if counts[name]]
    return ", ".join(parts)


def _evaluation(answer: Json, screen: Screen) -> str:
    if answer["evaluated_at"] is None:
        return "the rules have not been evaluated yet"
    missing = answer["shards_total"] - answer["shards_answered"]
    without = f" without {plural(missing, 'shard')}" if missing else ""
    return f"evaluated {_age(answer['evaluated_at'], screen)} ago{without}"


# --- Tables --------------------------------------------------------------------------


def _table(names: Sequence[str], rows: Sequence[Sequence[_Cell]], screen: Screen) -> Iterator[str]:
    """Yield a heading and rows; columns that are empty everywhere are left out."""
    shown = [index for index in range(len(names)) if any(row[index].text for row in rows)]
    texts = [[replace_unprintable(row[index].text) for index in shown] for row in rows]
    heads = [names[index] for index in shown]
    columns = zip(heads, *texts, strict=True)
    natural = [max(map(display_width, column)) for column in columns]
    widths = _widths(natural, screen.width)
    yield screen.style.dim(_line(heads, widths))
    for row, cells in zip(rows, texts, strict=True):
        paints = [row[index].paint for index in shown]
        yield _line(cells, widths, paints)


def _widths(natural: Sequence[int], width: int | None) -> list[int]:
    """Return the widths of columns: the last one, which is a sentence, has what is left."""
    if width is None:
        return list(natural)
    *most, last = natural
    left = width - sum(most) - len(_GAP) * len(most)
    if left >= min(last, 20):
        return [*most, min(last, left)]
    return fit_widths(natural, width)


def _line(
    cells: Sequence[str],
    widths: Sequence[int],
    paints: Sequence[Callable[[str], str] | None] = (),
) -> str:
    parts = []
    for index, (cell, width) in enumerate(zip(cells, widths, strict=False)):
        cut = cut_text(cell, width)
        padded = pad_text(cut, width) if index < len(widths) - 1 else cut
        paint = paints[index] if paints else None
        # Spaces are not coloured, so that the end of a line has none.
        parts.append(padded if paint is None else paint(cut) + padded[len(cut) :])
    return _GAP.join(parts).rstrip()
