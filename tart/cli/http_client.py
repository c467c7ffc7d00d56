"""The command line's HTTP client for a running server.

The address is that of the settings unless one is given. A key comes from a file that
``--key-file`` or ``TART_KEY_FILE`` names, or is the variable ``TART_KEY``; never from an argument,
which other users of the machine can see.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tart.config.load import parse_address
from tart.config.schema import Config
from tart.errors import ConfigError, StartupError

KEY_FILE_VARIABLE, KEY_VARIABLE = "TART_KEY_FILE", "TART_KEY"
_TIMEOUT_SECONDS = 60.0
_CHUNK_BYTES = 64 << 10
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class RequestRefused(StartupError):
    """The server answered with an error; the message is the server's.

    Attributes:
        http_status: Status of the response.
    """

    def __init__(self, http_status: int, message: str) -> None:
        super().__init__(message)
        self.http_status = http_status


class IncompleteResponse(StartupError):
    """A response was cut short: data is missing, or the connection broke.

    Attributes:
        received: The part of the response that was not handed on yet.
    """

    def __init__(self, url: str, received: bytes) -> None:
        super().__init__(
            f"{url}: the response is incomplete: events are missing or a part of the server "
            "stopped; see the server log"
        )
        self.received = received


class Server:
    """A running server.

    Args:
        config: The settings, which have the address.
        url: Address of the API; ``None``: from the settings.
        key_file: File with an API key; ``None``: the one that ``TART_KEY_FILE`` names, else the
            key in ``TART_KEY``, if any.
        environ: Environment variables.
    """

    def __init__(
        self,
        config: Config,
        url: str | None = None,
        key_file: Path | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.url = (_url(config) if url is None else _with_scheme(url)).rstrip("/")
        default = environ.get(KEY_FILE_VARIABLE)
        self._key = _read_key(key_file or (Path(default) if default else None))
        if self._key is None:
            self._key = environ.get(KEY_VARIABLE, "").strip() or None
        self._context = ssl.create_default_context()
        if url is None and config.tls_paths:
            # Our own certificate, whatever its issuer and names.
            self._context.check_hostname = False
            self._context.load_verify_locations(config.tls_paths[0])
            self._context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN

    def get(self, path: str, *, accept: tuple[int, ...] = ()) -> Any:
        """Return the JSON of a route.

        Args:
            path: Path and query.
            accept: Further statuses whose body is returned instead of raising.
        """
        return json.loads(self._fetch(self._request(path), accept))

    def post(self, path: str, body: Any) -> bytes:
        """Post a JSON body and return the response's body."""
        request = self._request(path, json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        return self._fetch(request)

    def download(self, path: str, write: Callable[[bytes], None]) -> Mapping[str, str]:
        """Hand on a long response in chunks and return its headers, names in lower case.

        Raises:
            RequestRefused: The server answered with an error.
            IncompleteResponse: The response was cut short.
            StartupError: No server answers.
        """
        with self._open(self._request(path)) as response:
            while data := self._read(lambda: response.read1(_CHUNK_BYTES)):
                write(data)
            return {name.lower(): value for name, value in response.headers.items()}

    def _request(self, path: str, body: bytes | None = None) -> urllib.request.Request:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            return urllib.request.Request(self.url + path, body, headers)
        except ValueError as error:
            raise StartupError(f"{self.url}: no tart answers there: {error}") from None

    def _fetch(self, request: urllib.request.Request, accept: tuple[int, ...] = ()) -> bytes:
        with self._open(request, accept) as response:
            return self._read(response.read)

    def _open(
        self, request: urllib.request.Request, accept: tuple[int, ...] = ()
    ) -> http.client.HTTPResponse | urllib.error.HTTPError:
        try:
            response: http.client.HTTPResponse = urllib.request.urlopen(
                request, timeout=_TIMEOUT_SECONDS, context=self._context
            )
            return response
        except urllib.error.HTTPError as error:
            if error.code in accept:
                return error
            raise RequestRefused(error.code, _message(error, error.read())) from None
        except (OSError, ValueError) as error:
            raise StartupError(f"{self.url}: {_unreachable(error)}") from None

    def _read(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except http.client.IncompleteRead as error:
            raise IncompleteResponse(self.url, error.partial) from None
        except (OSError, http.client.HTTPException) as error:
            raise StartupError(f"{self.url}: the connection broke: {error}") from None


def _unreachable(error: Exception) -> str:
    """Return why no server answers, and what to do."""
    reason = getattr(error, "reason", error)
    match reason:
        case ssl.SSLCertVerificationError():
            return f"no tart answers there: its certificate is not trusted: {reason.verify_message}"
        case ConnectionRefusedError():
            return (
                "no tart answers there: nothing listens; start it with 'tart serve', or name "
                "another with --url"
            )
        case TimeoutError():
            return f"no tart answers there within {_TIMEOUT_SECONDS:g} s"
        case OSError() if reason.strerror:
            return f"no tart answers there: {reason.strerror}"
        case _:
            return f"no tart answers there: {reason}"


def _message(error: urllib.error.HTTPError, body: bytes) -> str:
    try:
        message = str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return str(error)
    if error.code == 401:
        return f"{message}; put the key into TART_KEY, or into a file named by --key-file"
    return message


def _read_key(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"key file {path}: cannot be read: {error}") from None


def _with_scheme(url: str) -> str:
    """Return an address with its scheme, which is http if there is none.

    Raises:
        ConfigError: It is no address of a web server.
    """
    address = url if "://" in url else f"http://{url}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError(f"--url {url}: must be http://HOST:PORT or https://HOST")
    return address


def _url(config: Config) -> str:
    host, port = parse_address(config.api.bind, "api.bind")
    host = _LOOPBACK.get(host, host)
    scheme = "https" if config.tls_paths else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
