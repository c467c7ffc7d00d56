"""``tart/gateway/api/schemas/access.py``; what the routes answer is in ``test_routes_access``."""

from tart.access.roles import ROLES
from tart.gateway.api.schemas.access import ACCESS_SCHEMAS


def test_roles_are_those_there_are():
    assert ACCESS_SCHEMAS["NewKey"]["properties"]["role"]["enum"] == list(ROLES)


def test_only_a_new_key_is_shown():
    showing = {name for name, each in ACCESS_SCHEMAS.items() if "key" in each["properties"]}
    assert showing == {"CreatedKey"}
