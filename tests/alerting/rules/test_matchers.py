import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.alerting.rules.matchers import MAX_VALUE, Matcher, match_all, parse_matcher
from tart.errors import BadQuery

LABELS = {"alertname": "NodeSilent", "node": "ab12", "severity": "critical"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ('node="ab12"', True),
        ("node=ab12", True),
        (' node = "ab" ', False),
        ('node!="ab12"', False),
        ('node=~"ab.*"', True),
        ("node=~ab", False),  # the whole value
        ('node!~"cd.*"', True),
        ('core=""', True),  # absent is empty
        ("core=", True),
        ('core!=""', False),
        ('alertname=~"Node.*|Core.*"', True),
    ],
)
def test_matchers_compare_as_those_of_alertmanager(text, matches):
    assert parse_matcher(text).matches(LABELS) is matches


def test_all_matchers_of_a_silence_must_match():
    both = (parse_matcher("node=ab12"), parse_matcher("severity=critical"))
    assert match_all(both, LABELS)
    assert not match_all((*both, parse_matcher("severity=info")), LABELS)


@given(st.sampled_from(["=", "!="]), st.text(max_size=MAX_VALUE))
def test_a_matcher_written_is_the_matcher_read(operator, value):
    matcher = Matcher("node", operator, value)
    assert parse_matcher(str(matcher)) == matcher


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is not a matcher; write one as"),
        ("node", "node is not a matcher"),
        ('node=="a"', "is not a matcher"),
        ("node==a", "is not a matcher"),
        ('no-de="a"', "is not a matcher"),
        ('node="a', "is not a matcher"),
        ('node=~"("', "( is not a regular expression"),
        (f'node="{"a" * 300}"', "is longer than 200 characters"),
        ("x" * 100, "x" * 60 + "… is not a matcher"),
    ],
)
def test_what_is_not_a_matcher_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(BadQuery) as raised:
        parse_matcher(text)
    assert sentence in str(raised.value)
