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
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tart.access.networks import is_loopback
from tart.cli.http_errors import describe_failure, describe_other_answer, describe_refusal
from tart.cli.streams import print_note
from tart.config.addresses import is_url, join_address, parse_address
from tart.config.schema import Config
from tart.errors import ConfigError, StartupError
from tart.os_errors import reason

KEY_FILE_VARIABLE, KEY_VARIABLE = "TART_KEY_FILE", "TART_KEY"
CA_FILE_VARIABLE = "TART_CA_FILE"
_TIMEOUT_SECONDS = 60.0
_CHUNK_BYTES = 64 << 10
# Of an answer as one JSON document; that of a network of 1,023 nodes has less than one.
_MAX_BODY_BYTES = 64 << 20
_INSECURE = (
    "tart: warning: --insecure: the certificate of {url} is not checked; anybody on the way can "
    "read the key and change the answers"
)
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
        proxy: The proxy on the way to it, if any.

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
            self.key = _key(environ.get(KEY_VARIABLE, ""), KEY_VARIABLE) or None
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
        self.proxy = _proxy(self.url)
        self._opener = _build_opener(self.context, self.proxy)

    def get(self, path: str, *, accept: tuple[int, ...] = ()) -> Any:
        """Return the JSON of a route.

        Args:
            path: Path and query.
            accept: Further statuses whose body is returned instead of raising.
        """
        body = self._fetch(self._request(path), accept)
        answer = parse_object(body)
        if answer is None:
            raise StartupError(describe_other_answer(self.url, path))
        return answer

    def delete(self, path: str) -> None:
        """Send DELETE to a route.

        Raises:
            RequestRefused: The server answered with an error.
            StartupError: No server answers.
        """
        request = self._request(path)
        request.method = "DELETE"
        self._fetch(request)

    def post(
        self, path: str, body: Any, advance: Callable[[float], None] = lambda amount: None
    ) -> bytes:
        """Post a JSON body and return the response's body.

        Args:
            path: Path and query.
            body: The body.
            advance: Is called with each number of bytes that arrived.

        Raises:
            RequestRefused: The server answered with an error.
            IncompleteResponse: The response was cut short.
            StartupError: No server answers.
        """
        request = self._request(path, json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        received = bytearray()
        with self._open(request) as response:
            try:
                while data := self._read(lambda: response.read1(_CHUNK_BYTES)):
                    received += data
                    advance(len(data))
            except IncompleteResponse as error:
                raise IncompleteResponse(self.url, bytes(received) + error.received) from None
            # Unlike ``read``, ``read1`` takes an early end for the end.
            if len(received) < _declared_length(response):
                raise IncompleteResponse(self.url, bytes(received))
        return bytes(received)

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
        return urllib.request.Request(self.url + path, body, headers)

    def _fetch(self, request: urllib.request.Request, accept: tuple[int, ...] = ()) -> bytes:
        with self._open(request, accept) as response:
            body = self._read_bounded(response)
            # Unlike one without a size, a bounded ``read`` takes an early end for the end.
            if len(body) < _declared_length(response):
                raise IncompleteResponse(self.url, body)
            return body

    def _open(
        self, request: urllib.request.Request, accept: tuple[int, ...] = ()
    ) -> http.client.HTTPResponse | urllib.error.HTTPError:
        try:
            response: http.client.HTTPResponse = self._opener.open(
                request, timeout=_TIMEOUT_SECONDS
            )
            return response
        except urllib.error.HTTPError as error:
            if error.code in accept:
                return error
            path = request.full_url.removeprefix(self.url)
            location = error.headers.get("Location")
            message = describe_refusal(
                self.url,
                path,
                error.code,
                self._read_bounded(error),
                location,
                has_key=self.key is not None,
            )
            raise RequestRefused(error.code, message) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            why = describe_failure(error, self.url, _TIMEOUT_SECONDS, self.proxy)
            raise StartupError(f"{self.url}: {why}") from None

    def _read_bounded(self, response: http.client.HTTPResponse | urllib.error.HTTPError) -> bytes:
        """Return a body; of one without an end, as another program may send, nothing is kept."""
        body = self._read(lambda: response.read(_MAX_BODY_BYTES + 1))
        if len(body) > _MAX_BODY_BYTES:
            raise StartupError(
                f"{self.url}: the answer is longer than {_MAX_BODY_BYTES >> 20} MiB; is it tart's?"
            )
        return body

    def _read(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except http.client.IncompleteRead as error:
            raise IncompleteResponse(self.url, error.partial) from None
        except (OSError, http.client.HTTPException) as error:
            raise StartupError(f"{self.url}: the connection broke: {reason(error)}") from None


def _declared_length(response: http.client.HTTPResponse | urllib.error.HTTPError) -> int:
    """Return the size that a response says it has; 0 if it says none."""
    text = response.headers.get("Content-Length") or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


def parse_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a body; ``None`` if it has none, as that of another program."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


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


def _proxy(url: str) -> str | None:
    """Return the proxy of an address that the environment names; none for this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def _build_opener(
    context: ssl.SSLContext | None, proxy: str | None
) -> urllib.request.OpenerDirector:
    proxies = {} if proxy is None else {"http": proxy, "https": proxy}
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler(proxies)]
    if context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    return urllib.request.build_opener(*handlers, _NoRedirects())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: they would take the key to another server, and make a GET of a POST."""

    def redirect_request(self, *arguments: Any, **options: Any) -> None:
        """Refuse."""


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
        print_note(_INSECURE.format(url=url))
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
        raise ConfigError(f"{setting} {path}: cannot be read: {reason(error)}") from None
    # Also a certificate that another one issued may be trusted by itself.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _read_key(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        text = path.read_text("utf-8-sig")  # some editors of Windows write a byte order mark
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"key file {path}: cannot be read: {reason(error)}") from None
    if not text.strip():
        raise ConfigError(f"key file {path}: is empty; 'tart keys create' prints a key")
    return _key(text, f"key file {path}")


def _key(text: str, source: str) -> str:
    """Return the key in a text.

    Raises:
        ConfigError: It cannot be a key; the message does not show it.
    """
    key = text.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(
            f"{source}: is not a key, which is one word of ASCII such as tart_0123abcd_…; 'tart "
            "keys create' prints one"
        )
    return key


def _with_scheme(url: str) -> str:
    """Return an address with its scheme, which is http if there is none.

    What a browser shows behind the path is left out, so that its address can be pasted.

    Raises:
        ConfigError: It is no address of a web server.
    """
    address = url if "://" in url else f"http://{url}"
    if not is_url(address):
        raise ConfigError(f"--url {url}: must be http://HOST:PORT or https://HOST")
    parts = urlsplit(address)
    if parts.username is not None:
        raise ConfigError("--url: has a user name; name a file with a key by --key-file instead")
    path = quote(parts.path, safe="/%")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _url(config: Config) -> str:
    host, port = parse_address(config.api.bind, "api.bind")
    host = _LOOPBACK.get(host, host)
    scheme = "https" if config.tls_paths else "http"
    return f"{scheme}://{join_address(host, port)}"
