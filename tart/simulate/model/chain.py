"""The chain: authoring, announcing, fetching, importing, best and finalized blocks.

Pure. One author per slot extends its own best block, sometimes two do. Blocks spread
along the block announcement streams, and a node fetches announced blocks with the ancestors
it lacks. All nodes follow the longest chain, first seen first, and finalize blocks a few
heights below. A flawed block is refused by all but its author and never built upon.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tart.protocol.events import EventKind
from tart.simulate.model.block import Composer
from tart.simulate.model.exchange import BLOCKS, exchange
from tart.simulate.model.execution import accumulate_costs
from tart.simulate.model.records import Block
from tart.simulate.model.reporter import Handle
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, World
from tart.units import SECOND_US

FINALITY_DEPTH = 3
# Blocks this far below the head are forgotten; the longest lag is a few.
_REMEMBERED = 24
_LONGEST_LAG = 3
_FETCH_ATTEMPTS = 8
_PARENT_WAITS = 40
_REFUSALS = {"seal": "bad seal signature", "execution": "state root mismatch"}

Follower = Callable[[Node, Block], None]


class Chain:
    """All blocks not yet forgotten, and their life at the nodes.

    Attributes:
        blocks: By header hash.
        followers: Called once for each node and block on its best chain, in order.
        archives: Called with each block that is about to be forgotten.
    """

    def __init__(self, world: World, composer: Composer) -> None:
        self._world = world
        self._composer = composer
        self._head = 0
        self._rng = random.Random(world.hash("missed slots"))
        self.blocks: dict[bytes, Block] = composer.blocks
        self.blocks[world.base.hash] = world.base
        self.followers: list[Follower] = []
        self.archives: list[Callable[[Block], None]] = []
        for node in world.nodes:
            world.start(self._not_synced(node), world.between(0, SECOND_US // 2))

    def open_slot(self, slot: int) -> None:
        """Let one or two authors make blocks; sometimes a node falls behind."""
        world = self._world
        self._forget()
        awake = [each for each in world.nodes if slot >= each.lagging_until]
        if not awake or self._is_missed():
            return
        authors = world.sample(awake, 2 if world.happens("fork") else 1)
        for author in authors:
            author.authoring_slot = slot
            world.start(self._author(author, slot), world.between(0, 20 * MILLISECOND))
        for node in awake:
            if node not in authors and node.synced and world.happens("lag"):
                node.lagging_until = slot + world.rng.randint(1, _LONGEST_LAG)
                world.start(self._not_synced(node), SECOND_US)

    def _is_missed(self) -> bool:
        """Return whether a planted trouble leaves the slot without a block."""
        impediments = self._world.impediments
        return not impediments.authors or self._rng.random() < impediments.missing_slots

    def _not_synced(self, node: Node) -> Process:
        node.synced = False
        self._world.emit(node, EventKind.SYNC_STATUS_CHANGED, synced=False)
        yield from ()

    def _forget(self) -> None:
        # A node that is behind fetches all that it lacks, once it can.
        lowest = min(each.best.number for each in self._world.nodes)
        before = min(self._head, lowest) - _REMEMBERED
        old = [each.hash for each in self.blocks.values() if each.number < before]
        for block in old:
            for archive in self.archives:
                archive(self.blocks[block])
            del self.blocks[block]
            for node in self._world.nodes:
                node.forget_block(block)

    def _author(self, node: Node, slot: int) -> Process:
        world = self._world
        parent = node.best
        root = world.emit(node, EventKind.AUTHORING, {"slot": slot}, slot=slot, parent=parent.hash)
        conduct = node.conduct
        yield int(conduct.pace * world.between(60 * MILLISECOND, 300 * MILLISECOND))
        if world.happens("authoring", conduct.failures):
            reason = "block production took too long"
            world.emit(
                node, EventKind.AUTHORING_FAILED, {"slot": slot}, authoring_id=root, reason=reason
            )
            return
        block = self._composer.compose(node, parent, slot)
        if world.truth is not None:
            world.truth.add_block(block)
        node.begun.add(block.hash)
        world.emit(node, EventKind.AUTHORED, block, authoring_id=root, outline=block.outline())
        world.start(self._announce(node, block), MILLISECOND)
        yield from self._execute(node, block, root, conduct.pace)

    def _announce(self, node: Node, block: Block) -> Process:
        world = self._world
        fields = {"slot": block.slot, "hash": block.hash}
        for peer in node.neighbours:
            # JAMNP-S: not to those who announced it to us.
            announcers = node.announcers.get(block.hash, ())
            if peer.index in node.streams and peer.index not in announcers:
                announced = {"peer": peer.peer_id, "announcer": "Local", **fields}
                world.emit(node, EventKind.BLOCK_ANNOUNCED, block, **announced)
                world.start(self._receive_announcement(peer, node, block), world.latency())
                yield MILLISECOND // 5

    def _receive_announcement(self, node: Node, source: Node, block: Block) -> Process:
        self._world.emit(
            node,
            EventKind.BLOCK_ANNOUNCED,
            block,
            peer=source.peer_id,
            announcer="Remote",
            slot=block.slot,
            hash=block.hash,
        )
        if block.hash not in self.blocks:
            return
        node.announcers.setdefault(block.hash, []).append(source.index)
        if block.hash not in node.begun and block.slot >= node.lagging_until:
            yield from self._fetch(node, block)

    def _fetch(self, node: Node, block: Block) -> Process:
        """Fetch the block and the ancestors that are not being fetched yet; import them."""
        world = self._world
        missing = self._missing(node, block)
        node.begun.update(each.hash for each in missing)
        for _ in range(_FETCH_ATTEMPTS):
            if (yield from self._request(node, block, missing)):
                break
            yield world.between(20 * MILLISECOND, 100 * MILLISECOND)
        else:
            node.begun.difference_update(each.hash for each in missing)
            return
        for ancestor in reversed(missing):
            yield from self._import(node, ancestor)

    def _missing(self, node: Node, block: Block) -> list[Block]:
        missing = [block]
        ancestor = self.blocks.get(block.parent)
        while ancestor is not None and ancestor.hash not in node.begun:
            missing.append(ancestor)
            ancestor = self.blocks.get(ancestor.parent)
        return missing

    def _request(self, node: Node, block: Block, missing: list[Block]) -> Outcome:
        source = self._world.nodes[self._world.rng.choice(node.announcers[block.hash])]
        wanted = {"hash": block.hash, "direction": "Descending", "max_blocks": len(missing)}
        answers = [
            {"slot": each.slot, "outline": each.outline(), "last": each is missing[-1]}
            for each in missing
        ]
        return exchange(
            self._world,
            BLOCKS,
            node,
            source,
            block,
            sending={"recipient": source.peer_id, **wanted},
            receiving={"sender": node.peer_id},
            received=wanted,
            answers=answers,
        )

    def _import(self, node: Node, block: Block) -> Process:
        world = self._world
        for _ in range(_PARENT_WAITS):
            if block.parent in node.blocks:
                break
            yield 100 * MILLISECOND
        else:
            node.begun.discard(block.hash)  # to be fetched again with what comes next
            return
        root = world.emit(
            node, EventKind.IMPORTING, block, slot=block.slot, outline=block.outline()
        )
        pace = node.conduct.import_pace
        yield int(pace * world.between(15 * MILLISECOND, 90 * MILLISECOND))
        if block.flaw == "seal":
            reason = _REFUSALS[block.flaw]
            world.emit(
                node, EventKind.BLOCK_VERIFICATION_FAILED, block, importing_id=root, reason=reason
            )
            return
        world.emit(node, EventKind.BLOCK_VERIFIED, block, importing_id=root)
        world.start(self._announce(node, block), MILLISECOND)
        yield from self._execute(node, block, root, pace)

    def _execute(self, node: Node, block: Block, root: Handle, pace: float) -> Process:
        """Execute a block authored or imported, and adopt it."""
        world = self._world
        yield int(pace * world.between(30 * MILLISECOND, 250 * MILLISECOND))
        if block.flaw == "execution" and node.index != block.author:
            world.emit(
                node,
                EventKind.BLOCK_EXECUTION_FAILED,
                block,
                authoring_or_importing_id=root,
                reason=_REFUSALS[block.flaw],
            )
            return
        costs = accumulate_costs(world, block)
        executed = {"authoring_or_importing_id": root, "accumulate_costs": costs}
        world.emit(node, EventKind.BLOCK_EXECUTED, block, **executed)
        yield 2 * MILLISECOND
        if not block.flaw:
            self._adopt(node, block, root)

    def _adopt(self, node: Node, block: Block, root: Handle) -> None:
        world = self._world
        node.blocks[block.hash] = root
        if block.number <= node.best.number:
            return
        node.best = block
        self._head = max(self._head, block.number)
        world.emit(node, EventKind.BEST_BLOCK_CHANGED, block, slot=block.slot, hash=block.hash)
        if not node.synced and block.number == self._head and block.slot >= node.lagging_until:
            node.synced = True
            world.emit(node, EventKind.SYNC_STATUS_CHANGED, synced=True)
        world.start(self._finalize(node, block), world.between(SECOND_US // 5, SECOND_US))
        for new in self._new_blocks(node, block):
            node.followed.add(new.hash)
            for follower in self.followers:
                follower(node, new)

    def _new_blocks(self, node: Node, block: Block) -> list[Block]:
        """Return blocks of the best chain not followed yet, oldest first; several on a switch."""
        new = []
        ancestor: Block | None = block
        while ancestor is not None and ancestor.hash not in node.followed:
            new.append(ancestor)
            ancestor = self.blocks.get(ancestor.parent)
        return new[::-1]

    def _finalize(self, node: Node, block: Block) -> Process:
        world = self._world
        impediments = world.impediments
        can_finalize = impediments.finalizes and not impediments.divided
        final: Block | None = block if can_finalize else None
        for _ in range(FINALITY_DEPTH):
            final = self.blocks.get(final.parent) if final else None
        if final is not None and final.number > node.finalized.number:
            node.finalized = final
            fields = {"slot": final.slot, "hash": final.hash}
            world.emit(node, EventKind.FINALIZED_BLOCK_CHANGED, final, **fields)
        yield from ()
