"""Templates of the texts of alerts: ``{{ $labels.node }} is {{ $value | humanizeDuration }} late``.

Pure. A subset of Prometheus' templates that reads labels and the value and applies formatters;
nothing is evaluated. https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tart.suggestions import did_you_mean

# The longest text of a filled template in characters.
MAX_TEXT = 4000
# In place of the value of an alert about a missing value.
_NO_VALUE = "no value"

_ACTION = re.compile(r"\{\{-?(?P<action>.*?)-?\}\}", re.DOTALL)
_OPERAND = re.compile(r"\$value|\$labels\.(?P<label>[a-zA-Z_][a-zA-Z0-9_]*)")


@dataclass(frozen=True)
class Action:
    """A pair of braces in a template.

    Attributes:
        label: The label that it shows; ``None`` for the value.
        formatters: Applied from left to right.
    """

    label: str | None
    formatters: tuple[str, ...]


Template = tuple[str | Action, ...]


class TemplateError(ValueError):
    """A template that is not valid; the text is a sentence."""


@lru_cache(maxsize=1024)
def parse_template(text: str) -> Template:
    """Return the parts of a template: literal text and actions.

    Raises:
        TemplateError: Braces that are not one of the supported forms.
    """
    parts: list[str | Action] = []
    position = 0
    for match in _ACTION.finditer(text):
        parts.append(_literal(text[position : match.start()]))
        parts.append(_parse_action(match["action"]))
        position = match.end()
    parts.append(_literal(text[position:]))
    return tuple(part for part in parts if part)


def check_template(text: str, labels: Collection[str] | None) -> Iterator[str]:
    """Yield the mistakes of a template as sentences.

    Args:
        text: The template.
        labels: The labels that its alerts have; ``None`` if they are not known.
    """
    try:
        template = parse_template(text)
    except TemplateError as error:
        yield str(error)
        return
    if labels is None:
        return
    for part in template:
        if isinstance(part, Action) and part.label is not None and part.label not in labels:
            hint = did_you_mean(part.label, labels) or f"; they have {', '.join(labels)}"
            yield f"the alerts have no label {part.label}{hint}"


def render(text: str, labels: Mapping[str, str], value: float | None) -> str:
    """Return the text of a template, at most ``MAX_TEXT`` characters.

    An absent label is empty, as in Prometheus; a template that is not valid is returned as it is.
    """
    try:
        template = parse_template(text)
    except TemplateError:
        return text[:MAX_TEXT]
    return "".join(_render_part(part, labels, value) for part in template)[:MAX_TEXT]


def _literal(text: str) -> str:
    if "{{" in text or "}}" in text:
        raise TemplateError("a pair of braces {{ … }} is not closed or not opened")
    return text


def _parse_action(action: str) -> Action:
    first, *formatters = (part.strip() for part in action.split("|"))
    words = first.split()
    if len(words) == 2:  # {{ humanize $value }}
        formatters.insert(0, words[0])
        first = words[1]
    operand = _OPERAND.fullmatch(first)
    if operand is None:
        raise TemplateError(
            f"{{{{{action}}}}} is not supported; write {{{{ $value }}}} or {{{{ $labels.NAME }}}}, "
            f"with one of the formatters {', '.join(FORMATTERS)} behind |"
        )
    for name in formatters:
        if name not in FORMATTERS:
            hint = did_you_mean(name, FORMATTERS) or f"; there are {', '.join(FORMATTERS)}"
            raise TemplateError(f"there is no formatter {name or 'without a name'}{hint}")
    return Action(operand["label"], tuple(formatters))


def _render_part(part: str | Action, labels: Mapping[str, str], value: float | None) -> str:
    if isinstance(part, str):
        return part
    if part.label is not None:
        text: str | float = labels.get(part.label, "")
    elif value is None:
        return _NO_VALUE
    else:
        text = value
    for name in part.formatters:
        text = FORMATTERS[name](text)
    return text if isinstance(text, str) else format_value(text)


# --- Formatters ----------------------------------------------------------------------


def format_value(value: float) -> str:
    """Return a number with at most six significant digits, whole ones in full."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.6g}"


def _numeric(function: Callable[[float], str]) -> Callable[[str | float], str]:
    """Return a formatter that leaves text that is no number as it is."""

    def apply(value: str | float) -> str:
        try:
            return function(float(value))
        except (ValueError, OverflowError):
            return str(value)

    return apply


def _humanize(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:.4g}"
    if abs(value) >= 1:
        prefix, value = _scale_down(value, 1000, ("", "k", "M", "G", "T", "P", "E", "Z", "Y"))
        return f"{value:.4g}{prefix}"
    prefix, value = _scale_up(value)
    return f"{value:.4g}{prefix}"


def _humanize_1024(value: float) -> str:
    if abs(value) <= 1 or not math.isfinite(value):
        return f"{value:.4g}"
    prefixes = ("", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
    prefix, value = _scale_down(value, 1024, prefixes)
    return f"{value:.4g}{prefix}"


def _scale_down(value: float, base: int, prefixes: tuple[str, ...]) -> tuple[str, float]:
    index = 0
    while abs(value) >= base and index < len(prefixes) - 1:
        value /= base
        index += 1
    return prefixes[index], value


def _scale_up(value: float) -> tuple[str, float]:
    prefix = ""
    for smaller in ("m", "u", "n", "p", "f", "a", "z", "y"):
        if abs(value) >= 1:
            break
        prefix = smaller
        value *= 1000
    return prefix, value


def _humanize_duration(seconds: float) -> str:
    if not math.isfinite(seconds):
        return f"{seconds:.4g}"
    if seconds != 0 and abs(seconds) < 1:
        prefix, scaled = _scale_up(seconds)
        return f"{scaled:.4g}{prefix}s"
    sign = "-" if seconds < 0 else ""
    whole = int(abs(seconds))
    if whole < 60:
        return f"{sign}{abs(seconds):.4g}s"
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hour}h {minute}m {second}s"
    if hours:
        return f"{sign}{hours}h {minute}m {second}s"
    return f"{sign}{minutes}m {second}s"


def _humanize_percentage(value: float) -> str:
    return f"{value * 100:.4g}%"


def _short(value: str | float) -> str:
    """Return the beginning of a long identity, as the pages show it."""
    return value[:8] if isinstance(value, str) else format_value(value)


FORMATTERS: Mapping[str, Callable[[str | float], str]] = {
    "humanize": _numeric(_humanize),
    "humanize1024": _numeric(_humanize_1024),
    "humanizeDuration": _numeric(_humanize_duration),
    "humanizePercentage": _numeric(_humanize_percentage),
    "short": _short,
}
