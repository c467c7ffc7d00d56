"""Routes of logins: sessions of the web page, which a key begins. Pure."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.route import Cache, Route
from tart.query.answers.access import EndLogin, LoggedOut, LoginSession, NewLogin

LOGIN_ROUTES: tuple[Route, ...] = (
    Route(
        "login",
        "/api/login",
        "Log in with an API key",
        "Sets a cookie that stands for the key in further requests of this browser: HttpOnly, "
        "SameSite=Strict, and Secure if the page came over TLS. It is not the key. It ends at "
        "expires_at (setting api.session_hours), with POST /api/logout, and with the key. It "
        "counts only in requests of this server's own pages, of all kinds: answers, streams and "
        "WebSockets. Programs send the key itself instead, as Authorization: Bearer.",
        answer=LoginSession,
        body=NewLogin,
        method="POST",
        errors=(401, 403, 413, 415, 503),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "logout",
        "/api/logout",
        "Log out",
        "Ends the login of the cookie, and its open streams, at once. Without a login nothing "
        "happens.",
        answer=LoggedOut,
        body=EndLogin,
        method="POST",
        errors=(403, 413, 415, 503),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "session",
        "/api/session",
        "Get what the caller may do",
        "The role with which further requests of the same sender are answered, and why there is "
        "none. A page knows from it what to show, and whether to ask for a key.",
        answer=LoginSession,
        errors=(503,),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ANYONE,
    ),
)
