"""The figures and the built-in rules of alerting as JSON, as a web page and as Markdown. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.durations import format_duration
from tart.alerting.rules.figures import FIGURES, Figure
from tart.alerting.rules.model import FigureCondition, Rule
from tart.alerting.rules.templates import format_value
from tart.gateway.api import docs
from tart.gateway.api.html import html, relative
from tart.gateway.api.routes.figures import FIGURES_DOCUMENT, FIGURES_PAGE
from tart.query.answers.figures import AlertFigure, AlertFigures, FigureWindow
from tart.units import SECOND_US

_INTRODUCTION = (
    "Rules compare these figures with a threshold: above or below. Windows end shortly before the "
    "present and consist of whole buckets of the stored counts, so that what is not complete yet "
    "makes no alert. With against a figure is divided by its value of the window that ended that "
    "long before. A figure without a value neither fulfils a condition nor ends an alert by "
    "itself: on_missing says what follows. While a shard does not answer, values that need it are "
    "not known, and alerts keep their state."
)
_RULES = (
    "Rules that are on cannot be wrong for a healthy network, of six nodes or of a thousand. "
    "Those that are off depend on the network; enable in the rule file switches them on, disable "
    "switches others off, and a rule with the same name changes them."
)
_FIGURE_HEAD = ("Figure", "Unit", "By", "Window", "Meaning")
_RULE_HEAD = ("Rule", "Condition", "For", "Severity", "Meaning")
_Cells = Sequence[str]


def figure_catalogue() -> AlertFigures:
    """Return the answer of ``/api/alerts/figures``."""
    return {"figures": [_figure(figure) for figure in FIGURES.values()]}


def figure_page() -> str:
    """Return the web page."""
    return html("tart: figures of alerting rules", _page())


def figure_markdown() -> str:
    """Return ``docs/figures.md``."""
    return "\n".join(_markdown()) + "\n"


def describe_condition(condition: FigureCondition) -> str:
    """Return a condition as a rule file has it, without what the figure implies."""
    figure = FIGURES[condition.figure]
    parts = [condition.figure]
    if condition.by is not None and condition.by != figure.label(None):
        parts.append(f"by {condition.by}")
    if condition.window_us not in (None, figure.window_us):
        parts.append(f"in {format_duration(condition.window_us or 0)}")
    if condition.against_us is not None:
        parts.append(f"against {format_duration(condition.against_us)} before")
    word, limit = (
        ("above", condition.above) if condition.above is not None else ("below", condition.below)
    )
    return f"{' '.join(parts)} {word} {format_value(limit or 0.0)}"


def _figure(figure: Figure) -> AlertFigure:
    return {
        "name": figure.name,
        "unit": figure.unit,
        "description": figure.description,
        "subject": figure.subject,
        "by": list(figure.by),
        "window": _window(figure),
        "comparable": figure.is_comparable,
        "lowest": figure.lowest if math.isfinite(figure.lowest) else None,
        "highest": figure.highest if math.isfinite(figure.highest) else None,
        "builtin_rules": [
            rule.alert
            for rule in BUILTIN_RULES
            if isinstance(rule.condition, FigureCondition) and rule.condition.figure == figure.name
        ],
    }


def _window(figure: Figure) -> FigureWindow | None:
    if figure.window is None:
        return None
    return {
        "default": figure.window.default_us / SECOND_US,
        "shortest": figure.window.shortest_us / SECOND_US,
        "longest": figure.window.longest_us / SECOND_US,
    }


def _figure_rows() -> Iterator[_Cells]:
    for figure in FIGURES.values():
        window = ""
        if figure.window is not None:
            window = (
                f"{format_duration(figure.window.default_us)} "
                f"({format_duration(figure.window.shortest_us)} to "
                f"{format_duration(figure.window.longest_us)})"
            )
        yield figure.name, figure.unit, ", ".join(figure.by), window, figure.description


def _rule_rows(*, is_on: bool) -> Iterator[_Cells]:
    for rule in BUILTIN_RULES:
        if rule.is_on is is_on:
            yield rule.alert, _condition(rule), _for(rule), rule.severity, _meaning(rule)


def _condition(rule: Rule) -> str:
    assert isinstance(rule.condition, FigureCondition)
    return describe_condition(rule.condition)


def _for(rule: Rule) -> str:
    return format_duration(rule.for_us) if rule.for_us else ""


def _meaning(rule: Rule) -> str:
    description = rule.annotations["description"]
    return f"Off because {rule.off_because} {description}" if rule.off_because else description


def _page() -> Iterator[str]:
    yield "<h1>Figures of alerting rules</h1>"
    yield (
        f"<p>{escape(_INTRODUCTION)} As JSON: "
        f'<a href="{relative(FIGURES_DOCUMENT, FIGURES_PAGE)}">{FIGURES_DOCUMENT}</a>. '
        f'<a href="{relative(docs.PATH, FIGURES_PAGE)}">All routes</a>.</p>'
    )
    yield from _table(_FIGURE_HEAD, _figure_rows(), codes=1)
    yield f"<h2>Built-in rules</h2><p>{escape(_RULES)}</p>"
    yield from _table(_RULE_HEAD, _rule_rows(is_on=True), codes=2)
    yield "<h3>Off unless the rule file switches them on</h3>"
    yield from _table(_RULE_HEAD, _rule_rows(is_on=False), codes=2)


def _table(head: _Cells, rows: Iterator[_Cells], codes: int) -> Iterator[str]:
    """Yield a table whose first cells are code; rows are linked by their first cell."""
    yield f"<table><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>"
    for row in rows:
        cells = [
            f"<td><code>{escape(cell)}</code></td>" if index < codes else f"<td>{escape(cell)}</td>"
            for index, cell in enumerate(row)
        ]
        yield f'<tr id="{row[0]}">{"".join(cells)}</tr>'
    yield "</table>"


def _markdown() -> Iterator[str]:
    yield "# Figures and built-in rules of alerting"
    yield ""
    yield "Generated by `python -m tart.gateway.codegen.figure_pages` from the declarations."
    yield _INTRODUCTION
    yield f"A running server has it at `{FIGURES_PAGE}`, and as JSON at `{FIGURES_DOCUMENT}`."
    yield "[Alerts](alerts.md) describes the rule file."
    yield ""
    yield from _lines(_FIGURE_HEAD, _figure_rows(), codes=1)
    yield from ("", "## Built-in rules", "", _RULES, "")
    yield from _lines(_RULE_HEAD, _rule_rows(is_on=True), codes=2)
    yield from ("", "## Off unless the rule file switches them on", "")
    yield from _lines(_RULE_HEAD, _rule_rows(is_on=False), codes=2)


def _lines(head: _Cells, rows: Iterator[_Cells], codes: int) -> Iterator[str]:
    yield f"| {' | '.join(name.lower() for name in head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        cells = (f"`{cell}`" if index < codes else cell for index, cell in enumerate(row))
        yield f"| {' | '.join(cells)} |"
