"""Silences of operators and maintenance windows of the rule file: which alerts send nothing. Pure.

A silenced alert keeps its state and is shown. The end of one that a channel was told of before is
sent nevertheless, so that no receiver waits for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

from tart.alerting.engine.model import Silence
from tart.alerting.rules.matchers import Matcher, match_all, parse_matcher
from tart.alerting.rules.model import MaintenanceWindow
from tart.errors import BadQuery

# The author of a maintenance window.
FILE_AUTHOR = "rule file"


def maintenance_silence(window: MaintenanceWindow) -> Silence:
    """Return a maintenance window as a silence; its id is the same as long as it is unchanged."""
    text = repr((window.matchers, window.start_us, window.end_us, window.reason))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Silence(
        id=digest[:16],
        matchers=window.matchers,
        starts_us=window.start_us,
        ends_us=window.end_us,
        author=FILE_AUTHOR,
        reason=window.reason,
        created_us=window.start_us,
    )


def silenced_by(
    labels_by_id: Mapping[str, Mapping[str, str]], silences: Iterable[Silence], now_us: int
) -> dict[str, tuple[str, ...]]:
    """Return the ids of the silences that match each alert; alerts without one are left out.

    Args:
        labels_by_id: All labels of each alert.
        silences: Those of operators and of the file, also ended ones and ones to come.
        now_us: The present, Unix microseconds.
    """
    ids_by_label = _Index(labels_by_id)
    matching: dict[str, list[str]] = {}
    for silence in silences:
        if silence.starts_us <= now_us < silence.ends_us:
            matchers = _matchers(silence.matchers)
            for alert_id in ids_by_label.candidates(matchers):
                if match_all(matchers, labels_by_id[alert_id]):
                    matching.setdefault(alert_id, []).append(silence.id)
    return {
        alert_id: tuple(matching[alert_id]) for alert_id in labels_by_id if alert_id in matching
    }


class _Index:
    """Finds the alerts that a silence may match, so that a thousand silences need not try all."""

    def __init__(self, labels_by_id: Mapping[str, Mapping[str, str]]) -> None:
        self._labels_by_id = labels_by_id
        self._ids: dict[str, dict[str, list[str]]] = {}

    def candidates(self, matchers: tuple[Matcher, ...]) -> Iterable[str]:
        """Return the ids of the alerts that fulfil the matchers which ask for a value."""
        if not matchers:
            return ()
        equal = [matcher for matcher in matchers if matcher.operator == "="]
        lists = [self._of_label(each.label).get(each.value, []) for each in equal]
        if not lists:
            return self._labels_by_id
        shortest = min(lists, key=len)
        return shortest

    def _of_label(self, label: str) -> Mapping[str, list[str]]:
        if label not in self._ids:
            ids: dict[str, list[str]] = {}
            for alert_id, labels in self._labels_by_id.items():
                ids.setdefault(labels.get(label, ""), []).append(alert_id)
            self._ids[label] = ids
        return self._ids[label]


@lru_cache(maxsize=1024)
def _matchers(texts: tuple[str, ...]) -> tuple[Matcher, ...]:
    """Return the matchers; none, which match nothing, if one is not valid in this release."""
    try:
        return tuple(map(parse_matcher, texts))
    except BadQuery:
        return ()
