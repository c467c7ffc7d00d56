import pytest

from tart.errors import BadQuery
from tart.suggestions import did_you_mean, reject_unknown


def test_the_most_similar_known_name_is_suggested():
    assert did_you_mean("event_type", ["limit", "event_types"]) == "; did you mean event_types?"
    assert did_you_mean("x", ["limit"]) == ""
    assert did_you_mean("l" * 100_000, ["limit"]) == ""


@pytest.mark.parametrize(
    ("name", "known", "message"),
    [
        ("limits", ("limit", "offset"), "/p has no limits; did you mean limit?"),
        ("zz", ("limit", "offset"), "/p has no zz; it takes limit, offset"),
        ("zz", (), "/p has no zz; it takes none"),
        ("z" * 100, (), f"/p has no {'z' * 60}; it takes none"),
    ],
)
def test_an_unknown_name_is_rejected_with_a_suggestion(name, known, message):
    with pytest.raises(BadQuery) as refused:
        reject_unknown([*known, name], known, "/p", "in.")
    assert str(refused.value) == message
    assert refused.value.parameter == f"in.{name[:60]}"


def test_known_names_are_accepted():
    reject_unknown(["a", "b"], ("b", "a"), "/p")
    reject_unknown([], (), "/p")


def test_a_name_in_another_letter_case_is_the_nearest() -> None:
    assert did_you_mean("subscribe", ["Unsubscribe", "Subscribe"]) == "; did you mean Subscribe?"
