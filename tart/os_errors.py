"""Errors of the operating system in plain words, without a number and without the path. Pure.

The caller names the path, the address or the step, then the reason follows:
``f"{path}: cannot be read: {reason(error)}"``.
"""

from __future__ import annotations

import errno
import re

_WORDS = {
    errno.EACCES: "permission denied",
    errno.EADDRINUSE: "the address is in use by another process",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EAFNOSUPPORT: "this machine does not support this kind of address",
    errno.EBADF: "it is closed",
    errno.EBUSY: "it is in use",
    errno.ECONNABORTED: "the connection was aborted",
    errno.ECONNREFUSED: "connection refused, so nothing listens there",
    errno.ECONNRESET: "the other side closed the connection",
    errno.EDQUOT: "the disk quota is used up",
    errno.EEXIST: "it exists already",
    errno.EFBIG: "the file would be larger than the system allows",
    errno.EHOSTUNREACH: "there is no route to the host",
    errno.EINVAL: "the system does not accept it",
    errno.EIO: "the device reports an I/O error",
    errno.EISDIR: "it is a directory",
    errno.ELOOP: "too many symbolic links",
    errno.EMFILE: "this process has too many open files; raise its limit with ulimit -n",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENETUNREACH: "the network is unreachable",
    errno.ENFILE: "this machine has too many open files",
    errno.ENODEV: "no such device",
    errno.ENOENT: "no such file or directory",
    errno.ENOEXEC: "it is not a program for this machine",
    errno.ENOMEM: "out of memory",
    errno.ENOSPC: "the disk is full",
    errno.ENOTDIR: "a part of the path is not a directory",
    errno.ENOTEMPTY: "the directory is not empty",
    errno.ENXIO: "no such device or address",
    errno.EPERM: "the operation is not permitted",
    errno.EPIPE: "the other side closed it",
    errno.EROFS: "the file system is read-only",
    errno.ESPIPE: "it is a pipe or a terminal, not a file",
    errno.ETIMEDOUT: "no answer in time",
    errno.ETXTBSY: "the program is running",
    errno.EXDEV: "it is on another file system",
}
# Reasons of OpenSSL: what arrived is no TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
_NUMBER = re.compile(r"\[Errno (-?\d+)\] ?")
# "IO Error: ", as DuckDB's messages begin, and "[SSL: WRONG_VERSION_NUMBER] ", as those of ssl.
_KIND = re.compile(r"^(?:[A-Z]\w*(?: [A-Z]\w*)* Error: |\[(?:SSL|X509|PEM)[^\]]*\] )")
# As ``socket.create_server`` ends the text of an error.
_BIND_ADDRESS = re.compile(r" \(while attempting to bind on address .*\)$")
# "(_ssl.c:1000)", as messages of ssl end.
_SOURCE_LINE = re.compile(r" \(_ssl\.c:\d+\)$")


def reason(error: BaseException) -> str:
    """Return why an operation failed, as the end of a sentence.

    Args:
        error: An ``OSError``, among them those of sockets, name resolution and TLS, or an error
            of SQLite, DuckDB or a decoder.
    """
    if isinstance(error, UnicodeError):
        return "it is not UTF-8 text"
    if type(error).__name__ == "JSONDecodeError":  # of json, which few commands load
        return f"it is not valid JSON (line {getattr(error, 'lineno', 1)})"
    inner = getattr(error, "reason", None)
    if isinstance(inner, OSError):  # urllib wraps the error of the socket
        return reason(inner)
    text = _text(error)
    if isinstance(error, OSError):
        return _os_reason(error, text)
    return without_kind(text) or type(error).__name__


def _os_reason(error: OSError, text: str) -> str:
    verify_message = getattr(error, "verify_message", None)
    if isinstance(verify_message, str) and verify_message:
        return f"the certificate is not accepted: {verify_message}"
    if hasattr(error, "library"):  # ssl.SSLError, whose numbers are OpenSSL's
        if getattr(error, "reason", None) in _NO_TLS:
            return "the other side does not speak TLS"
        return without_kind(_SOURCE_LINE.sub("", error.strerror or text))
    number = error.errno
    if number is None and (match := _NUMBER.search(text)):
        number = int(match[1])  # asyncio joins the errors of several addresses into one text
    if number is not None and number in _WORDS:
        return _WORDS[number]
    if isinstance(error, TimeoutError):
        return _WORDS[errno.ETIMEDOUT]
    words = _BIND_ADDRESS.sub("", error.strerror or _NUMBER.sub("", text)) or type(error).__name__
    words = words[:1].lower() + words[1:]
    # Errors of name resolution have numbers of their own, below 0.
    return f"the host name cannot be resolved: {words}" if number and number < 0 else words


def _text(error: BaseException) -> str:
    """Return the first line of an error's text."""
    return next(iter(str(error).splitlines()), "").strip()


def without_kind(text: str) -> str:
    """Return a message of DuckDB or TLS without the class of the error at its beginning."""
    return _KIND.sub("", text)
