"""The cookie of a login, and the origin of the page that sends it (RFC 6265bis, Fetch Metadata).

The cookie has no Path: a browser then sends it to the folder of the URL at which it logged in,
``<prefix>/api``, whatever prefix a proxy puts before the paths, and nowhere else. A host's cookies
do not depend on the port, so its name has the id of the server: two servers on one host, or two
behind one name, do not replace each other's.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.access.networks import same_origin

_NAME = "tart_session_{}"
_ATTRIBUTES = "HttpOnly; SameSite=Strict"


def cookie_name(server_id: str) -> str:
    """Return the name of the cookie of a server."""
    return _NAME.format(server_id)


def read_cookie(header: str, name: str) -> str | None:
    """Return the value of a cookie in a ``Cookie`` header; the first if it is repeated."""
    for pair in header.split(";"):
        given, equals, value = pair.strip().partition("=")
        if equals and given == name:
            return value
    return None


def set_cookie(name: str, value: str, seconds: int, *, secure: bool) -> str:
    """Return the ``Set-Cookie`` header of a login; an empty value and 0 seconds end it."""
    return f"{name}={value}; Max-Age={seconds}; {_ATTRIBUTES}{'; Secure' if secure else ''}"


def is_own_page(headers: Mapping[str, str]) -> bool:
    """Return whether a request comes from this server's own page, or from no page.

    A browser adds a cookie to whatever a page requests, so a page of another origin could act with
    it. Sec-Fetch-Site is the browser's own judgement, which a proxy cannot disturb; browsers send
    it over TLS and to loopback addresses. Elsewhere, and with WebSockets, for which browsers
    differ, Origin decides: it comes with every WebSocket and every request that may change
    anything. A link from elsewhere may be followed: the page that has it cannot read where it
    leads.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and headers.get("sec-fetch-mode") != "websocket":
        followed = headers.get("sec-fetch-dest") == "document" and "origin" not in headers
        return followed or site in ("same-origin", "none")
    origin = headers.get("origin")
    return not origin or same_origin(origin, headers.get("host", ""))


def is_secure(headers: Mapping[str, str], *, tls: bool) -> bool:
    """Return whether a login came over TLS, so that its cookie must not travel without.

    Args:
        headers: Of the request. A false claim costs only its sender, whose browser refuses the
            cookie, so no proxy needs to be trusted for it.
        tls: Whether this server has a certificate.
    """
    if tls or headers.get("origin", "").startswith("https://"):
        return True
    return headers.get("x-forwarded-proto", "").partition(",")[0].strip() == "https"
