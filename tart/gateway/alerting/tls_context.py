"""TLS contexts of channels: the system's authorities or those of a file verify certificates."""

from __future__ import annotations

import os
import ssl

from tart.errors import ConfigError
from tart.os_errors import reason

# Where systems have their authorities: Red Hat, SUSE, Alpine.
_SYSTEM_FILES = (
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class TlsContexts:
    """Contexts by the file of authorities; a file that changes is read again."""

    def __init__(self) -> None:
        self._contexts: dict[str, tuple[float, ssl.SSLContext]] = {}

    def get(self, ca_file: str) -> ssl.SSLContext:
        """Return the context for a file; for the system's authorities if it is empty.

        Loading the authorities of a system takes tens of milliseconds: call this on a thread.

        Raises:
            ConfigError: The file cannot be read.
        """
        try:
            changed = os.stat(ca_file).st_mtime if ca_file else 0.0
            if (known := self._contexts.get(ca_file)) is None or known[0] != changed:
                context = ssl.create_default_context(cafile=ca_file or _system_file())
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                known = self._contexts[ca_file] = changed, context
        except OSError as error:
            raise ConfigError(f"ca_file {ca_file} cannot be used: {reason(error)}") from None
        return known[1]


def _system_file() -> str | None:
    """Return the file of the system's authorities; ``None`` if OpenSSL finds them itself.

    The OpenSSL of the one file looks where the system that it was built on has them.
    """
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        return None
    for path in _SYSTEM_FILES:
        if os.path.exists(path):
            return path
    # httpx brings it along: Mozilla's authorities as of its release.
    import certifi

    return certifi.where()
