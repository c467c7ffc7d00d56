import errno
import os
import socket

import pytest

from tart.errors import StartupError
from tart.supervisor.sockets import reserve_port


def listener(host, port, *, reuse_port=True):
    """As asyncio and uvloop make one for ``reuse_port=True``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, reuse_port)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        made.bind((host, port))
        made.listen()
    except OSError:
        made.close()
        raise
    return made


def assert_refused(host, port, sentence):
    with pytest.raises(StartupError) as caught, reserve_port(host, port, "telemetry.bind"):
        pass
    assert str(caught.value) == f"telemetry.bind: cannot listen on {sentence}"


def test_port_0_becomes_a_number_and_is_held():
    with (
        reserve_port("127.0.0.1", 0, "api.bind") as first,
        reserve_port("127.0.0.1", 0, "x") as second,
    ):
        assert first.host == "127.0.0.1"
        assert first.port not in (0, second.port)
        assert str(first) == f"127.0.0.1:{first.port}"


def test_a_pinned_port_without_listeners_refuses_connections():
    with (
        reserve_port("127.0.0.1", 0, "api.bind") as at,
        pytest.raises(ConnectionRefusedError),
        socket.create_connection((at.host, at.port)),
    ):
        pass


def test_the_pin_is_given_no_connections_beside_listeners():
    """If the kernel counted the pin in, about a third of these would never be accepted."""
    with reserve_port("127.0.0.1", 0, "api.bind") as at:
        listeners = [listener(at.host, at.port) for _ in range(2)]
        clients = [socket.create_connection((at.host, at.port)) for _ in range(60)]
        accepted = 0
        for each in listeners:
            each.setblocking(False)
            while True:
                try:
                    each.accept()[0].close()
                except BlockingIOError:
                    break
                accepted += 1
            each.close()
        for each in clients:
            each.close()

    assert accepted == 60


def test_the_port_stays_reserved_while_no_process_listens():
    with reserve_port("127.0.0.1", 0, "api.bind") as at:
        listener(at.host, at.port).close()
        listener(at.host, at.port).close()
        with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
            listener(at.host, at.port, reuse_port=False)


IN_USE = "another program uses this port; stop it or choose another"


def test_a_second_tart_is_noticed_while_the_first_listens():
    with reserve_port("127.0.0.1", 0, "api.bind") as at, listener(at.host, at.port):
        assert_refused(at.host, at.port, f"{at}: {IN_USE}")


def test_a_second_tart_is_noticed_before_the_first_listens():
    with reserve_port("127.0.0.1", 0, "api.bind") as at:
        assert_refused(at.host, at.port, f"{at}: {IN_USE}")


@pytest.mark.parametrize("reuse_port", [False, True])
def test_another_program_on_the_port_is_noticed(reuse_port):
    with listener("127.0.0.1", 0, reuse_port=reuse_port) as other:
        port = other.getsockname()[1]
        assert_refused("127.0.0.1", port, f"127.0.0.1:{port}: {IN_USE}")


def test_the_same_port_on_another_address_is_free():
    with (
        reserve_port("127.0.0.1", 0, "api.bind") as one,
        reserve_port("127.0.0.2", one.port, "api.bind") as two,
    ):
        assert two.port == one.port


def test_connections_in_time_wait_do_not_look_like_a_server():
    with (
        reserve_port("127.0.0.1", 0, "api.bind") as at,
        listener(at.host, at.port) as server,
        socket.create_connection((at.host, at.port)) as client,
    ):
        # The side that closes first is the one that waits.
        server.accept()[0].close()
        assert client.recv(1) == b""

    with reserve_port(at.host, at.port, "api.bind") as again:
        assert again.port == at.port


def test_an_ipv6_address_is_shown_in_brackets():
    with reserve_port("::1", 0, "api.bind") as at, listener(at.host, at.port):
        assert str(at) == f"[::1]:{at.port}"
        assert_refused("::1", at.port, f"[::1]:{at.port}: {IN_USE}")


def test_ipv4_and_ipv6_share_a_number_as_two_ports():
    with (
        reserve_port("::", 0, "telemetry.bind") as six,
        reserve_port("0.0.0.0", six.port, "api.bind") as four,
    ):
        assert four.port == six.port


def test_a_name_stands_for_its_first_address():
    with reserve_port("localhost", 0, "api.bind") as at:
        assert at.host in ("127.0.0.1", "::1")


def test_a_foreign_address_is_refused():
    assert_refused("192.0.2.1", 0, "192.0.2.1:0: this machine does not have that address")


def test_a_host_that_cannot_be_a_name_is_refused():
    with pytest.raises(StartupError, match=r"^api.bind: cannot listen on a\.\.b:0: "):
        reserve_port("a..b", 0, "api.bind").__enter__()
