import ast
import asyncio
import builtins
import errno
import json
import os
import re
import socket
import sqlite3
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tart
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
        "it is not valid JSON (line 2)": lambda: json.loads('{\n"a": }'),
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
    plain = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1000)")
    plain.library, plain.reason = "SSL", "WRONG_VERSION_NUMBER"
    assert reason(plain) == "the other side does not speak TLS"
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


# The families of errors whose texts have numbers, paths and class names, and are not sentences.
_FAMILIES = re.compile(r"(?:sqlite3|ssl|duckdb)\.\w+")
# What a module has that can print one; most have neither, and parsing takes its time.
_CATCHES = re.compile(r"\bexcept\b[^:]* as |strerror")


def is_of_the_system(name):
    """Whether a name of an except clause is an error of the system, a database or TLS."""
    kind = getattr(builtins, name, None)
    is_os_error = isinstance(kind, type) and issubclass(kind, OSError | UnicodeError)
    return is_os_error or _FAMILIES.fullmatch(name) is not None


def bare_uses(tree):
    """Lines that put an error of the system into a text without ``reason``."""
    for handler in ast.walk(tree):
        if not isinstance(handler, ast.ExceptHandler) or handler.name is None:
            continue
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(is_of_the_system(ast.unparse(kind)) for kind in kinds):
            calls = {f"str({handler.name})", f"repr({handler.name})"}
            # DuckDB's whole text is for the log, and is searched for what it means.
            bare_calls = set() if "duckdb" in ast.unparse(handler.type) else calls
            for node in ast.walk(handler):
                printed = isinstance(node, ast.FormattedValue) and ast.unparse(node.value)
                called = isinstance(node, ast.Call) and ast.unparse(node)
                if printed in {handler.name, *calls} or called in bare_calls:
                    yield node.lineno


def texts_of_the_system(path):
    """Lines of a module that use the system's own text of an error."""
    text = path.read_text()
    if not _CATCHES.search(text):
        return []
    tree = ast.parse(text)
    lines = set(bare_uses(tree))
    lines |= {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "strerror"
        and ast.unparse(node) != "os.strerror"
    }
    return sorted(lines)


def test_the_search_finds_each_way_to_print_an_error():
    ways = ["f'{error}'", "f'{error!r}'", "str(error)", "f'{str(error)}'"]
    for kind in ("OSError", "(ValueError, PermissionError)", "sqlite3.Error", "ssl.SSLError"):
        for way in ways:
            tree = ast.parse(f"try:\n  x\nexcept {kind} as error:\n  print({way})")
            assert set(bare_uses(tree)) == {4}, (kind, way)
    assert not set(bare_uses(ast.parse("try:\n  x\nexcept KeyError as e:\n  print(f'{e}')")))


def test_errors_of_the_system_reach_a_user_as_words():
    """No module prints an error of the system as it is: ``reason`` says it in plain words."""
    root = Path(tart.__file__).parent
    found = {
        str(path.relative_to(root)): lines
        for path in sorted(root.rglob("*.py"))
        if path.name != "os_errors.py" and (lines := texts_of_the_system(path))
    }
    assert found == {}
