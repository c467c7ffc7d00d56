"""The API over TLS: certificate and key from files, read again without a restart."""

from __future__ import annotations

import ssl
from pathlib import Path

from tart.errors import StartupError

# Of TLS 1.2: keys of the session's own, and no cipher in CBC mode (RFC 9325, 4.2). TLS 1.3 has
# none but such suites.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def context_of(paths: tuple[Path, Path]) -> ssl.SSLContext:
    """A server's context, TLS 1.2 and above, authenticated encryption only.

    Raises:
        StartupError: a file cannot be read, or they do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    read_again(context, paths)
    return context


def read_again(context: ssl.SSLContext, paths: tuple[Path, Path]) -> None:
    """Have new connections use what the files say now.

    Raises:
        StartupError: as above; what was in use stays.
    """
    certificate, key = paths
    try:
        # Tried on another first: a context that took the one and not the other is broken.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl's own errors are among them
        reason = error.strerror or error
        raise StartupError(f"api.tls_certificate {certificate}, {key}: {reason}") from None
