"""A large network that sends little: what one looks at for hours.

A part of the benchmark of the web page. Each slot has one author; all others import its block, and
one guarantor of each core builds a guarantee. Slots pass in real time. The rest of the rate is
Status events, so that a page has as much to show as the rate says.
"""

from __future__ import annotations

import hashlib
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from loadtest.dialogue import options, send, wait_for
from tart.testing import FakeNode
from tart.units import JCE_UNIX_SECONDS, JCE_US, SECOND_US

SLOT_SECONDS = 6
IMPLEMENTATIONS = ("polkajam", "jamzilla", "javajam", "gossamer", "jamixir")
_FINALIZED_AFTER = 3
_COST = {"gas_used": 1_000_000, "elapsed_ns": 40_000_000}
_AUTHORIZED = {"total": _COST, "load_ns": 1_000_000, "host_call": _COST}

# A moment of the slot, in seconds, and what a node does then: the frames of its events.
Act = Callable[[int], list[bytes]]


class Chain:
    """The actions of the nodes, slot by slot.

    Args:
        nodes: The nodes; their number and cores are those of their node information.
        cores: The network's cores.
        rate: Events per second over all nodes.
    """

    def __init__(self, nodes: list[FakeNode], cores: int, rate: float) -> None:
        self._nodes, self._cores = nodes, cores
        self._random = random.Random(1)
        others = 6 * len(nodes) + 6 * min(cores, len(nodes))
        self._statuses = max(1.0, (rate * SLOT_SECONDS - others) / len(nodes))

    def slot(self, number: int) -> list[tuple[float, int, Act]]:
        """Return what happens in a slot: after how many seconds, at which node, and what."""
        acts: list[tuple[float, int, Act]] = []
        author = number % len(self._nodes)
        for index, node in enumerate(self._nodes):
            if index == author:
                acts.append((0.0, index, self._author(node, number)))
            else:
                delay = self._random.lognormvariate(-1.2, 0.5)
                acts.append((delay, index, self._importer(node, number)))
            acts += ((moment, index, self._status(node)) for moment in self._moments())
        for core in range(min(self._cores, len(self._nodes))):
            guarantor = (core * 3 + number) % len(self._nodes)
            moment = self._random.uniform(0.5, 3.0)
            acts.append((moment, guarantor, self._guarantor(guarantor, core, number)))
        return sorted(acts, key=lambda act: act[0])

    def _moments(self) -> Iterator[float]:
        """Return moments for a node's Status events, on average as many as the rate needs."""
        count = int(self._statuses + self._random.random())
        return (self._random.uniform(0, SLOT_SECONDS) for _ in range(count))

    def _author(self, node: FakeNode, number: int) -> Act:
        def act(now: int) -> list[bytes]:
            parent = block_hash(number - 1)
            root, first = node.event("Authoring", now, slot=number, parent=parent)
            authored = node.event("Authored", now, authoring_id=root, outline=outline(number))[1]
            return [first, authored, *self._executed(node, root, number, now)]

        return act

    def _importer(self, node: FakeNode, number: int) -> Act:
        def act(now: int) -> list[bytes]:
            peer = self._nodes[(number + 1) % len(self._nodes)].peer_id
            block = {"slot": number, "hash": block_hash(number)}
            announced = node.event("BlockAnnounced", now, peer=peer, announcer="Remote", **block)[1]
            root, first = node.event("Importing", now, slot=number, outline=outline(number))
            verified = node.event("BlockVerified", now, importing_id=root)[1]
            return [announced, first, verified, *self._executed(node, root, number, now)]

        return act

    def _executed(self, node: FakeNode, root: int, number: int, now: int) -> list[bytes]:
        final = number - _FINALIZED_AFTER
        executed = {"authoring_or_importing_id": root, "accumulate_costs": []}
        best = {"slot": number, "hash": block_hash(number)}
        finalized = {"slot": final, "hash": block_hash(final)}
        return [
            node.event("BlockExecuted", now, **executed)[1],
            node.event("BestBlockChanged", now, **best)[1],
            node.event("FinalizedBlockChanged", now, **finalized)[1],
        ]

    def _guarantor(self, index: int, core: int, number: int) -> Act:
        node = self._nodes[index]

        def act(now: int) -> list[bytes]:
            root, first = node.event("WorkPackageSubmission", now, builder=bytes(32), bundle=False)
            package = {
                "work_package_size": 10_000,
                "work_package_hash": digest("package", number, core),
                "anchor": block_hash(number - 1),
                "lookup_anchor_slot": number - _FINALIZED_AFTER,
                "prerequisites": [],
                "work_items": [],
            }
            report = digest("report", number, core)
            built = {
                "work_report_hash": report,
                "bundle_size": 10_000,
                "erasure_root": digest("erasure", number, core),
                "segments_root": bytes(32),
            }
            guarantee = {"work_report_hash": report, "slot": number, "guarantors": [index]}
            steps: list[tuple[str, dict[str, Any]]] = [
                (
                    "WorkPackageReceived",
                    {"submission_or_share_id": root, "core": core, "outline": package},
                ),
                ("Authorized", {"submission_or_share_id": root, "cost": _AUTHORIZED}),
                ("Refined", {"submission_or_share_id": root, "costs": []}),
                ("WorkReportBuilt", {"submission_or_share_id": root, "outline": built}),
                ("GuaranteeBuilt", {"submission_id": root, "outline": guarantee}),
            ]
            return [first, *(node.event(name, now, **fields)[1] for name, fields in steps)]

        return act

    def _status(self, node: FakeNode) -> Act:
        figures = {
            "num_peers": self._random.randrange(40, 60),
            "num_val_peers": 40,
            "num_sync_peers": 40,
            "num_guarantees": [1] * self._cores,
            "num_shards": 1_000,
            "shards_size": 1_000_000,
            "num_preimages": 3,
            "preimages_size": 3_000,
        }
        return lambda now: [node.event("Status", now, **figures)[1]]


def digest(*parts: object) -> bytes:
    """Return a hash that stands for parts."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=32).digest()


def block_hash(slot: int) -> bytes:
    """Return the hash of a slot's block."""
    return digest("block", slot)


def outline(slot: int) -> dict[str, Any]:
    """Return the outline of a slot's block."""
    counts = ("num_tickets", "num_preimages", "total_preimages_size", "num_dispute_verdicts")
    return {
        "size_bytes": 40_000,
        "hash": block_hash(slot),
        "num_guarantees": 100,
        "num_assurances": 600,
        **dict.fromkeys(counts, 0),
    }


def network(count: int, cores: int) -> list[FakeNode]:
    """Return the nodes of a network, of several implementations."""
    return [
        FakeNode(
            digest("node", index),
            cores=cores,
            validators=count,
            name=IMPLEMENTATIONS[index % len(IMPLEMENTATIONS)],
            implementation_version=f"0.{index % 3}.0",
            port=10_000 + index,
        )
        for index in range(count)
    ]


def main() -> None:
    """Connect, wait for ``go``, send until the end of the seconds, report the events sent."""
    given = options()
    nodes = network(given["nodes"], given["cores"])
    chain = Chain(nodes, given["cores"], given["rate"])
    with ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection((given["host"], given["port"])))
            for _ in nodes
        ]
        for line, node in zip(lines, nodes, strict=True):
            line.sendall(node.connect())
        send(connected=len(lines))
        wait_for("go")
        began = time.time()
        number = int(began - JCE_UNIX_SECONDS) // SLOT_SECONDS
        sent, behind = 0, 0.0
        while (ahead := number * SLOT_SECONDS + JCE_UNIX_SECONDS) < began + given["seconds"]:
            for moment, index, act in chain.slot(number):
                late = time.time() - (ahead + moment)
                # What would have happened before the beginning is sent at once, and is not late.
                behind = max(behind, late if ahead > began else 0.0)
                if late < 0:
                    time.sleep(-late)
                frames = act(int(time.time() * SECOND_US) - JCE_US)
                lines[index].sendall(b"".join(frames))
                sent += len(frames)
            number += 1
        send(sent=sent, seconds=time.time() - began, behind=behind)
        wait_for("close")


if __name__ == "__main__":
    main()
