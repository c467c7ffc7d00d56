"""``tart/gateway/http/slow_client.py``: slow is waited for, still is not."""

from __future__ import annotations

import asyncio

from tart.gateway.http.slow_client import send_with_stall_timeout


class Transport:
    """Something waits to be taken; each look finds less, until ``end``."""

    def __init__(self, waiting: int, end: int) -> None:
        self.waiting, self.end = waiting, end

    def get_write_buffer_size(self) -> int:
        self.waiting = max(self.end, self.waiting - 1)
        return self.waiting


def outcome(transport: Transport, room_at: int) -> bool:
    async def send() -> None:
        if transport.waiting > room_at:
            await asyncio.Event().wait()

    return asyncio.run(send_with_stall_timeout(send, transport, 0.001))


def test_sending_waits_for_a_client_that_reads_a_little_each_time() -> None:
    assert outcome(Transport(10, 0), room_at=3)


def test_sending_gives_up_on_a_client_that_reads_nothing() -> None:
    transport = Transport(10, 6)
    assert not outcome(transport, room_at=3)
    assert transport.waiting == 6


def test_data_is_sent_at_once_if_there_is_room() -> None:
    transport = Transport(10, 0)
    assert outcome(transport, room_at=9)
    assert transport.waiting == 9
