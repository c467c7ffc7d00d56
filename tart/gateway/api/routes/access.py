"""Routes of administrators: API keys and the audit log. Pure."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.common import limit
from tart.gateway.api.parameters import Integer, KeyId, Parameter
from tart.gateway.api.route import Cache, Route
from tart.query.answers.access import Audit, CreatedKey, Keys, NewKey, RevokedKey

ACCESS_ROUTES: tuple[Route, ...] = (
    Route(
        "keys",
        "/api/keys",
        "List API keys",
        "Revoked keys are included. Secrets are never returned; only the holder has them.",
        answer=Keys,
        errors=(503,),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ADMIN,
    ),
    Route(
        "create_key",
        "/api/keys",
        "Create an API key",
        "The secret in key is returned only once. viewer reads answers and streams; operator may "
        "also run SQL and exports, silence alerts and see their messages; admin may also manage "
        "keys, read the audit log and reload alerting rules.",
        answer=CreatedKey,
        body=NewKey,
        method="POST",
        errors=(413, 415, 503),
        cache=Cache.LIVE,
        scattered=False,
        success=201,
        role=Role.ADMIN,
    ),
    Route(
        "revoke_key",
        "/api/keys/{id}",
        "Revoke an API key",
        "Takes effect at once; open streams of the key are closed.",
        parameters=(Parameter("id", KeyId(), "Id of the key.", where="path"),),
        answer=RevokedKey,
        method="DELETE",
        errors=(404, 503),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ADMIN,
    ),
    Route(
        "audit",
        "/api/audit",
        "List the audit log, newest first",
        "Contains the actions of administrators, SQL statements and denied requests; the last "
        "100,000 entries are stored. Denied requests are sampled per address: a burst of 20, then "
        "one every 5 s. All are counted in /metrics.",
        parameters=(
            limit(100, "entries"),
            Parameter("before", Integer(1, (1 << 53) - 1), "Only entries with lower numbers."),
        ),
        answer=Audit,
        errors=(503,),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ADMIN,
    ),
)
