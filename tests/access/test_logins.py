"""Logins: their number is limited, and each ends at its expiry or with its key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.access.logins import Login, LoginTable, new_login, token_digest

KEYS = ("aaaaaaaa", "bbbbbbbb", "cccccccc")


def test_a_token_is_found_until_it_expires_and_is_not_stored() -> None:
    login, token = new_login("aaaaaaaa", 1_000, 500)
    table = LoginTable([login])
    assert table.find(token, 1_499) == login
    assert table.is_open(login.digest, 1_499)
    assert table.find(token, 1_500) is None
    assert not table.is_open(login.digest, 1_500)
    assert token.encode() not in login.digest
    assert login == Login(token_digest(token), "aaaaaaaa", 1_000, 1_500)
    other, again = new_login("aaaaaaaa", 1_000, 500)
    assert (other.digest, again) != (login.digest, token)


@given(st.text() | st.text("AZaz09-_", min_size=43, max_size=43))
def test_no_other_text_is_a_token(text: str) -> None:
    login, token = new_login("aaaaaaaa", 0, 10)
    found = LoginTable([login]).find(text, 1)
    assert found == (login if text == token else None)


def test_a_key_has_a_limited_number_of_logins_which_do_not_end_those_of_others() -> None:
    table = LoginTable(max_logins=100, max_of_key=3)
    mine, token = new_login("bbbbbbbb", 0, 10)
    table.add(mine)
    added = [new_login("aaaaaaaa", number, 1_000)[0] for number in range(10)]
    evicted = [old for login in added for old in table.add(login)]
    assert evicted == added[:7]
    assert table.of_key("aaaaaaaa") == added[7:]
    assert table.find(token, 5) == mine


# A login of a key, the end of the oldest, or the passing of time.
STEPS = st.lists(
    st.tuples(st.just("add"), st.sampled_from(KEYS), st.integers(1, 30))
    | st.tuples(st.just("remove"), st.integers(0, 5), st.just(0))
    | st.tuples(st.just("prune"), st.sampled_from(KEYS), st.integers(1, 20)),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens_the_open_logins_are_those_of_a_list(steps: list[tuple]) -> None:
    """The oracle: a list in which everything is searched."""
    table = LoginTable(max_logins=6, max_of_key=3)
    model: list[tuple[Login, str]] = []
    now = 0
    for step, argument, number in steps:
        if step == "add":
            login, token = new_login(argument, now, number)
            evicted = table.add(login)
            of_key = [each for each in model if each[0].key == argument]
            gone = of_key[: max(0, len(of_key) - 2)]
            model = [each for each in model if each not in gone]
            gone += model[: max(0, len(model) - 5)]
            model = [each for each in model if each not in gone] + [(login, token)]
            assert evicted == [login for login, _ in gone]
        elif step == "remove":
            removed = model[argument : argument + 1]
            table.remove([login.digest for login, _ in removed])
            model = [each for each in model if each not in removed]
        else:
            now += number
            ended = table.prune(now, lambda key, revoked=argument: key != revoked)
            gone = [each for each in model if each[0].expires_at <= now or each[0].key == argument]
            assert ended == [login for login, _ in gone]
            model = [each for each in model if each not in gone]
        assert len(table) == len(model)
        assert len(table) <= 6
        assert all(len(table.of_key(key)) <= 3 for key in KEYS)
        for login, token in model:
            assert table.find(token, now) == (login if now < login.expires_at else None)
