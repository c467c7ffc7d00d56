"""``tart/access/keys.py``: keys are recognised by their text alone, and kept without it."""

from dataclasses import replace

import pytest

from tart.access.keys import KeyRing, new_key
from tart.access.roles import Role


def test_a_new_key_is_found_by_its_text():
    key, text = new_key("grafana", Role.VIEWER, 5)
    other, _ = new_key("other", Role.ADMIN, 6)

    assert KeyRing([other, key]).find(text) == key
    assert (key.name, key.role, key.created_at, key.revoked_at) == ("grafana", Role.VIEWER, 5, None)


def test_the_stored_key_does_not_contain_the_secret():
    key, text = new_key("k", Role.ADMIN, 0)
    secret = text.split("_", 2)[2]

    assert len(secret) == 43
    assert secret not in repr(key)
    assert bytes(key.digest).hex() not in text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: " " + text,
        lambda text: text.upper(),
        lambda text: text.replace("tart_", ""),
        lambda text: "tart_00000000" + text[13:],
        lambda text: "",
    ],
)
def test_any_other_text_is_not_a_key(spoil):
    key, text = new_key("k", Role.ADMIN, 0)
    assert KeyRing([key]).find(spoil(text)) is None


def test_a_revoked_key_is_not_valid_but_counts_as_created():
    key, text = new_key("k", Role.ADMIN, 0)
    ring = KeyRing([replace(key, revoked_at=1)])

    assert ring.find(text) is None
    assert (len(ring), ring.any_created, ring.is_valid(key.id)) == (0, True, False)
    assert (len(KeyRing()), KeyRing().any_created) == (0, False)
    assert KeyRing([key]).is_valid(key.id)


def test_two_keys_never_share_an_id_or_a_text():
    made = [new_key("k", Role.VIEWER, 0) for _ in range(50)]
    assert len({key.id for key, _ in made}) == len({text for _, text in made}) == 50
