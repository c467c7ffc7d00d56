"""Handlers of ``api.routes.logins``: login, logout, and what a caller may do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, cast

from tart.access.logins import Login
from tart.config.schema import ApiConfig
from tart.errors import BadQuery
from tart.gateway.http.auth import Authenticator, Credentials, Identity
from tart.gateway.http.cookies import is_secure, set_cookie
from tart.gateway.http.responses import Answer
from tart.query.answers.access import KeyRole, LoggedOut, LoginSession
from tart.query.core.rfc3339 import server_time
from tart.units import HOUR_US, SECOND_US

KEY_LENGTH = 200


class LoginHandlers:
    """Begins and ends logins, and tells a page what it may do."""

    def __init__(self, authenticator: Authenticator, config: ApiConfig) -> None:
        self._authenticator = authenticator
        self._tls = bool(config.tls_certificate)
        self._seconds = round(config.session_hours * HOUR_US / SECOND_US)

    async def log_in(
        self, body: Mapping[str, Any], credentials: Credentials, headers: Mapping[str, str]
    ) -> Answer:
        """Answer ``POST /api/login``."""
        text = body.get("key")
        if not isinstance(text, str) or not 0 < len(text.strip()) <= KEY_LENGTH:
            raise BadQuery("key must be an API key: tart_…, as 'tart keys create' prints it", "key")
        key, login, token = await self._authenticator.log_in(
            credentials, text.strip(), time.monotonic()
        )
        session: LoginSession = {
            "auth": "key",
            "role": cast(KeyRole, str(key.role)),
            "key": {"id": key.id, "name": key.name},
            "expires_at": server_time(login.expires_at),
            "login_required": False,
            "reason": None,
        }
        return Answer(session, headers=self._cookie(token, self._seconds, headers))

    async def log_out(
        self, body: Mapping[str, Any], credentials: Credentials, headers: Mapping[str, str]
    ) -> Answer:
        """Answer ``POST /api/logout``."""
        everywhere = body.get("everywhere", False)
        if not isinstance(everywhere, bool):
            raise BadQuery("everywhere must be true or false", "everywhere")
        count = await self._authenticator.log_out(credentials, everywhere=everywhere)
        answer: LoggedOut = {"ended": count}
        return Answer(answer, headers=self._cookie("", 0, headers))

    async def session(self, credentials: Credentials) -> Answer:
        """Answer ``GET /api/session``."""
        return Answer(_session(self._authenticator.identify(credentials)))

    def _cookie(self, token: str, seconds: int, headers: Mapping[str, str]) -> dict[str, str]:
        secure = is_secure(headers, tls=self._tls)
        name = self._authenticator.cookie_name
        return {"Set-Cookie": set_cookie(name, token, seconds, secure=secure)}


def _session(identity: Identity) -> LoginSession:
    caller, key = identity.caller, identity.key
    login: Login | None = None if caller is None else caller.login
    return {
        "auth": identity.mode,
        "role": None if caller is None else cast(KeyRole, str(caller.role)),
        "key": None if key is None else {"id": key.id, "name": key.name},
        "expires_at": None if login is None else server_time(login.expires_at),
        "login_required": caller is None and identity.mode == "key",
        "reason": identity.refusal,
    }
