"""``tart/access/roles.py``: who may what."""

from tart.access.roles import ROLES, Role


def test_each_role_may_what_the_one_before_it_may():
    assert Role.ANYONE < Role.VIEWER < Role.OPERATOR < Role.ADMIN


def test_a_key_cannot_have_the_role_of_who_has_none():
    assert list(ROLES) == ["viewer", "operator", "admin"]
    assert all(str(role) == name for name, role in ROLES.items())
