"""Failed HTTP requests in words: what does not answer, why, and what to do."""

from __future__ import annotations

import http.client
import json
import ssl

from tart.os_errors import reason

# Codes of OpenSSL (X509_V_ERR_…) by what a user can do about them.
_EXPIRED, _NOT_YET_VALID, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64
# What proxies answer for a server that they cannot reach.
_BAD_GATEWAY, _GATEWAY_TIMEOUT = 502, 504
_UNAUTHORIZED = 401
_MAX_SHOWN = 200


def describe_failure(error: Exception, url: str, seconds: float, proxy: str | None = None) -> str:
    """Return why a request got no answer, and what to do.

    Args:
        error: The error of urllib.
        url: The server's address.
        seconds: The time-out.
        proxy: The proxy that the request went through, if any.
    """
    cause = getattr(error, "reason", error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _describe_distrust(cause)
    if proxy is not None and isinstance(cause, OSError | UnicodeError):
        scheme = url.partition(":")[0]
        # The codec of host names has errors of its own.
        why = reason(cause) if isinstance(cause, OSError) else "that is not a host name"
        return (
            f"the proxy {proxy} cannot be reached: {why}; unset {scheme}_proxy, or add the host to "
            "no_proxy"
        )
    return f"no tart answers there{_describe_cause(cause, url, seconds)}"


def _describe_cause(cause: Exception, url: str, seconds: float) -> str:
    match cause:
        case ssl.SSLError() if cause.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            return ": the server does not speak TLS; try http://"
        case ConnectionRefusedError():
            return ": nothing listens; start it with 'tart serve', or name another with --url"
        case ConnectionResetError():  # also http.client.RemoteDisconnected
            other = "http" if url.startswith("https:") else "https"
            return (
                f": the connection was closed; try {other}://, and see that the port is the one of "
                "api.bind"
            )
        case http.client.HTTPException():
            return ": the answer is not HTTP; see that the port is the one of api.bind"
        case TimeoutError():
            return f" within {seconds:g} s"
        case _:
            return f": {reason(cause)}"


def _describe_distrust(error: ssl.SSLCertVerificationError) -> str:
    """Return why a certificate is not trusted, and what to do."""
    message = error.verify_message.rstrip(".")
    message = f"{message[:1].lower()}{message[1:]}"
    match error.verify_code:
        case code if code in (_OTHER_HOST, _OTHER_ADDRESS):
            way_out = "name the server in --url as its certificate does"
        case code if code in (_EXPIRED, _NOT_YET_VALID):
            way_out = "renew it, or check this machine's clock"
        case _:
            way_out = "name the file of its authority, or the certificate itself, with --ca-file"
    return f"its certificate is not trusted: {message}; {way_out}"


def describe_refusal(
    url: str, path: str, status: int, body: bytes, location: str | None, *, has_key: bool = False
) -> str:
    """Return what a response with an error says.

    Args:
        url: The server's address.
        path: The path that was asked for.
        status: The status of the response.
        body: Its body, which has a message if the server is a tart.
        location: The header ``Location``, with which another server answers there.
        has_key: Whether a key was sent.
    """
    try:
        message = str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"{url}: {_describe_other_server(path, status, location)}"
    if status == _UNAUTHORIZED and not has_key:
        # The server's message is about the headers of HTTP.
        return (
            f"{url} needs an API key: put one into TART_KEY, or into a file named by --key-file; "
            "'tart keys create' on the server makes one"
        )
    return message


def _describe_other_server(path: str, status: int, location: str | None) -> str:
    if location is not None:
        target = location.removesuffix(path)[:_MAX_SHOWN]
        return f"the server redirects to {target}; name that with --url"
    if _BAD_GATEWAY <= status <= _GATEWAY_TIMEOUT:
        return f"a proxy answers there with status {status}: it cannot reach tart"
    route = path.partition("?")[0]
    return (
        f"no tart answers there: another server does, with status {status} for {route}; check "
        "the address"
    )


def describe_other_answer(url: str, path: str) -> str:
    """Return a sentence on a successful response that is not tart's."""
    route = path.partition("?")[0]
    return (
        f"{url}: no tart answers there: the answer to {route} is not JSON of tart's; check the "
        "address"
    )
