"""How the command line asks a running tart over HTTP.

The address is that of the settings unless one is given; a key comes from a file that
``--key-file`` or ``TART_KEY_FILE`` names, never from an argument, which everybody can see.
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

from tart.config.load import parse_address
from tart.config.schema import Config
from tart.errors import ConfigError, StartupError

KEY_FILE_VARIABLE = "TART_KEY_FILE"
_SECONDS = 60.0
_PIECE_BYTES = 64 << 10
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Refused(StartupError):
    """An answer that is no answer; its text is the server's.

    Attributes:
        http_status: of the response.
    """

    def __init__(self, http_status: int, message: str) -> None:
        super().__init__(message)
        self.http_status = http_status


class BrokenOff(StartupError):
    """An answer that did not end: something is missing, or the server went away.

    Attributes:
        received: what there is of it that nobody was handed yet.
    """

    def __init__(self, url: str, received: bytes) -> None:
        super().__init__(
            f"{url}: the answer broke off, so it is incomplete: events are missing or a part of "
            "the server went away; its log says which"
        )
        self.received = received


class Server:
    """A running tart.

    Args:
        url: of its API; ``None``: where the settings have it.
        key_file: holds a key; ``None``: what ``TART_KEY_FILE`` names, if anything.
        environ: where that is looked up.
    """

    def __init__(
        self,
        config: Config,
        url: str | None = None,
        key_file: Path | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.url = (url or _url(config)).rstrip("/")
        named = environ.get(KEY_FILE_VARIABLE)
        self._key = _key(key_file or (Path(named) if named else None))
        self._trust = ssl.create_default_context()
        if url is None and config.tls_paths:
            # Our own, whoever signed it and whatever name is in it.
            self._trust.check_hostname = False
            self._trust.load_verify_locations(config.tls_paths[0])
            self._trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN

    def get(self, path: str, *, also: tuple[int, ...] = ()) -> Any:
        """The JSON of a route; ``also``: further statuses whose body is an answer."""
        return json.loads(self._answered(self._request(path), also))

    def post(self, path: str, body: Any) -> bytes:
        """What a route answers to a JSON body."""
        request = self._request(path, json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        return self._answered(request)

    def download(self, path: str, take: Callable[[bytes], None]) -> Mapping[str, str]:
        """Hand a long answer on as it comes, in pieces; its headers, names in small letters.

        Raises:
            Refused: the server says no.
            StartupError: nobody answers; ``BrokenOff``, the answer does not end.
        """
        with self._opened(self._request(path)) as response:
            while data := self._read(lambda: response.read1(_PIECE_BYTES)):
                take(data)
            return {name.lower(): value for name, value in response.headers.items()}

    def _request(self, path: str, body: bytes | None = None) -> urllib.request.Request:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            return urllib.request.Request(self.url + path, body, headers)
        except ValueError as error:
            raise StartupError(f"{self.url}: no tart answers there: {error}") from None

    def _answered(self, request: urllib.request.Request, also: tuple[int, ...] = ()) -> bytes:
        """The body of the answer.

        Raises:
            Refused: the server says no.
            StartupError: nobody answers; ``BrokenOff``, the answer does not end.
        """
        with self._opened(request, also) as response:
            return self._read(response.read)

    def _opened(
        self, request: urllib.request.Request, also: tuple[int, ...] = ()
    ) -> http.client.HTTPResponse | urllib.error.HTTPError:
        try:
            found: http.client.HTTPResponse = urllib.request.urlopen(
                request, timeout=_SECONDS, context=self._trust
            )
            return found
        except urllib.error.HTTPError as error:
            if error.code in also:
                return error
            raise Refused(error.code, _complaint(error, error.read())) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise StartupError(f"{self.url}: no tart answers there: {reason}") from None

    def _read(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except http.client.IncompleteRead as error:
            raise BrokenOff(self.url, error.partial) from None
        except (OSError, http.client.HTTPException) as error:
            raise StartupError(f"{self.url}: the answer broke off: {error}") from None


def _complaint(error: urllib.error.HTTPError, body: bytes) -> str:
    try:
        message = str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return str(error)
    if error.code == 401:
        return f"{message}; put it into a file and name that by --key-file"
    return message


def _key(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"key file {path}: cannot be read: {error}") from None


def _url(config: Config) -> str:
    host, port = parse_address(config.api.bind, "api.bind")
    host = _EVERYWHERE.get(host, host)
    scheme = "https" if config.tls_paths else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
