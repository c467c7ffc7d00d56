"""Matchers of labels, as Alertmanager writes them: ``node="ab"``, ``alertname=~"Node.*"``. Pure.

https://prometheus.io/docs/alerting/latest/configuration/#matcher
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from tart.alerting.rules.bounded_regex import RegexError, check_regex, full_match
from tart.errors import BadQuery

Operator: TypeAlias = Literal["=", "!=", "=~", "!~"]
# The longest value of a matcher in characters.
MAX_VALUE = 200

_LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*"
_MATCHER = re.compile(
    rf"\s*(?P<label>{_LABEL})\s*(?P<operator>=~|!~|!=|=)\s*"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^"\s,{}=~][^",{}]*?|))\s*',
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Matcher:
    """A condition on one label. A label that is absent has the empty value.

    Attributes:
        label: Its name.
        operator: Equal, unequal, or whether the whole value matches an expression of
            ``bounded_regex``.
        value: The value or the regular expression.
    """

    label: str
    operator: Operator
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether labels fulfil the condition."""
        actual = labels.get(self.label, "")
        if self.operator in ("=", "!="):
            return (actual == self.value) is (self.operator == "=")
        return full_match(self.value, actual) is (self.operator == "=~")

    def __str__(self) -> str:
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.operator}"{value}"'


def parse_matcher(text: str) -> Matcher:
    """Return a matcher.

    Raises:
        BadQuery: The text is not one; the sentence says what one looks like.
    """
    match = _MATCHER.fullmatch(text)
    if match is None:
        raise BadQuery(f'{_shown(text)} is not a matcher; write one as node="ab12" or node=~"ab.*"')
    quoted = match["quoted"]
    value = match["bare"] if quoted is None else _ESCAPE.sub(_unescape, quoted)
    if len(value) > MAX_VALUE:
        raise BadQuery(f"the value of {match['label']} is longer than {MAX_VALUE} characters")
    operator = cast(Operator, match["operator"])
    if operator in ("=~", "!~"):
        try:
            check_regex(value)
        except RegexError as error:
            text = f"{_shown(value)} is not a regular expression that can be used: {error}"
            raise BadQuery(text) from None
    return Matcher(match["label"], operator, value)


def match_all(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    """Return whether labels fulfil all matchers."""
    return all(matcher.matches(labels) for matcher in matchers)


def _unescape(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
