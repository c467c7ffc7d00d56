"""An honest network of six validators, its chain, and what can be changed in both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tart.query.chain_queries.chain import ChainBlock, ChainState, CoreTotals, ServiceTotals
from tart.query.core.version_spans import VersionSpan
from tart.query.reconcile.attendance import AttendanceRows
from tart.query.reconcile.chain_view import ChainView
from tart.query.reconcile.claims import AuthoredBlock, Claims, PackageClaim
from tart.query.reconcile.findings import SendCounts
from tart.query.reconcile.reconciliation import Inputs
from tart.query.shard_queries.claims import AssurerBits, ClaimedGas
from tart.units import JCE_US, MINUTE_US, SECOND_US

NODES = tuple(f"{number:02x}" * 32 for number in range(1, 7))
EPOCH = 12
FIRST = 1200
SLOT_US = 6 * SECOND_US


def hash_of(slot: int) -> str:
    return f"{slot:064x}"


def report_of(slot: int) -> str:
    return f"ee{slot:062x}"


def time_of(slot: int) -> int:
    return JCE_US + slot * SLOT_US + 100_000


def guarantors_of(slot: int) -> list[int]:
    return sorted({slot % 6, (slot + 1) % 6, (slot + 2 + slot // 6 % 2) % 6})


class World:
    """Blocks of consecutive slots: validator ``slot % 6`` makes each, all assure it.

    Attributes:
        blocks: By slot; to be replaced.
        authored: Claims of authors by slot; to be removed or replaced.
        assured: By node the slots of blocks whose parents it says to have assured; ``received``
            are those that others received.
        packages: Claims of guarantors.
    """

    def __init__(self, slots: int = 72) -> None:
        self.first, self.last = FIRST, FIRST + slots - 1
        everyone = list(range(6))
        self.blocks = {
            slot: ChainBlock(
                hash=hash_of(slot),
                slot=slot,
                parent=hash_of(slot - 1),
                status="final",
                seen_at=time_of(slot),
                epoch=slot // EPOCH,
                validators=6,
                author=slot % 6,
                tickets=slot % 3,
                preimages=slot % 2,
                preimage_octets=100 * (slot % 2),
                guarantors=guarantors_of(slot - 1),
                assurers=everyone,
                reports=1,
            )
            for slot in self.slots
        }
        self.authored = {
            slot: AuthoredBlock(
                NODES[slot % 6],
                hash_of(slot),
                slot,
                time_of(slot),
                {
                    "num_tickets": slot % 3,
                    "num_preimages": slot % 2,
                    "num_assurances": 6,
                    "num_guarantees": 1,
                },
            )
            for slot in self.slots
        }
        self.assured = {node: set(self.slots) for node in NODES}
        self.in_time = {node: set(self.slots) for node in NODES}
        self.received = {node: set(self.slots) for node in NODES}
        self.packages = [
            package(slot, node, built=place == 0)
            for slot in range(self.first - 1, self.last + 1)
            for place, node in enumerate(NODES[index] for index in guarantors_of(slot))
        ]
        self.gas: dict[str, list[ClaimedGas]] = {
            hash_of(slot): [ClaimedGas(hash_of(slot), 50 + slot, 6, list(NODES))]
            for slot in self.slots
        }
        self.sights = {hash_of(slot): dict.fromkeys(NODES, time_of(slot)) for slot in self.slots}
        self.reported: dict[str, int] = {}
        self.more: list[AuthoredBlock] = []
        self.spans = [VersionSpan(node, "sim", "1", 0, time_of(self.last + 100)) for node in NODES]
        self.dropped: list[dict[str, Any]] = []
        self.all_shards = True
        self.now_us = time_of(self.last + 30)

    @property
    def slots(self) -> range:
        return range(self.first, self.last + 1)

    def change(self, slot: int, **values: Any) -> None:
        """Change members of a block on chain."""
        block = self.blocks[slot]
        members = {name: getattr(block, name) for name in block.__struct_fields__}
        self.blocks[slot] = ChainBlock(**{**members, **values})

    def assure(self, slot: int, assurers: list[int]) -> None:
        """Let a block have these assurances, as its author says, too."""
        self.change(slot, assurers=assurers)
        outline = {**(self.authored[slot].outline or {}), "num_assurances": len(assurers)}
        self.authored[slot] = replace(self.authored[slot], outline=outline)

    @property
    def view(self) -> ChainView:
        parameters = {"epoch_period": EPOCH, "rotation_period": 4, "slot_period_sec": 6}
        return ChainView(
            self.blocks.values(),
            ChainState(endpoints=[], parameters=parameters),
            {hash_of(slot): time_of(slot) for slot in self.slots},
            self.now_us,
            self.first,
            self.last,
        )

    @property
    def attendance(self) -> AttendanceRows:
        start = time_of(self.first) - 10 * MINUTE_US
        start -= start % MINUTE_US
        minutes = range(start, self.now_us, MINUTE_US)
        return AttendanceRows(
            start_us=start,
            end_us=self.now_us,
            spans=self.spans,
            events=[{"node": node, "bucket": minute} for node in NODES for minute in minutes],
            dropped=self.dropped,
            all_shards=self.all_shards,
        )

    def claims(self, view: ChainView) -> Claims:
        def bits(slots: set[int]) -> bytes:
            chosen = sum(1 << place for place, b in enumerate(view.compared) if b.slot in slots)
            return chosen.to_bytes(-(-len(view.compared) // 8), "little")

        return Claims(
            authored=[*self.authored.values(), *self.more],
            assurers={
                node: AssurerBits(
                    node, bits(some), bits(self.in_time[node] & some), bits(self.received[node])
                )
                for node, some in self.assured.items()
            },
            packages=self.packages,
            gas=self.gas,
            services=[
                {"hash": block.hash, "service": 7, "gas": 50 + block.slot}
                for block in view.compared
            ],
            sights=self.sights,
            received=self.reported,
            examined=frozenset(
                [*(each.hash for each in self.more), *(each.report for each in self.packages)]
            ),
        )

    def inputs(self) -> Inputs:
        view = self.view
        starts = range(time_of(self.first) - 10 * MINUTE_US, self.now_us, SLOT_US)
        minutes = {at_us - at_us % MINUTE_US for at_us in starts}
        return Inputs(
            view=view,
            claims=self.claims(view),
            attendance=self.attendance,
            cores=[core_totals(slot) for slot in self.slots if self.blocks[slot].reports],
            services=[service_totals(slot) for slot in self.slots],
            sends=SendCounts({(node, each): 60 for node in NODES for each in minutes}),
        )


def package(slot: int, node: str, *, built: bool = False) -> PackageClaim:
    """The part of a guarantor in the report that was begun in a slot."""
    return PackageClaim(
        node=node,
        started_us=time_of(slot) + 500_000,
        ended_us=time_of(slot) + 3_000_000,
        core=slot % 2,
        report=report_of(slot),
        bundle_size=1000 + slot,
        exports=1,
        refine_gas=10 + slot,
        auth_gas=1,
        built=built,
        slot=slot if built else None,
        guarantors=tuple(guarantors_of(slot)) if built else (),
        sent=5 if built else 0,
    )


def invented(slot: int, node: str) -> PackageClaim:
    """A guarantee that does not exist."""
    return replace(package(slot, node, built=True), report=f"ff{slot:062x}", bundle_size=7)


def core_totals(slot: int) -> CoreTotals:
    """The report of the slot before, on chain."""
    return CoreTotals(
        step=slot,
        core=(slot - 1) % 2,
        blocks=1,
        da_load=0,
        popularity=6,
        popularity_blocks=1,
        imports=0,
        extrinsic_count=0,
        extrinsic_size=0,
        exports=1,
        bundle_size=1000 + slot - 1,
        gas_used=10 + slot - 1,
    )


def service_totals(slot: int) -> ServiceTotals:
    return ServiceTotals(
        step=slot,
        service=7,
        blocks=1,
        provided_count=0,
        provided_size=0,
        refinement_count=0,
        refinement_gas=0,
        imports=0,
        extrinsic_count=0,
        extrinsic_size=0,
        exports=0,
        accumulate_count=1,
        accumulate_transfer_count=0,
        accumulate_gas=50 + slot,
    )
