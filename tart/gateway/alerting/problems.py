"""Problems of alerting itself, as sentences for answers, health and the pages. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tart.amounts import plural

# The most names and sentences that are listed.
_MAX_NAMES = 5
_MAX_PROBLEMS = 20
# One attempt may fail; after three in a row a message is half a minute late.
_FAILURES = 3


@dataclass(frozen=True)
class Faults:
    """The faults of alerting.

    Attributes:
        evaluation: Why the last evaluation failed; ``None`` if it did not.
        rules: Why a rule could not be evaluated, by its name.
        refused: Label sets by rule that started no alert because the rule has too many.
        file: Mistakes of the rule file as it is now.
        dead_letters: Messages of the last day that were given up, by channel; of channels that the
            rule file does not have any more they are no problem.
        failures: Attempts in a row that failed, by channel of the rule file.
        store: Why the store cannot be read; ``None`` if it can.
    """

    evaluation: str | None = None
    rules: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    file: tuple[str, ...] = ()
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    store: str | None = None


def describe_problems(faults: Faults) -> tuple[str, ...]:
    """Return the sentences, the gravest first."""
    problems = [*_of_evaluation(faults), *_of_file(faults), *_of_messages(faults)]
    problems += _of_rules(faults.rules)
    problems += [
        f"rule {rule} has too many alerts: {plural(count, 'label set')} started none"
        for rule, count in sorted(faults.refused.items())
    ]
    return tuple(problems[:_MAX_PROBLEMS])


def _of_evaluation(faults: Faults) -> Iterator[str]:
    if faults.evaluation is not None:
        yield f"alerts are not evaluated: {faults.evaluation}"
    elif faults.store is not None:
        yield f"the state of messages is not known: {faults.store}"


def _of_file(faults: Faults) -> Iterator[str]:
    if faults.file:
        yield (
            f"the rule file has {plural(len(faults.file), 'mistake')} and is not in force; "
            "the rules that were in force before stay"
        )
        yield from faults.file[:_MAX_NAMES]


def _of_messages(faults: Faults) -> Iterator[str]:
    for channel, count in sorted(faults.failures.items()):
        if count >= _FAILURES:
            # The reason is not for everybody.
            yield (
                f"channel {channel} takes no messages: {count} attempts in a row failed; "
                "'tart alerts deliveries' has the reason"
            )
    for channel, count in sorted(faults.dead_letters.items()):
        if channel not in faults.failures:
            continue
        verb = "was" if count == 1 else "were"
        yield f"channel {channel}: {plural(count, 'message')} of the last day {verb} given up"


def _of_rules(errors: Mapping[str, str]) -> Iterable[str]:
    """Yield one sentence for all rules that fail for the same reason."""
    by_error: dict[str, list[str]] = defaultdict(list)
    for rule, error in errors.items():
        by_error[error].append(rule)
    for error, rules in by_error.items():
        if len(rules) == 1:
            yield f"rule {rules[0]} cannot be evaluated: {error}"
            continue
        names = ", ".join(rules[:_MAX_NAMES])
        more = f" and {len(rules) - _MAX_NAMES} more" if len(rules) > _MAX_NAMES else ""
        yield f"{len(rules)} rules cannot be evaluated: {error} ({names}{more})"
