"""The cost of the chain process: CPU and memory while it follows a chain in real time.

The chain is made up: in each slot a block in which every core has a report, every validator a
guarantee and an assurance, and fifty services work, with random figures; ``--idle`` has blocks of
nothing but assurances. Two endpoints show it. The server is an unchanged ``tart serve`` to which
no node connects.

    python -m loadtest.following --validators 6 --cores 2 --idle
    python -m loadtest.following --validators 1023 --cores 341
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtest.measure import children, cpu_seconds, memory
from loadtest.server import Server
from tart.rpc.model import BlockDescriptor, CoreRecord, ServiceRecord, Statistics, ValidatorRecord
from tart.rpc.statistics import encode_statistics
from tart.simulate.rpc_server import RpcServer, serve_rpc
from tart.units import JCE_UNIX_SECONDS

SLOT_SECONDS = 6
EPOCH_SLOTS = 600
SERVICES = 50
_ENDPOINTS = 2
_FINAL_AFTER = 3


class MadeUpChain:
    """A chain without forks, which has a block in every slot; what an RPC answers from.

    Args:
        validators: Their number.
        cores: Their number.
        idle: Whether there is no work.
        first_slot: Of its first block.
    """

    def __init__(self, validators: int, cores: int, *, idle: bool, first_slot: int) -> None:
        self._validators, self._cores, self._idle = validators, cores, idle
        self._random = random.Random(1)
        self._first = first_slot
        self._tallies = [ValidatorRecord()] * validators
        self._ended = self._tallies
        self._blobs: list[bytes] = []
        self.extend()

    def extend(self) -> None:
        """Add a block."""
        slot = self._first + len(self._blobs)
        if slot % EPOCH_SLOTS == 0:
            self._ended, self._tallies = self._tallies, [ValidatorRecord()] * self._validators
        author = slot % self._validators
        busy = not self._idle
        self._tallies = [
            each._replace(
                blocks=each.blocks + (index == author),
                guarantees=each.guarantees + busy,
                assurances=each.assurances + 1,
            )
            for index, each in enumerate(self._tallies)
        ]
        statistics = Statistics(
            tuple(self._tallies),
            tuple(self._ended),
            tuple(self._core() for _ in range(self._cores)),
            {service: self._service() for service in range(SERVICES if busy else 0)},
            "0.7",
        )
        self._blobs.append(encode_statistics(statistics))

    def _core(self) -> CoreRecord:
        if self._idle:
            return CoreRecord(popularity=self._validators)
        draw = self._random.randrange
        return CoreRecord(
            da_load=draw(1 << 24),
            popularity=self._validators,
            imports=draw(3072),
            extrinsic_count=draw(128),
            extrinsic_size=draw(1 << 22),
            exports=draw(3072),
            bundle_size=draw(1 << 23),
            gas_used=draw(1 << 32),
        )

    def _service(self) -> ServiceRecord:
        draw = self._random.randrange
        return ServiceRecord(refinement_count=draw(1, 64), refinement_gas=draw(1 << 36))

    def parameters(self) -> Mapping[str, int]:
        """See ``RpcChain``."""
        return {
            "core_count": self._cores,
            "val_count": self._validators,
            "epoch_period": EPOCH_SLOTS,
            "slot_period_sec": SLOT_SECONDS,
        }

    def _block(self, number: int) -> BlockDescriptor:
        return BlockDescriptor((number + 1).to_bytes(32, "little"), self._first + number)

    def best(self) -> BlockDescriptor:
        """See ``RpcChain``."""
        return self._block(len(self._blobs) - 1)

    def finalized(self) -> BlockDescriptor:
        """See ``RpcChain``."""
        return self._block(max(0, len(self._blobs) - 1 - _FINAL_AFTER))

    def parent(self, block: bytes) -> BlockDescriptor | None:
        """See ``RpcChain``."""
        number = int.from_bytes(block, "little") - 1
        return self._block(number - 1) if 0 < number < len(self._blobs) else None

    def statistics(self, block: bytes) -> bytes | None:
        """See ``RpcChain``."""
        number = int.from_bytes(block, "little") - 1
        return self._blobs[number] if 0 <= number < len(self._blobs) else None

    def services(self, block: bytes) -> list[int]:
        """See ``RpcChain``."""
        return []

    def service_data(self, block: bytes, service: int) -> bytes | None:
        """See ``RpcChain``."""
        return None


def _chain_pid(server: Server) -> int:
    for pid in children(server.pid):
        if b"tart: chain" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    raise SystemExit("there is no chain process")


async def _pass_slots(chain: MadeUpChain, servers: Sequence[RpcServer], count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(SLOT_SECONDS)
        chain.extend()
        for server in servers:
            server.announce()


async def _measure(options: argparse.Namespace) -> None:
    first = int(time.time() - JCE_UNIX_SECONDS) // SLOT_SECONDS
    chain = MadeUpChain(options.validators, options.cores, idle=options.idle, first_slot=first)
    servers = [await serve_rpc(chain) for _ in range(_ENDPOINTS)]
    settings = {"TART_RPC_URLS": ",".join(each.url for each in servers)}
    server = Server(1, settings)
    await asyncio.to_thread(server.__enter__)
    try:
        await _pass_slots(chain, servers, 2)
        pid = _chain_pid(server)
        before, began = cpu_seconds([pid]), time.monotonic()
        await _pass_slots(chain, servers, options.slots)
        took = time.monotonic() - began
        used = cpu_seconds([pid]) - before
        size = len(chain.statistics(chain.best().hash) or b"")
        print(
            f"{options.slots} blocks of {size:,} B: {used / took * 60:.2f} s of CPU a minute, "
            f"{memory([pid]).rss >> 20} MiB resident"
        )
        page = await asyncio.to_thread(server.http.get, "/api/jam/blocks?duration=1h")
        stored = page.json()["slots"]["with_statistics"]
        # The last one may still be on its way.
        if stored < options.slots + 2:
            raise SystemExit(f"only {stored} blocks are stored")
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)
        for endpoint in servers:
            await endpoint.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--validators", type=int, default=1023)
    parser.add_argument("--cores", type=int, default=341)
    parser.add_argument("--idle", action="store_true", help="no core has work")
    parser.add_argument("--slots", type=int, default=10, help="blocks to measure")
    asyncio.run(_measure(parser.parse_args(argv)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
