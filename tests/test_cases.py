"""``tests/cases.py``: a test over many cases fails if one does, and names it."""

from __future__ import annotations

import inspect

import pytest

from tests.cases import MOST_SHOWN, all_cases


@all_cases("number", range(3))
@all_cases("first, second", [("a", "b"), ("c", "d")])
def test_cases_are_combined_beside_fixtures(seen, number, first, second):
    seen.append((number, first + second))


@pytest.fixture(scope="module")
def seen():
    calls: list[tuple[int, str]] = []
    yield calls
    assert calls == [(number, pair) for number in range(3) for pair in ("ab", "cd")]


def test_all_cases_that_fail_are_named():
    @all_cases("number", range(100), ids=lambda number: f"case {number}")
    def check(number):
        assert number % 10, "divisible"

    with pytest.raises(ExceptionGroup, match="10 of 100 cases fail") as raised:
        check()
    failures = [str(each) for each in raised.value.exceptions]
    assert len(failures) == MOST_SHOWN
    assert failures[1].startswith("case 10: divisible")


def test_what_pytest_says_itself_fails_a_case():
    @all_cases("number", [1, 2], ids=["one", "two"])
    def check(number):
        with pytest.raises(LookupError):
            {1: 1}[number]

    with pytest.raises(ExceptionGroup, match="1 of 2 cases fail") as raised:
        check()
    assert str(raised.value.exceptions[0]).startswith("one: ")


def test_a_test_without_cases_or_with_unknown_names_is_refused():
    with pytest.raises(AssertionError, match="cannot fail"):
        all_cases("number", [])
    with pytest.raises(AssertionError, match="no parameter"):
        all_cases("other", [1])(lambda number: None)


def test_fixtures_are_those_of_the_test():
    @all_cases("number", [1])
    def check(tmp_path, number): ...

    assert list(inspect.signature(check).parameters) == ["tmp_path"]
