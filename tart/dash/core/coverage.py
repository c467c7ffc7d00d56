"""Sentences about answers that lack something: shards that did not answer, damaged files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tart.amounts import plural
from tart.dash.core.format import number, plain


def coverage_notes(answers: Iterable[Any]) -> Iterator[str]:
    """Yield a sentence for each way in which answers are partial.

    Args:
        answers: Answers of the API; ``None`` for one that failed.
    """
    complete = [answer for answer in answers if isinstance(answer, dict)]
    shards = [answer["shards"] for answer in complete if answer.get("shards")]
    lacking = [each for each in shards if each["answered"] < each["total"]]
    if lacking:
        worst = min(lacking, key=lambda each: int(each["answered"]))
        yield (
            f"Partial: {number(worst['answered'])} of {plural(worst['total'], 'shard')} answered; "
            "what the others have is missing here."
        )
    damaged = {part["file"] for answer in complete for part in answer.get("unreadable") or ()}
    if damaged:
        first = plain(min(damaged))
        others = f" and {plural(len(damaged) - 1, 'other')}" if len(damaged) > 1 else ""
        yield f"Partial: {first}{others} cannot be read in part; its rows are missing here."
