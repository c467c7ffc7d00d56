import asyncio
import errno
import os
import socket
import sqlite3
import ssl
import urllib.error
import urllib.request

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.os_errors import reason


def caught(operation):
    """The error that an operation raises."""
    try:
        operation()
    except Exception as error:
        return error
    raise AssertionError("no error")


def test_errors_of_files_have_neither_number_nor_path(tmp_path):
    text = tmp_path / "text"
    text.write_bytes(b"\xff")
    errors = {
        "no such file or directory": lambda: (tmp_path / "none").read_bytes(),
        "it is a directory": lambda: tmp_path.read_bytes(),
        "a part of the path is not a directory": lambda: (text / "inside").read_bytes(),
        "the name is too long": lambda: (tmp_path / ("n" * 300)).read_bytes(),
        "it exists already": lambda: text.open("x"),
        "the directory is not empty": lambda: tmp_path.rmdir(),
        "it is not UTF-8 text": lambda: text.read_text("utf-8"),
    }
    for words, operation in errors.items():
        assert reason(caught(operation)) == words


def test_a_full_disk_is_one():
    with open("/dev/full", "wb", buffering=0) as full:
        assert reason(caught(lambda: full.write(b"x"))) == "the disk is full"


def test_errors_of_sockets():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        taken = caught(lambda: socket.create_server(address))
        assert reason(taken) == "the address is in use by another process"
    refused = "connection refused, so nothing listens there"
    assert reason(caught(lambda: socket.create_connection(address))) == refused
    url = f"http://{address[0]}:{address[1]}"
    assert reason(caught(lambda: urllib.request.urlopen(url))) == refused
    assert reason(TimeoutError()) == "no answer in time"


def test_the_errors_of_several_addresses_are_one_reason():
    several = OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), …")
    assert reason(several) == "connection refused, so nothing listens there"

    async def connect():
        await asyncio.open_connection("localhost", 1)

    assert "Errno" not in reason(caught(lambda: asyncio.run(connect())))


def test_an_unknown_host_keeps_the_words_of_the_resolver():
    words = reason(socket.gaierror(-2, "Name or service not known"))
    assert words == "the host name cannot be resolved: name or service not known"
    text = "Name or service not known (while attempting to bind on address ('x', 0))"
    assert reason(socket.gaierror(-2, text)) == words


def test_errors_of_certificates(tmp_path):
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("none")
    context = ssl.create_default_context()
    assert "_ssl.c" not in reason(caught(lambda: context.load_verify_locations(wrong)))
    refused = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] (_ssl.c:1)")
    refused.verify_message = "self-signed certificate"
    assert reason(refused) == "the certificate is not accepted: self-signed certificate"


def test_errors_of_databases_are_their_first_line_without_its_kind(tmp_path):
    other = tmp_path / "other"
    other.write_text("no database" * 100)
    sqlite = sqlite3.connect(other)
    assert reason(caught(lambda: sqlite.execute("SELECT * FROM t"))) == "file is not a database"
    sqlite.close()
    words = reason(caught(lambda: duckdb.connect(str(other), read_only=True)))
    assert "Error:" not in words
    assert "\n" not in words
    assert words


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_each_error_of_the_system_is_words(number):
    words = reason(OSError(number, os.strerror(number), "/a/path", None, "/another"))
    assert words
    assert "Errno" not in words
    assert "path" not in words.replace("a part of the path", "")


@given(st.one_of(st.none(), st.integers(-5000, 5000)), st.text(), st.text())
def test_no_error_is_without_words(number, message, path):
    error = OSError(message) if number is None else OSError(number, message, path)
    assert reason(error)
