"""Reading of the secrets of channels from the file, files, variables and systemd credentials. Pure.

A secret is read for each message, so that a renewed one is used at once.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

from tart.alerting.rules.model import Secret
from tart.errors import ConfigError
from tart.os_errors import reason

# The directory of the credentials that systemd passes to a service (LoadCredential=).
CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY"
# A variable inside a value: ``https://example.org/${TOKEN}``.
_VARIABLE = re.compile(r"\$\{(?P<name>[^}]*)\}")


def variables_of(value: str) -> tuple[str, ...]:
    """Return the names of the variables inside a value."""
    return tuple(match["name"] for match in _VARIABLE.finditer(value))


def read_secret(
    secret: Secret, *, environ: Mapping[str, str], read_file: Callable[[str], str]
) -> str:
    """Return a secret.

    Args:
        secret: Its source.
        environ: The environment.
        read_file: Returns the text of a file; white space at its end is removed.

    Raises:
        ConfigError: The sentence names the source, and nothing of the secret.
    """
    if secret.source == "value":
        return _VARIABLE.sub(lambda match: _variable(match["name"], environ), secret.name)
    if secret.source == "environment":
        return _variable(secret.name, environ)
    if secret.source == "credential":
        return _read(_credential_path(secret.name, environ), read_file)
    return _read(secret.name, read_file)


def _variable(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ConfigError(f"the variable {name} is not set in the environment of tart serve")
    return value


def _credential_path(name: str, environ: Mapping[str, str]) -> str:
    directory = environ.get(CREDENTIALS_DIRECTORY, "")
    if not directory:
        raise ConfigError(
            f"systemd passes no credentials; the unit needs LoadCredential={name}:PATH"
        )
    return posixpath.join(directory, name)


def _read(path: str, read_file: Callable[[str], str]) -> str:
    try:
        text = read_file(path).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is not text"
        raise ConfigError(f"{path} cannot be read: {why}") from None
    if not text:
        raise ConfigError(f"{path} is empty")
    return text
