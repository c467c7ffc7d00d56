"""One test over many cases, for those that take a fraction of a millisecond each.

A test of its own costs each case some milliseconds of pytest's, and each worker the memory and the
time of its collection. What needs a fixture for itself, or is slow, is parametrized.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import pytest
from hypothesis import settings

MOST_SHOWN = 5


def examples(share: float) -> settings:
    """A share of the examples that other properties get, in every run as in `make soak`."""
    return settings(max_examples=max(1, round(share * settings.default.max_examples)))


def all_cases(
    names: str | tuple[str, ...],
    cases: Iterable[Any],
    *,
    ids: Callable[[Any], Any] | Iterable[Any] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Like ``pytest.mark.parametrize``, with all cases in one test, which names those that fail."""
    arguments = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    tuples = [case if len(arguments) > 1 else (case,) for case in cases]
    assert tuples, "a test without a case cannot fail"
    if ids is None or callable(ids):
        shown = ids or repr
        labels = ["-".join(str(shown(value)) for value in case) for case in tuples]
    else:
        labels = list(map(str, ids))

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def run(**fixtures: Any) -> None:
            failures: list[Exception] = []
            for label, case in zip(labels, tuples, strict=True):
                try:
                    test(**fixtures, **dict(zip(arguments, case, strict=True)))
                except (Exception, pytest.fail.Exception) as error:
                    failure = AssertionError(f"{label[:200]}: {error}")
                    failures.append(failure.with_traceback(error.__traceback__))
            if failures:
                of = (
                    f"{len(failures)} of {len(tuples)} cases fail, the first {MOST_SHOWN} are shown"
                )
                raise ExceptionGroup(of, failures[:MOST_SHOWN])

        signature = inspect.signature(test)
        own = [each for each in signature.parameters.values() if each.name not in arguments]
        assert len(own) + len(arguments) == len(signature.parameters), "a name of no parameter"
        run.__signature__ = signature.replace(parameters=own)  # type: ignore[attr-defined]
        return run

    return decorate
