"""The command line's HTTP client for a running server.

The address is that of the settings unless one is given. A key comes from a file that
``--key-file`` or ``TART_KEY_FILE`` names, or is the variable ``TART_KEY``; never from an argument,
which other users of the machine can see.

A certificate is checked against the system's authorities, or against the file that ``--ca-file``
or ``TART_CA_FILE`` names; ``--insecure`` checks none and says so. ``arguments.add_client`` adds
the flags, ``connect`` takes them. A client that speaks HTTP by other means, as ``tart dash`` does,
takes ``url``, ``key`` and ``context`` of a ``Server``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tart.config.addresses import parse_address
from tart.config.schema import Config
from tart.errors import ConfigError, StartupError

KEY_FILE_VARIABLE, KEY_VARIABLE = "TART_KEY_FILE", "TART_KEY"
CA_FILE_VARIABLE = "TART_CA_FILE"
_TIMEOUT_SECONDS = 60.0
_CHUNK_BYTES = 64 << 10
_INSECURE = (
    "tart: warning: --insecure: the certificate of {url} is not checked; anybody on the way can "
    "read the key and change the answers"
)
# Codes of OpenSSL (X509_V_ERR_…) by what a user can do about them.
_EXPIRED, _NOT_YET_VALID, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64
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
        ca_file: PEM file with the certificates to trust; ``None``: the one that ``TART_CA_FILE``
            names, else those of the system.
        insecure: Whether to check no certificate; a warning on stderr says so.

    Attributes:
        url: Address of the API, without a slash at its end.
        key: The API key, if any.
        context: TLS settings; ``None`` for plain HTTP, where reading the system's authorities would
            take 70 ms of each command.

    Raises:
        ConfigError: The address is not one, or a file cannot be used.
    """

    def __init__(
        self,
        config: Config,
        url: str | None = None,
        key_file: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        *,
        ca_file: Path | None = None,
        insecure: bool = False,
    ) -> None:
        self.url = (_url(config) if url is None else _with_scheme(url)).rstrip("/")
        self.key = _read_key(key_file or _path(environ, KEY_FILE_VARIABLE))
        if self.key is None:
            self.key = environ.get(KEY_VARIABLE, "").strip() or None
        self.context: ssl.SSLContext | None = None
        ca_file = ca_file or _path(environ, CA_FILE_VARIABLE)
        if insecure:
            self.context = _trusting_everything(self.url)
        elif ca_file is not None:
            self.context = _trusting(ca_file, "--ca-file")
        elif url is None and config.tls_paths:
            self.context = _trusting(config.tls_paths[0], "api.tls_certificate")
            # Our own may have any names: we connect by the loopback address.
            self.context.check_hostname = False
        elif self.url.startswith("https:"):
            self.context = ssl.create_default_context()

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
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
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
                request, timeout=_TIMEOUT_SECONDS, context=self.context
            )
            return response
        except urllib.error.HTTPError as error:
            if error.code in accept:
                return error
            raise RequestRefused(error.code, _message(error, error.read())) from None
        except (OSError, ValueError) as error:
            raise StartupError(f"{self.url}: {_unreachable(error, self.url)}") from None

    def _read(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except http.client.IncompleteRead as error:
            raise IncompleteResponse(self.url, error.partial) from None
        except (OSError, http.client.HTTPException) as error:
            raise StartupError(f"{self.url}: the connection broke: {error}") from None


def connect(
    arguments: argparse.Namespace, config: Config, environ: Mapping[str, str] = os.environ
) -> Server:
    """Return the server that the flags of ``arguments.add_client`` name.

    Raises:
        ConfigError: The address is not one, or a file cannot be used.
    """
    return Server(
        config,
        arguments.url,
        arguments.key_file,
        environ,
        ca_file=arguments.ca_file,
        insecure=arguments.insecure,
    )


def _unreachable(error: Exception, url: str) -> str:
    """Return why no server answers, and what to do."""
    reason = getattr(error, "reason", error)
    match reason:
        case ssl.SSLCertVerificationError():
            return _distrust(reason)
        case ssl.SSLError() if reason.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            return "no tart answers there: the server does not speak TLS; try http://"
        case ConnectionRefusedError():
            return (
                "no tart answers there: nothing listens; start it with 'tart serve', or name "
                "another with --url"
            )
        case ConnectionResetError():
            other = "http" if url.startswith("https:") else "https"
            return f"no tart answers there: the connection was closed; try {other}://"
        case TimeoutError():
            return f"no tart answers there within {_TIMEOUT_SECONDS:g} s"
        case OSError() if reason.strerror:
            return f"no tart answers there: {reason.strerror}"
        case _:
            return f"no tart answers there: {reason}"


def _distrust(error: ssl.SSLCertVerificationError) -> str:
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


def _message(error: urllib.error.HTTPError, body: bytes) -> str:
    try:
        message = str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return str(error)
    if error.code == 401:
        return f"{message}; put the key into TART_KEY, or into a file named by --key-file"
    return message


def _path(environ: Mapping[str, str], variable: str) -> Path | None:
    """Return the path in a variable; ``None`` if it is not set or empty."""
    text = environ.get(variable)
    return Path(text) if text else None


def _trusting_everything(url: str) -> ssl.SSLContext:
    """Return TLS settings that check no certificate, and warn."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if url.startswith("https:"):
        print(_INSECURE.format(url=url), file=sys.stderr)
    return context


def _trusting(path: Path, setting: str) -> ssl.SSLContext:
    """Return TLS settings that trust the certificates of a file, and no others.

    Raises:
        ConfigError: The file cannot be read, or has no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise ConfigError(f"{setting} {path}: has no certificate in PEM form") from None
    except OSError as error:
        raise ConfigError(f"{setting} {path}: cannot be read: {error.strerror}") from None
    # Also a certificate that another one issued may be trusted by itself.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


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
