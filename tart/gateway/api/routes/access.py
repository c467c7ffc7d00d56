"""The routes of administrators: keys and the audit log.

Pure declarations; ``routes_access`` has the handlers.
"""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.parameters import Integer, KeyId, Parameter
from tart.gateway.api.route import Cache, Route
from tart.query.answers.access import Audit, CreatedKey, Keys, NewKey, RevokedKey

ACCESS_ROUTES: tuple[Route, ...] = (
    Route(
        "keys",
        "/api/keys",
        "All keys there are and were",
        "Never their text: nobody has that but who was given it.",
        schema=Keys,
        errors=(503,),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ADMIN,
    ),
    Route(
        "create_key",
        "/api/keys",
        "Make a key",
        "key is shown this once. viewer: answers and streams; operator: SQL and exports, too; "
        "admin: keys and the audit log, too.",
        schema=CreatedKey,
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
        "End a key",
        "At once, also for streams it has opened.",
        parameters=(Parameter("id", KeyId(), "The key's id.", where="path"),),
        schema=RevokedKey,
        method="DELETE",
        errors=(404, 503),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ADMIN,
    ),
    Route(
        "audit",
        "/api/audit",
        "What administrators did, SQL that was run, requests that were denied",
        "Newest first; the last 100,000. Of one address denied requests are written down "
        "20 at once and then one in five seconds; all are counted in /metrics.",
        parameters=(
            Parameter("limit", Integer(1, 1000, (True, True)), "How many at most.", "100"),
            Parameter("before", Integer(1, (1 << 53) - 1), "Only entries with smaller numbers."),
        ),
        schema=Audit,
        errors=(503,),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ADMIN,
    ),
)
