"""``tart/alerting/rules/bounded_regex.py``: what matches, and what might take too long."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.alerting.rules.bounded_regex import MAX_TEXT, RegexError, check_regex, full_match
from tests.cases import all_cases


@all_cases(
    ("expression", "text", "matches"),
    [
        ("ab.*", "abc", True),
        ("ab", "abc", False),
        ("a|bc", "bc", True),
        ("(?:Node|Shard)(Silent|Missing)", "NodeSilent", True),
        ("(?i)node.*", "NodeSilent", True),
        (r"0\.3\.\d+", "0.3.12", True),
        (r"0\.3\.\d+", "0x3.12", False),
        ("[0-9a-f]{64}", "ab" * 32, True),
        ("[]a]+", "]a", True),
        ("a{2,3}?", "aaa", True),
        (r"a\{,", "a{,", True),
        ("[{]a}", "{a}", True),
        (".*", "two\nlines", True),
        ("", "", True),
        ("(ab)+", "abab", True),
        (".*a.*b.*", "xaybz", True),
        ("^ab$", "ab", True),
        (".*", "x" * MAX_TEXT, True),
        (".*", "x" * (MAX_TEXT + 1), False),
    ],
)
def test_the_whole_text_must_match(expression, text, matches):
    assert full_match(expression, text) is matches


@all_cases(
    ("expression", "part"),
    [
        ("(a+)+b", "is repeated"),
        ("(a|a)*b", "is repeated"),
        ("(a|aa){1,9}", "is repeated"),
        ("(a?){40}b", "too many"),
        ("(a|a)" * 40 + "b", "too many"),
        ("a?" * 40 + "a" * 40, "too many"),
        (".*.*.*.*x", "too many"),
        ("a**", "is repeated"),
        ("a*+", "is repeated"),
        ("a{2}{2}", "is repeated"),
        ("*a", "nothing to repeat"),
        ("a{1001}", "more than 1000"),
        # For ``re`` these are repetitions.
        ("(a*){10000}b", "must be written"),
        ("(a*){,99}b", "must be written"),
        (r"(a)\1", "escape"),
        (r"\b", "escape"),
        ("\\", "escape"),
        ("(?=a)a", r"only \(\?:"),
        ("(?P<x>a)", r"only \(\?:"),
        ("(" * 30 + ")" * 30, "nested"),
        ("(a", "not closed"),
        ("a)", "not opened"),
        ("[a", "not closed"),
        ("[b-a]", "bad character range"),
        ("a{3,2}", "min repeat greater"),
    ],
)
def test_an_expression_that_is_not_bounded_or_not_valid_is_refused(expression, part):
    with pytest.raises(RegexError, match=part):
        check_regex(expression)


TERMS = st.sampled_from(
    [".*", "a*", "a+", "a?", "(a|b)", "(a|a|a)", "[ab]*", "a{2,9}", "b", "a", "(ab)*", "|"]
)


@given(st.lists(TERMS, max_size=12).map("".join))
def test_whatever_is_accepted_ends_soon(expression):
    try:
        check_regex(expression)
    except RegexError:
        return
    start = time.process_time()
    full_match(expression, "a" * (MAX_TEXT - 1) + "c")
    # About 20 ms at most where this was written; without a bound it would be years.
    assert time.process_time() - start < 5


@given(st.text(alphabet="ab.*+?|()[]{}\\d1,^$-", max_size=12))
def test_what_is_accepted_means_the_same_to_the_library(expression):
    try:
        check_regex(expression)
    except RegexError:
        return
    for text in ("", "a", "ab", "1", "aab.*"):
        expected = re.compile(expression, re.DOTALL).fullmatch(text) is not None
        assert full_match(expression, text) is expected


def test_a_bracket_in_a_class_is_a_character():
    assert full_match("[[]", "[")
    assert full_match("[a||b]+", "a|b")
