"""``tart/gateway/http/http1.py``: requests from bytes, by the letter of RFC 9112."""

from __future__ import annotations

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tart.gateway.http.http1 import (
    Chunked,
    Head,
    Sized,
    Unreadable,
    end_of_head,
    read_head,
    response_head,
)
from tests.cases import all_cases

HOST = b"Host: example.org\r\n"
LIMIT = 8192


def head_of(request_line: bytes, *lines: bytes) -> bytes:
    """A head with these lines."""
    return b"\r\n".join((request_line, *lines, b"", b""))


def got(*lines: bytes, target: bytes = b"/p", version: bytes = b"1.1") -> Head:
    """What is read of a GET with these header lines behind Host."""
    return read_head(head_of(b"GET %b HTTP/%b" % (target, version), b"Host: example.org", *lines))


def refused(*lines: bytes, **how: bytes) -> int:
    """The status that such a GET is refused with."""
    with pytest.raises(Unreadable) as error:
        got(*lines, **how)
    assert str(error.value)
    return error.value.status


def test_a_head_is_method_target_version_and_fields() -> None:
    head = got(b"Accept:a", b"X-Two: \t b, c \t", b"x-two:", b"X-Three: \xc3\xa4")
    assert (head.method, head.target, head.version) == ("GET", b"/p", "1.1")
    assert head.fields == [
        ("host", "example.org"),
        *(("accept", "a"), ("x-two", "b, c"), ("x-two", ""), ("x-three", "ä")),
    ]
    assert (head.length, head.keep_alive, head.expects_continue) == (0, True, False)


def test_every_value_of_a_field_is_encodable_text() -> None:
    ((_, value),) = got(b"X: \xff\xc3").fields[1:]
    assert value == "\\xff\\xc3"
    assert value.encode()


@all_cases(
    "request_line",
    [
        *(b"", b"GET", b"GET /", b"GET  / HTTP/1.1", b"GET /  HTTP/1.1", b"GET / HTTP/1.1 "),
        *(b" GET / HTTP/1.1", b"GET\t/ HTTP/1.1", b"GET / a HTTP/1.1", b"GET / http/1.1"),
        *(b"GET / HTTP/1", b"GET / HTTP/1.10", b"GET / HTTP/11", b"GET / HTTP/2.0"),
        *(b"G(T / HTTP/1.1", b"G\xc3\xa4T / HTTP/1.1", b": / HTTP/1.1", b"GET /\xc3\xa4 HTTP/1.1"),
        *(b"GET /\x00 HTTP/1.1", b"GET /\x7f HTTP/1.1", b"GET /#a HTTP/1.1", b"GET p HTTP/1.1"),
        *(b"GET * HTTP/1.1", b"CONNECT example.org:80 HTTP/1.1", b"GET example.org HTTP/1.1"),
        b"PRI * HTTP/2.0",
    ],
)
def test_an_invalid_request_line_is_refused(request_line: bytes) -> None:
    with pytest.raises(Unreadable) as error:
        read_head(head_of(request_line, b"Host: example.org"))
    assert error.value.status == 400


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/", b"/"),
        (b"//a/b?c=%zz&d", b"//a/b?c=%zz&d"),
        (b'/a?filter={"type":"All"}|[1]^`', b'/a?filter={"type":"All"}|[1]^`'),
        (b"http://example.org", b"/"),
        (b"http://example.org?a", b"/?a"),
        (b"HTTPS://EXAMPLE.org/a?b", b"/a?b"),
    ],
)
def test_path_and_query_are_read_from_either_form(target: bytes, expected: bytes) -> None:
    assert got(target=target).target == expected


@pytest.mark.parametrize(
    "target",
    [
        *(b"http://other.org/", b"http://example.org:80/", b"http://u@example.org/", b"http:///a"),
        *(b"ftp://example.org/", b"http:/example.org/", b"http://example.org/#a"),
        b"http://example.org\\@other.org/",
    ],
)
def test_a_target_on_another_or_no_host_is_refused(target: bytes) -> None:
    assert refused(target=target) == 400


def test_options_may_target_the_whole_server() -> None:
    assert read_head(head_of(b"OPTIONS * HTTP/1.1", b"Host: a")).target == b"*"


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (b"Host: a", b"Host: a"),
        (b"Host: a", b"host: b"),
        (b"Host:",),
        (b"Host: a b",),
        (b"Host: a/b",),
        (b"Host: a@b",),
        (b"Host: a:b",),
        (b"Host: [::1].evil.com",),
        (b"Host: [::1",),
        (b"Host: \xc3\xa4",),
    ],
)
def test_one_host_must_be_named(lines: tuple[bytes, ...]) -> None:
    with pytest.raises(Unreadable) as error:
        read_head(head_of(b"GET / HTTP/1.1", *lines))
    assert error.value.status == 400


@pytest.mark.parametrize(
    "host", [b"a", b"A.example-1:8080", b"127.0.0.1", b"[::1]", b"[::1]:80", b"a_b:"]
)
def test_a_host_is_a_name_or_an_address(host: bytes) -> None:
    assert read_head(head_of(b"GET / HTTP/1.1", b"Host: " + host)).fields


def test_http_1_0_may_omit_the_host_but_not_repeat_it() -> None:
    assert read_head(head_of(b"GET / HTTP/1.0")).fields == []
    with pytest.raises(Unreadable):
        read_head(head_of(b"GET / HTTP/1.0", b"Host: a", b"Host: a"))


@pytest.mark.parametrize(
    "line",
    [
        *(b"X : a", b"X\t: a", b" X: a", b"\tX: a", b": a", b"X", b"", b"X(: a", b"\xff: a"),
        *(b"X: a\nb", b"X: a\rb", b"X: a\x00b", b"X: \x1b[2J", b"X: \x7f", b"X\x00: a"),
    ],
)
def test_an_invalid_field_is_refused(line: bytes) -> None:
    assert refused(line, b"Y: a") == 400


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ((b"Content-Length: 0",), 0),
        ((b"Content-Length: 0005",), 5),
        ((b"Content-Length:5 ",), 5),
        ((b"Transfer-Encoding: chunked",), None),
        ((b"transfer-encoding:\tChunked ",), None),
        ((b"Transfer-Encoding: , chunked,",), None),
    ],
)
def test_the_body_has_a_content_length_or_chunks(
    lines: tuple[bytes, ...], length: int | None
) -> None:
    assert got(*lines).length == length


@all_cases(
    ("lines", "status"),
    [
        *(((b"Content-Length: " + each,), 400) for each in (b"", b"x", b"-1", b"+1", b"1_0")),
        *(((b"Content-Length: " + each,), 400) for each in (b"5, 5", b"5 5", b"0x5", b"1.0")),
        # Digits of other scripts: ARABIC-INDIC FIVE, FULLWIDTH FIVE, SUPERSCRIPT FIVE.
        *(((b"Content-Length: " + each,), 400) for each in (b"\xd9\xa5", b"\xef\xbc\x95")),
        ((b"Content-Length: \xe2\x81\xb5",), 400),
        ((b"Content-Length: 5", b"Content-Length: 5"), 400),
        ((b"Content-Length: 5", b"Transfer-Encoding: chunked"), 400),
        ((b"Transfer-Encoding:",), 400),
        ((b"Transfer-Encoding: identity",), 400),
        ((b"Transfer-Encoding: chunked, gzip",), 400),
        ((b"Transfer-Encoding: chunked, chunked",), 400),
        ((b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 400),
        ((b"Transfer-Encoding: \x0bchunked",), 400),
        ((b"Transfer-Encoding: xchunked",), 400),
        ((b"Transfer-Encoding: chunked;q=1",), 400),
        ((b"Transfer-Encoding: gzip, chunked",), 501),
        ((b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"), 501),
    ],
)
def test_an_ambiguous_body_length_is_refused(lines: tuple[bytes, ...], status: int) -> None:
    assert refused(*lines) == status


def test_a_length_of_any_number_of_digits_is_read() -> None:
    head = got(b"Content-Length: " + b"9" * 5000)
    assert head.length is not None
    assert head.length > 1 << 50


def test_http_1_0_has_no_chunks() -> None:
    assert refused(b"Transfer-Encoding: chunked", version=b"1.0") == 400


@pytest.mark.parametrize(
    ("version", "lines", "expected"),
    [
        (b"1.1", (), True),
        (b"1.2", (), True),
        (b"1.1", (b"Connection: close",), False),
        (b"1.1", (b"Connection: Upgrade",), True),
        (b"1.1", (b"Connection: keep-alive, CLOSE",), False),
        (b"1.1", (b"Connection: x", b"Connection: close"), False),
        (b"1.0", (), False),
        (b"1.0", (b"Connection: Keep-Alive, x",), True),
    ],
)
def test_keep_alive_follows_version_and_connection_header(
    version: bytes, lines: tuple[bytes, ...], expected: bool
) -> None:
    assert got(*lines, version=version).keep_alive is expected


def test_only_100_may_be_expected_and_only_before_a_body() -> None:
    sized = b"Content-Length: 5"
    assert got(b"Expect: 100-Continue", sized).expects_continue
    assert not got(b"Expect: 100-continue").expects_continue
    assert not got(b"Expect: 100-continue", sized, version=b"1.0").expects_continue
    assert refused(b"Expect: joy") == 417


# --- Heads of ours --------------------------------------------------------------------


def test_the_head_of_a_response_is_status_and_fields() -> None:
    fields = [("Allow", "GET, HEAD"), ("ETag", 'W/"ä"')]
    expected = 'HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nETag: W/"ä"\r\n\r\n'
    assert response_head(405, fields) == expected.encode()
    assert response_head(204, []) == b"HTTP/1.1 204 No Content\r\n\r\n"


@given(st.lists(st.text(max_size=10), max_size=4))
@example(["a\r\nX: b", "\n", "\r", "\r\n", "\x00", "\ud800", "a\tb"])
def test_a_response_value_cannot_begin_a_new_line(values: list[str]) -> None:
    written = response_head(200, [("X", value) for value in values])
    lines = written.split(b"\r\n")
    assert (len(lines), lines[-2:]) == (len(values) + 3, [b"", b""])
    assert all(line.startswith(b"X: ") for line in lines[1:-2])
    assert not set(written.replace(b"\r\n", b"")) & {*range(9), *range(10, 32), 127}


# --- Where a head ends ----------------------------------------------------------------


def test_a_head_is_complete_or_not_wherever_it_is_cut() -> None:
    whole = head_of(b"GET / HTTP/1.1", b"Host: a")
    searched = 0
    for length in range(len(whole)):
        assert end_of_head(whole[:length], searched, LIMIT) == 0
        searched = length
    assert end_of_head(whole + b"rest", searched, LIMIT) == len(whole)


@pytest.mark.parametrize(
    "begin",
    [
        *(b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\nHost: a\n", b"\n", b"GET / HTTP/1.1\r\nX: a\rb"),
        *(b"\x16", b"GET /\x00", b"\x00", b"GET / HTTP/1.1\r\nX: \x1b", b"\r\r"),
    ],
)
def test_bytes_that_cannot_become_a_head_are_refused_at_once(begin: bytes) -> None:
    for length in range(1, len(begin)):
        assert end_of_head(begin[:length], length - 1, LIMIT) == 0
    with pytest.raises(Unreadable):
        end_of_head(begin, len(begin) - 1, LIMIT)
    with pytest.raises(Unreadable):
        end_of_head(begin, 0, LIMIT)


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
def test_the_length_of_a_head_is_limited(end: bytes) -> None:
    with pytest.raises(Unreadable) as error:
        end_of_head(b"GET /" + b"a" * LIMIT + end, 0, LIMIT)
    assert error.value.status == 413


# --- Bodies ---------------------------------------------------------------------------


def taken(body: Chunked | Sized, data: bytes, step: int) -> tuple[bytes, bytes]:
    """The body, and what is left behind it, of bytes that come so many at a time."""
    received, found = bytearray(), b""
    for start in range(0, len(data), step):
        received += data[start : start + step]
        while not body.ended and (piece := body.take(received)):
            found += piece
    return found, bytes(received)


STEPS = [1, 2, 3, 7, 10_000]


@pytest.mark.parametrize("step", STEPS)
def test_a_body_with_a_content_length_ends_there(step: int) -> None:
    body = Sized(5)
    assert taken(body, b"12345GET /", step) == (b"12345", b"GET /")
    assert body.ended
    assert Sized(0).ended


@all_cases("step", STEPS)
@all_cases(
    ("data", "expected"),
    [
        (b"0\r\n\r\n", b""),
        (b"000\r\n\r\n", b""),
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"0A\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n", b"0123456789x"),
        (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n"),
        (b'1;a\r\nx\r\n1 ; b = c;d="e;\\" \xff"\r\ny\r\n0;z\r\n\r\n', b"xy"),
        (b"1\r\nx\r\n0\r\nX: a\r\nContent-Length: 5\r\n\r\n", b"x"),
    ],
)
def test_chunks_are_joined_and_extensions_and_trailers_dropped(
    data: bytes, expected: bytes, step: int
) -> None:
    body = Chunked(100)
    assert taken(body, data + b"GET /", step) == (expected, b"GET /")
    assert body.ended


@all_cases("step", STEPS)
@all_cases(
    "data",
    [
        *(b"\r\n", b"x\r\n", b"0x5\r\n", b"+5\r\n", b"-1\r\n", b"5_0\r\n", b" 5\r\n", b"5 \r\n"),
        *(b"\xd9\xa5\r\n", b"5\n", b"5\r\r\n", b"5\x00\r\n", b"5,a\r\n", b"5;\r\n", b"5;a=\r\n"),
        *(b"5;a\nb\r\n", b'5;a="b\r\n', b"5;a b\r\n", b"5;a=b c\r\n", b"5; a\x7f\r\n"),
        *(b"1\r\nxy", b"1\r\nx0\r\n", b"1\r\nx\n", b"1\r\nx\r\r", b"1\r\nx0", b"1\r\nx\r0"),
        *(b"0\r\nX : a\r\n\r\n", b"0\r\n a\r\n", b"0\r\nX: a\n", b"0\r\nX\r\n", b"0\r\n\n"),
        b"0\r\nX: a\x00\r\n",
    ],
)
def test_an_invalid_chunk_is_refused_as_soon_as_it_is_received(data: bytes, step: int) -> None:
    with pytest.raises(Unreadable) as error:
        taken(Chunked(100), data, step)
    assert error.value.status == 400


@all_cases("step", STEPS)
@all_cases(
    "data",
    [
        *(b"65\r\n", b"ffffffffffffffffffffffff\r\n", b"0" * 300, b"1;" + b"a" * 300),
        *(b"0\r\n" + b"X: " + b"a" * 9000, b"0\r\n" + b"X: a\r\n" * 2000),
    ],
)
def test_bodies_lines_and_trailers_are_limited(data: bytes, step: int) -> None:
    with pytest.raises(Unreadable) as error:
        taken(Chunked(100), data, step)
    assert error.value.status == 413


def test_chunk_extensions_are_limited_one_by_one_and_together() -> None:
    with pytest.raises(Unreadable) as error:
        taken(Chunked(10_000), (b"1;%b\r\nx\r\n" % (b"a" * 200)) * 100, 10_000)
    assert error.value.status == 413
    assert taken(Chunked(10_000), b"1\r\nx\r\n" * 10_000, 10_000) == (b"x" * 10_000, b"")


# --- Beside another strict reader -----------------------------------------------------


PIECES = [
    *(b"GET", b"POST", b"OPTIONS", b" ", b"/", b"/a?b", b"*", b"http://a", b" HTTP/1.1", b"\r\n"),
    *(b" HTTP/1.0", b"Host: a", b"Host", b":", b"Host: b", b"Content-Length: ", b"5", b"\xff"),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: ", b"Connection: close", b"\x00"),
    *(b"X: y", b"\t", b"\n", b"\r", b",", b"Expect: 100-continue", b"0x", b"\xd9\xa5", b"#"),
]
PLAIN = [b"POST", b" ", b"/", b" HTTP/1.1", b"\r\n", b"Host: a", b"\r\n"]


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Heads that are nearly right: one with a few pieces put in, taken out or changed."""
    pieces = list(PLAIN)
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(pieces)))
        how = draw(st.sampled_from(["put in", "field", "take out", "swap"]))
        if how == "put in":
            pieces.insert(place, draw(st.sampled_from(PIECES)))
        elif how == "field":
            pieces += [draw(st.sampled_from(PIECES)), draw(st.sampled_from(PIECES)), b"\r\n"]
        elif how == "take out":
            del pieces[place : place + 1]
        elif place < len(pieces):
            pieces[place] = draw(st.sampled_from(PIECES))
    return b"".join(pieces) + b"\r\n\r\n"


@given(heads())
@example(b"".join(PLAIN) + b"\r\n")
def test_another_strict_parser_reads_the_same(data: bytes) -> None:
    """h11 is one; what it takes and we do not is our own choice, never the other way round."""
    try:
        length = end_of_head(data, 0, LIMIT)
        head = read_head(data[:length])
    except Unreadable:
        return
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data[:length])
    event = connection.next_event()
    assert isinstance(event, h11.Request)
    assert event.method.decode() == head.method
    assert event.http_version.decode() == head.version
    values = [
        (name.decode(), value.decode(errors="backslashreplace")) for name, value in event.headers
    ]
    assert values == head.fields
    chunked = any(name == "transfer-encoding" for name, _ in values)
    assert chunked == (head.length is None)


@given(st.lists(st.binary(max_size=20), max_size=5), st.integers(1, 9), st.data())
def test_any_bytes_are_chunks_or_unreadable(
    chunks: list[bytes], step: int, data: st.DataObject
) -> None:
    whole = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks if each)
    whole += b"0\r\n\r\n"
    assert taken(Chunked(1000), whole, step) == (b"".join(chunks), b"")
    place = data.draw(st.integers(0, len(whole)))
    broken = whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + 1 :]
    try:
        first = taken(Chunked(1000), broken, step)
    except Unreadable:
        with pytest.raises(Unreadable):
            taken(Chunked(1000), broken, len(broken))
    else:
        assert taken(Chunked(1000), broken, len(broken) or 1) == first
