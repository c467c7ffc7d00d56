"""``tart/cli/capture_io.py``: files and pipes, real ones, and none that holds up the loop."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager

import pytest
import uvloop

from tart.cli.capture_io import Output, open_input, open_output, read_chunks, write
from tart.errors import ConfigError, StartupError
from tests.gateway.running import eventually


def run(main):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(main, 30))


@contextmanager
def pipe():
    reading, writing = os.pipe()
    ends = {reading, writing}

    def close(end):
        ends.remove(end)
        os.close(end)

    try:
        yield reading, writing, close
    finally:
        for end in ends:
            os.close(end)


async def everything(descriptor):
    return b"".join([each async for each in read_chunks(descriptor)])


# --- Reading ----------------------------------------------------------------------------


def test_a_file_is_read_in_chunks_to_its_end(tmp_path):
    (tmp_path / "f").write_bytes(bytes(200_000))
    with open_input(str(tmp_path / "f")) as descriptor:
        assert run(everything(descriptor)) == bytes(200_000)


def test_reading_a_pipe_does_not_block_the_loop():
    async def main(reading, writing, close):
        found = []

        async def read():
            async for each in read_chunks(reading):
                found.append(each)

        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            for number in range(3):
                os.write(writing, bytes([number]))
                await eventually(lambda: len(found) > number)  # noqa: B023
            close(writing)
        assert found == [b"\0", b"\1", b"\2"]

    with pipe() as ends:
        run(main(*ends))


def test_an_input_or_output_that_cannot_be_opened_is_one_sentence(tmp_path):
    with (
        pytest.raises(ConfigError, match="none: cannot be read: no such file"),
        open_input(str(tmp_path / "none")),
    ):
        pass
    with (
        pytest.raises(ConfigError, match="cannot be written: it is a directory"),
        open_output(str(tmp_path)),
    ):
        pass
    with (
        pytest.raises(ConfigError, match="is a directory; name a capture in it"),
        open_input(str(tmp_path)),
    ):
        pass


def test_a_dash_is_the_standard_stream_unless_it_is_a_terminal(monkeypatch):
    class Stream:
        def __init__(self, descriptor):
            self._descriptor = descriptor

        def fileno(self):
            return self._descriptor

    primary, terminal = os.openpty()
    with pipe() as (reading, writing, _):
        monkeypatch.setattr("sys.stdin", Stream(reading))
        with open_input("-") as found:
            assert found == reading
        monkeypatch.setattr("sys.stdout", Stream(writing))
        with open_output("-") as found:
            assert found == writing
        monkeypatch.setattr("sys.stdout", Stream(terminal))
        with pytest.raises(ConfigError, match="terminal"), open_output("-"):
            pass
    os.close(primary)
    os.close(terminal)


# --- Writing ----------------------------------------------------------------------------


def test_an_output_file_is_overwritten_and_written_directly(tmp_path):
    async def main():
        with open_output(str(tmp_path / "f")) as descriptor:
            output = Output(descriptor, pytest.fail, pytest.fail)
            output.write(b"ab")
            assert (tmp_path / "f").read_bytes() == b"ab"
            output.write(b"c")
            await output.drain(0)

    (tmp_path / "f").write_bytes(b"something longer that was there")
    run(main())
    assert (tmp_path / "f").read_bytes() == b"abc"


def test_a_pipe_gets_all_bytes_in_order_however_slowly_it_is_read():
    sent = [bytes([number]) * 100_000 for number in range(8)]
    full = []

    async def main(reading, writing, close):
        output = Output(writing, full.append, pytest.fail, high_bytes=300_000)
        for each in sent:
            output.write(each)
        assert full == [True]
        reader = asyncio.ensure_future(everything(reading))
        await output.drain(30)
        assert full == [True, False]
        output.write(b"more")
        await output.drain(30)
        close(writing)
        assert await reader == b"".join(sent) + b"more"

    with pipe() as ends:
        run(main(*ends))


def test_draining_a_pipe_that_is_not_read_fails_after_the_time():
    async def main(reading, writing, close):
        output = Output(writing, pytest.fail, lambda: None)
        output.write(bytes(1 << 20))
        with pytest.raises(StartupError, match="the pipe is not read"):
            await output.drain(0.01)

    with pipe() as ends:
        run(main(*ends))


def test_a_closed_pipe_is_reported_once_and_not_written_to_again():
    async def main(reading, writing, close):
        gone = asyncio.Event()
        output = Output(writing, pytest.fail, gone.set)
        close(reading)
        output.write(b"a")
        await gone.wait()
        gone.clear()
        output.write(b"b")
        with pytest.raises(StartupError, match="the reader of the output closed it"):
            await output.drain(30)
        assert not gone.is_set()

    with pipe() as ends:
        run(main(*ends))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_is_an_error():
    async def main():
        failed = []
        with open_output("/dev/full") as descriptor:
            output = Output(descriptor, pytest.fail, lambda: failed.append(1))
            output.write(b"a")
            output.write(b"b")
        assert failed == [1]
        assert "the disk is full" in str(output.error)

    run(main())
    with (
        open_output("/dev/full") as descriptor,
        pytest.raises(StartupError, match="the disk is full"),
    ):
        write(descriptor, b"a")
