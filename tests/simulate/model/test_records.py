from __future__ import annotations

from tart.protocol.types import BLOCK_OUTLINE, GUARANTEE_OUTLINE, WORK_REPORT_OUTLINE
from tart.simulate.model.records import Block, Guarantee, Preimage, Report


def report(**changes) -> Report:
    hashes = {"package_hash": b"p" * 32, "hash": b"r" * 32, "erasure_root": b"e" * 32}
    return Report(
        slot=7,
        core=1,
        segments_root=b"s" * 32,
        bundle_size=99,
        items=(),
        exported_segments=2,
        **hashes,
    )


def test_a_report_has_the_holders_of_its_shards():
    one = report()
    one.holders |= 1 << 4
    assert [each for each in range(10) if one.holds(each)] == [4]


def test_outlines_can_be_encoded():
    guarantee = Guarantee(report(), 7, (1, 4))
    preimage = Preimage(6, 1000, b"i" * 32, 50)
    block = Block(8, 1, b"b" * 32, b"a" * 32, 0, (guarantee,), preimages=(preimage,), tickets=2)
    for layout, outline in (
        (WORK_REPORT_OUTLINE, report().outline()),
        (GUARANTEE_OUTLINE, guarantee.outline()),
        (BLOCK_OUTLINE, block.outline()),
    ):
        layout.write(outline, bytearray())
    assert block.outline()["total_preimages_size"] == 50
    assert block.outline()["num_guarantees"] == 1
