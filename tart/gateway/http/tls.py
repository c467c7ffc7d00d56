"""TLS for the API: certificate and key from files, which can be reloaded without a restart."""

from __future__ import annotations

import ssl
from pathlib import Path

from tart.errors import StartupError
from tart.os_errors import reason

# For TLS 1.2: ephemeral keys, and no cipher in CBC mode (RFC 9325, 4.2). All suites of TLS 1.3 are
# of this kind.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
# OpenSSL's reasons for which a certificate is not loaded.
_WORDS = {
    "key values mismatch": "the key is not that of the certificate",
    "no start line": "a certificate and a key in PEM form are needed, and one is missing",
    "pem lib": "a certificate and a key in PEM form are needed, and one is missing",
}


def server_context(paths: tuple[Path, Path]) -> ssl.SSLContext:
    """Return a server's context: TLS 1.2 and above, authenticated encryption only.

    Raises:
        StartupError: A file cannot be read, or certificate and key do not match.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    reload_certificate(context, paths)
    return context


def reload_certificate(context: ssl.SSLContext, paths: tuple[Path, Path]) -> None:
    """Load certificate and key again, for new connections.

    Raises:
        StartupError: As above; the certificate in use stays.
    """
    certificate, key = paths
    try:
        # Try another context first: one that loaded only one of both would be broken.
        for loading in (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), context):
            loading.load_cert_chain(certificate, key, password=_refuse_password)
    except OSError as error:  # ssl's own errors are among them
        text = _WORDS.get(reason(error).lower(), reason(error))
        # One file may have both.
        files = " and ".join(dict.fromkeys(map(str, paths)))
        raise StartupError(f"api.tls_certificate {files}: {text}") from None


def _refuse_password() -> str:
    """Refuse to ask for a password, which OpenSSL would do on the terminal of a service."""
    raise OSError("the key is encrypted; store it without a password, readable by tart alone")
