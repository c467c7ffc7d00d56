"""``tart/shard/queries/hashes.py``: hashes by their digits, from real aggregates."""

from __future__ import annotations

from tests.shard.running import fake_node, run

BLOCKS = [bytes([0xB5, 0xAF, number]) * 10 + b"\x42\xe8" for number in (1, 2)]


def test_hashes_are_found_by_first_and_last_digits(tmp_path):
    async def scenario(shard):
        node = fake_node()
        frames = [
            node.event("BestBlockChanged", 1_000_000, slot=slot, hash=block)[1]
            for slot, block in enumerate(BLOCKS)
        ]
        shard.session(node.connect(), *frames)
        await shard.settled()

        async def found(first, last="", **more):
            rows = await shard.ask("hash_matches", first=first, last=last, **more)
            return {(row["kind"], row["hash"], row["slot"]) for row in rows}

        both = {("block", block.hex(), slot) for slot, block in enumerate(BLOCKS)}
        assert await found("b5af") == both
        assert await found("b5af", "42e8") == both
        assert await found("b5af0") == both
        assert await found("b5af02", "42E8") == {("block", BLOCKS[1].hex(), 1)}
        assert await found(BLOCKS[0].hex()) == {("block", BLOCKS[0].hex(), 0)}
        assert await found("b5af", "42e9") == set()
        assert len(await found("b5af", limit=1)) == 1
        assert await found("b5af", end_us=1) == set()

    run(scenario, tmp_path)
