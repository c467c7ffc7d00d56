"""The chain: authoring, announcing, fetching, importing, best and finalized blocks.

Pure. One author per slot extends its own best block, sometimes two do. Blocks spread
along the block announcement streams, and a node fetches what it hears of, with the
ancestors it lacks. All nodes follow the longest chain, first seen first, and finalize
what lies a few blocks below. A flawed block is refused by all but its author and never
built upon.
"""

from __future__ import annotations

from collections.abc import Callable

from tart.simulate.model.block import Composer
from tart.simulate.model.exchange import BLOCKS, exchange
from tart.simulate.model.execution import accumulate_costs
from tart.simulate.model.records import Block
from tart.simulate.model.reporter import Handle
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, Stage
from tart.units import SECOND_US

FINALITY_DEPTH = 3
# Blocks so far below the head are forgotten; the longest lag is a few.
_KEPT = 24
_LONGEST_LAG = 3
_FETCH_ATTEMPTS = 8
_PARENT_WAITS = 40
_REFUSALS = {"seal": "bad seal signature", "execution": "state root mismatch"}

ReferenceTracker = Callable[[Node, Block], None]


class Chain:
    """All blocks not yet forgotten, and what the nodes do with them.

    Attributes:
        blocks: by header hash.
        followers: called once for each node and block on its best chain, in order.
    """

    def __init__(self, stage: Stage, composer: Composer) -> None:
        self._stage = stage
        self._composer = composer
        self._head = 0
        self.blocks: dict[bytes, Block] = composer.blocks
        self.blocks[stage.base.hash] = stage.base
        self.followers: list[ReferenceTracker] = []
        for node in stage.nodes:
            stage.start(self._not_synced(node), stage.between(0, SECOND_US // 2))

    def open_slot(self, slot: int) -> None:
        """One author makes a block, or two; sometimes a node falls behind."""
        stage = self._stage
        self._forget()
        awake = [each for each in stage.nodes if slot >= each.lagging_until]
        if not awake:
            return
        authors = stage.sample(awake, 2 if stage.happens("fork") else 1)
        for author in authors:
            stage.start(self._author(author, slot), stage.between(0, 20 * MILLISECOND))
        for node in awake:
            if node not in authors and node.synced and stage.happens("lag"):
                node.lagging_until = slot + stage.rng.randint(1, _LONGEST_LAG)
                stage.start(self._not_synced(node), SECOND_US)

    def _not_synced(self, node: Node) -> Process:
        node.synced = False
        self._stage.emit(node, "SyncStatusChanged", synced=False)
        yield from ()

    def _forget(self) -> None:
        old = [each.hash for each in self.blocks.values() if each.number < self._head - _KEPT]
        for block in old:
            del self.blocks[block]
            for node in self._stage.nodes:
                node.forget_block(block)

    def _author(self, node: Node, slot: int) -> Process:
        stage = self._stage
        parent = node.best
        root = stage.emit(node, "Authoring", {"slot": slot}, slot=slot, parent=parent.hash)
        yield stage.between(60 * MILLISECOND, 300 * MILLISECOND)
        if stage.happens("authoring"):
            reason = "block production took too long"
            stage.emit(node, "AuthoringFailed", {"slot": slot}, authoring_id=root, reason=reason)
            return
        block = self._composer.compose(node, parent, slot)
        if stage.truth is not None:
            stage.truth.block(block)
        node.begun.add(block.hash)
        stage.emit(node, "Authored", block, authoring_id=root, outline=block.outline())
        stage.start(self._announce(node, block), MILLISECOND)
        yield from self._execute(node, block, root)

    def _announce(self, node: Node, block: Block) -> Process:
        stage = self._stage
        fields = {"slot": block.slot, "hash": block.hash}
        for peer in node.neighbours:
            # JAMNP-S: not to those who announced it to us.
            if peer.index in node.streams and peer.index not in node.heard.get(block.hash, ()):
                said = {"peer": peer.peer_id, "announcer": "Local", **fields}
                stage.emit(node, "BlockAnnounced", block, **said)
                stage.start(self._hear(peer, node, block), stage.latency())
                yield MILLISECOND // 5

    def _hear(self, node: Node, source: Node, block: Block) -> Process:
        self._stage.emit(
            node,
            "BlockAnnounced",
            block,
            peer=source.peer_id,
            announcer="Remote",
            slot=block.slot,
            hash=block.hash,
        )
        if block.hash not in self.blocks:
            return
        node.heard.setdefault(block.hash, []).append(source.index)
        if block.hash not in node.begun and block.slot >= node.lagging_until:
            yield from self._fetch(node, block)

    def _fetch(self, node: Node, block: Block) -> Process:
        """Get the block and the ancestors nobody is fetching yet, then import them."""
        stage = self._stage
        missing = self._missing(node, block)
        node.begun.update(each.hash for each in missing)
        for _ in range(_FETCH_ATTEMPTS):
            if (yield from self._request(node, block, missing)):
                break
            yield stage.between(20 * MILLISECOND, 100 * MILLISECOND)
        else:
            node.begun.difference_update(each.hash for each in missing)
            return
        for each in reversed(missing):
            yield from self._import(node, each)

    def _missing(self, node: Node, block: Block) -> list[Block]:
        missing = [block]
        ancestor = self.blocks.get(block.parent)
        while ancestor is not None and ancestor.hash not in node.begun:
            missing.append(ancestor)
            ancestor = self.blocks.get(ancestor.parent)
        return missing

    def _request(self, node: Node, block: Block, missing: list[Block]) -> Outcome:
        source = self._stage.nodes[self._stage.rng.choice(node.heard[block.hash])]
        asked = {"hash": block.hash, "direction": "Descending", "max_blocks": len(missing)}
        answers = [
            {"slot": each.slot, "outline": each.outline(), "last": each is missing[-1]}
            for each in missing
        ]
        return exchange(
            self._stage,
            BLOCKS,
            node,
            source,
            block,
            sending={"recipient": source.peer_id, **asked},
            receiving={"sender": node.peer_id},
            received=asked,
            answers=answers,
        )

    def _import(self, node: Node, block: Block) -> Process:
        stage = self._stage
        for _ in range(_PARENT_WAITS):
            if block.parent in node.blocks:
                break
            yield 100 * MILLISECOND
        else:
            node.begun.discard(block.hash)  # to be fetched again with what comes next
            return
        root = stage.emit(node, "Importing", block, slot=block.slot, outline=block.outline())
        yield stage.between(15 * MILLISECOND, 90 * MILLISECOND)
        if block.flaw == "seal":
            reason = _REFUSALS[block.flaw]
            stage.emit(node, "BlockVerificationFailed", block, importing_id=root, reason=reason)
            return
        stage.emit(node, "BlockVerified", block, importing_id=root)
        stage.start(self._announce(node, block), MILLISECOND)
        yield from self._execute(node, block, root)

    def _execute(self, node: Node, block: Block, root: Handle) -> Process:
        """Execute a block authored or imported, and adopt it."""
        stage = self._stage
        yield stage.between(30 * MILLISECOND, 250 * MILLISECOND)
        if block.flaw == "execution" and node.index != block.author:
            stage.emit(
                node,
                "BlockExecutionFailed",
                block,
                authoring_or_importing_id=root,
                reason=_REFUSALS[block.flaw],
            )
            return
        costs = accumulate_costs(stage, block)
        told = {"authoring_or_importing_id": root, "accumulate_costs": costs}
        stage.emit(node, "BlockExecuted", block, **told)
        yield 2 * MILLISECOND
        if not block.flaw:
            self._adopt(node, block, root)

    def _adopt(self, node: Node, block: Block, root: Handle) -> None:
        stage = self._stage
        node.blocks[block.hash] = root
        if block.number <= node.best.number:
            return
        node.best = block
        self._head = max(self._head, block.number)
        stage.emit(node, "BestBlockChanged", block, slot=block.slot, hash=block.hash)
        if not node.synced and block.number == self._head and block.slot >= node.lagging_until:
            node.synced = True
            stage.emit(node, "SyncStatusChanged", synced=True)
        stage.start(self._finalize(node, block), stage.between(SECOND_US // 5, SECOND_US))
        for each in self._fresh(node, block):
            node.followed.add(each.hash)
            for follower in self.followers:
                follower(node, each)

    def _fresh(self, node: Node, block: Block) -> list[Block]:
        """The part of the best chain not followed yet, oldest first; a switch brings several."""
        fresh = []
        each: Block | None = block
        while each is not None and each.hash not in node.followed:
            fresh.append(each)
            each = self.blocks.get(each.parent)
        return fresh[::-1]

    def _finalize(self, node: Node, block: Block) -> Process:
        final: Block | None = block
        for _ in range(FINALITY_DEPTH):
            final = self.blocks.get(final.parent) if final else None
        if final is not None and final.number > node.finalized.number:
            node.finalized = final
            told = {"slot": final.slot, "hash": final.hash}
            self._stage.emit(node, "FinalizedBlockChanged", final, **told)
        yield from ()
