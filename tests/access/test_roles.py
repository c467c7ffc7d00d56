"""``tart/access/roles.py``: who may what."""

from tart.access.roles import ROLES, Role


def test_roles_are_ordered_by_permission():
    assert Role.ANYONE < Role.VIEWER < Role.OPERATOR < Role.ADMIN


def test_a_key_cannot_have_the_role_anyone():
    assert list(ROLES) == ["viewer", "operator", "admin"]
    assert all(str(role) == name for name, role in ROLES.items())
