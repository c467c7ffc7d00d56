"""What ``/api/jam`` and ``/api/grafana/onchain`` tell of a chain is what it really was.

A network with forks is cut into halves and finds together again, while RPC endpoints, then all of
them, then the chain process, then the server itself go down and come back.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tart.query.core.rfc3339 import rfc3339
from tart.rpc.model import CoreRecord, ServiceRecord
from tart.units import JCE_US, SECOND_US
from tests.e2e.simulated_chain import CORES, VALIDATORS, SimulatedChain, TrueBlock, TrueChain
from tests.running import PATIENT, System, running_system, wait_for
from tests.simulate.chains import EPOCH_SLOTS

pytestmark = pytest.mark.slow

SLOT_US = 6 * SECOND_US
_VALIDATOR_FIGURES = (
    "blocks",
    "tickets",
    "preimages",
    "preimages_size",
    "guarantees",
    "assurances",
)


# --- What the server tells --------------------------------------------------------------------


class Witness:
    """A tart that follows a simulated chain, and the truth about it.

    Attributes:
        truth: The chain, once the network was played to the end.
        holes: Blocks on the chain that the server cannot know.
        unproven: Blocks before these that nothing says are final.
    """

    def __init__(self, chain: SimulatedChain, data: Path) -> None:
        self.chain = chain
        self._data = data
        self.system: System
        self.truth: TrueChain
        self.holes: set[str] = set()
        self.unproven: set[str] = set()

    @contextmanager
    def running(self) -> Iterator[System]:
        """A running server."""
        urls = ",".join(server.url for server in self.chain.servers)
        settings = {"TART_RPC_URLS": urls, "TART_RPC_TIMEOUT_SECONDS": "5"}
        with running_system(self._data, shards=1, environ=PATIENT | settings) as system:
            self.system = system
            yield system

    def get(self, path: str, **parameters: Any) -> Any:
        return self.system.get(f"/api/{path}", **parameters)

    def follow(self, slots: float = 0) -> None:
        """Play some slots, and wait until the server shows the head of a node."""
        self.chain.play(slots)
        wait_for(self._is_at_head, "the head of the chain")

    def _is_at_head(self) -> bool:
        response = self.system.http.get("/api/jam/stats")
        if response.status_code != 200 or response.json()["best"] is None:
            return False
        heads = self.chain.heads()
        best = response.json()["best"]
        return best["header_hash"] in heads and best["slot"] == max(heads.values())

    def settle(self) -> None:
        """Play until all is final, and wait until the server has said so of all blocks."""
        self.chain.play_until_final()
        self.truth = self.chain.truth()
        wait_for(self._is_settled, "the finalized block")

    def _is_settled(self) -> bool:
        stats = self.get("jam/stats")
        known = {block["header_hash"] for block in self.blocks(self.everything)}
        line = {self.truth.base["block"], *(block.hash for block in self.truth.line)}
        missing = line - known - self.holes
        return (
            not missing
            and stats["best"]["header_hash"] == self.truth.best.hash.hex()
            and stats["finalized"]["header_hash"] == self.truth.final.hash.hex()
        )

    def pid(self) -> int:
        """The chain process; 0 while there is none."""
        for process in psutil.Process(self.system.process.pid).children():
            with suppress(psutil.Error):  # It has just ended.
                if "tart: chain" in " ".join(process.cmdline()):
                    return process.pid
        return 0

    @property
    def everything(self) -> Window:
        """All slots from before the first block to after the last one."""
        return self.window(self.truth.base["slot"] - 5, self.truth.best.slot + 9)

    def window(self, first: int, last: int) -> Window:
        return Window(self, first, last)

    def blocks(self, window: Window, **parameters: Any) -> list[dict[str, Any]]:
        return self.get("jam/blocks", limit=1000, **window.inclusive, **parameters)["blocks"]

    def windows(self, seed: int) -> list[Window]:
        """Windows of all kinds: of epochs, of one slot, of none with a block, and random ones."""
        base, best = self.truth.base["slot"], self.truth.best.slot
        epoch = -(-base // EPOCH_SLOTS) * EPOCH_SLOTS
        empty = set(range(base + 1, best)) - {block.slot for block in self.truth.line}
        draw = random.Random(seed)
        pairs = [sorted(draw.sample(range(base, best + 3), 2)) for _ in range(4)]
        return [
            self.everything,
            *[self.window(slot, slot) for slot in sorted(empty)[:1]],
            self.window(epoch + 1, epoch + 2 * EPOCH_SLOTS - 1),
            self.window(epoch, epoch + EPOCH_SLOTS - 1),
            self.window(epoch - 1, epoch + 2 * EPOCH_SLOTS),
            self.window(self.truth.line[5].slot, self.truth.line[5].slot),
            *[self.window(first, last) for first, last in pairs],
        ]


class Window:
    """Some slots, both included, and the true blocks in them."""

    def __init__(self, witness: Witness, first: int, last: int) -> None:
        self.witness = witness
        self.truth = witness.truth
        self.first, self.last = first, last

    def __repr__(self) -> str:
        return f"slots {self.first} to {self.last}"

    @property
    def inclusive(self) -> dict[str, str]:
        """Both ends, for ``/api/jam``."""
        return {"start": _time(self.first), "end": _time(self.last)}

    @property
    def half_open(self) -> dict[str, str]:
        """The same slots, for ``/api/grafana``."""
        return {"start": _time(self.first), "end": _time(self.last + 1)}

    def line(self) -> list[TrueBlock]:
        """The blocks on the chain that the server can know, newest first."""
        return [
            block
            for block in self.truth.line
            if self.first <= block.slot <= self.last and block.hash not in self.witness.holes
        ]

    def has_base(self) -> bool:
        return self.first <= self.truth.base["slot"] <= self.last

    def buckets(self, blocks: Sequence[TrueBlock], step: int) -> dict[int, list[TrueBlock]]:
        """The blocks by the first slot of their buckets, which are whole since 1970."""
        start = (JCE_US + self.first * SLOT_US) // (step * SLOT_US) * (step * SLOT_US)
        first = (start - JCE_US) // SLOT_US
        found: dict[int, list[TrueBlock]] = defaultdict(list)
        for block in blocks:
            found[first + (block.slot - first) // step * step].append(block)
        return dict(sorted(found.items()))

    def whole(self, step: int) -> Window:
        """The same window from the beginning of a bucket on."""
        start = (JCE_US + self.first * SLOT_US) // (step * SLOT_US) * (step * SLOT_US)
        return Window(self.witness, (start - JCE_US) // SLOT_US, self.last)


def _time(slot: int) -> str:
    return rfc3339(JCE_US + slot * SLOT_US)


# --- What it has to tell ----------------------------------------------------------------------


def _core_sums(records: Sequence[CoreRecord]) -> dict[str, Any]:
    names = ("gas_used", "da_load", "imports", "extrinsic_count", "extrinsic_size", "exports")
    marked = [each.popularity for each in records if each.popularity]
    return {
        **{name: sum(getattr(each, name) for each in records) for name in names},
        "bundle_size": sum(each.bundle_size for each in records),
        "popularity": sum(marked) / len(marked) if marked else None,
    }


def _cores(blocks: Sequence[TrueBlock], core: int | None = None) -> dict[str, Any]:
    """The figures of a core, or of all, as ``/api/jam`` has them."""
    worked = [
        [each.cores[number] for number in each.cores if core is None or number == core]
        for each in blocks
        if each.has_statistics
    ]
    records = [record for each in worked for record in each]
    return {**_core_sums(records), "blocks": sum(bool(each) for each in worked)}


def _services(blocks: Sequence[TrueBlock], service: int | None = None) -> dict[str, int] | None:
    """The figures of a service, or of all; ``None`` without any."""
    worked = [
        [each.services[number] for number in each.services if service is None or number == service]
        for each in blocks
        if each.has_statistics
    ]
    records: list[ServiceRecord] = [record for each in worked for record in each]
    if not records:
        return None
    return {
        **{name: sum(getattr(each, name) for each in records) for name in ServiceRecord._fields},
        "blocks": sum(bool(each) for each in worked),
    }


def _told_service(told: dict[str, Any]) -> dict[str, int]:
    """An answer's figures of a service by the names of its record."""
    names = {"refinement_gas": "refinement_gas_used", "accumulate_gas": "accumulate_gas_used"}
    fields = {name: told[names.get(name, name)] for name in ServiceRecord._fields}
    return {**fields, "blocks": told["blocks"]}


def _validators(blocks: Sequence[TrueBlock]) -> dict[int, Counter[str]]:
    """What blocks add to the figures of validators."""
    figures: dict[int, Counter[str]] = defaultdict(Counter)
    for block in blocks:
        if not block.has_validators:
            continue
        mine = figures[block.author]
        mine["blocks"] += 1
        for name in _VALIDATOR_FIGURES[1:4]:
            mine[name] += getattr(block, name)
        for validator in block.guarantors:
            figures[validator]["guarantees"] += 1
        for validator in block.assurers:
            figures[validator]["assurances"] += 1
    return figures


def _row(figures: Counter[str]) -> tuple[int, ...]:
    return tuple(figures[name] for name in _VALIDATOR_FIGURES)


def _told_row(told: dict[str, Any]) -> tuple[int, ...]:
    blocks = told.get("blocks", told.get("blocks_produced"))
    return (blocks, *(told[name] for name in _VALIDATOR_FIGURES[1:]))


# --- Comparisons ------------------------------------------------------------------------------


def compare_blocks(witness: Witness, window: Window) -> None:
    page = witness.get("jam/blocks", limit=1000, **window.inclusive)
    told = {block["header_hash"]: block for block in page["blocks"]}
    assert len(told) == len(page["blocks"]), "a block is told twice"
    base = told.pop(window.truth.base["block"], None)
    assert (base is not None) == window.has_base(), window
    line = window.line()
    assert [name for name, block in told.items() if block["status"] != "fork"] == [
        block.hash for block in line
    ], window
    for name, block in told.items():
        _compare_block(block, window.truth.blocks[name], window)
    slots = page["slots"]
    counted = [block for block in (*told.values(), *([base] if base else ()))]
    final = [block for block in counted if block["status"] == "final"]
    assert (slots["first_slot"], slots["last_slot"]) == (window.first, window.last)
    assert slots["blocks"] == len(line) + window.has_base()
    assert slots["forks"] == len(counted) - slots["blocks"]
    assert slots["final"] == len(final)
    known = sum(block.has_statistics for block in line) + window.has_base()
    assert slots["with_statistics"] == known, window
    without = witness.blocks(window, forks="exclude")
    assert without == [block for block in page["blocks"] if block["status"] != "fork"]


def _compare_block(told: dict[str, Any], true: TrueBlock, window: Window) -> None:
    assert window.first <= told["slot"] <= window.last
    on_chain = true in window.truth.line
    witness = window.witness
    is_final = true.slot <= window.truth.final.slot and true.hash not in witness.unproven
    assert told["status"] == ("fork" if not on_chain else "final" if is_final else "best"), true
    assert told["timestamp"].startswith(_time(true.slot)[:19])
    assert (told["slot"], told["epoch"]) == (true.slot, true.epoch)
    assert told["parent"] == (None if true.parent in witness.holes else true.parent)
    if not on_chain and told["author_index"] is None:
        # Who named a fork may have been away before its statistics could be had.
        return
    has = true.has_validators
    assert told["irregularity"] is None
    assert told["validators"] == (VALIDATORS if true.has_statistics else None)
    assert told["author_index"] == (true.author if has else None), true
    names = ("tickets", "preimages", "preimages_size")
    assert [told[name] for name in names] == [
        getattr(true, each) if has else None for each in names
    ]
    assert told["guarantors"] == (len(true.guarantors) if has else None)
    assert told["assurers"] == (len(true.assurers) if has else None)
    reports = sum(any(record._replace(popularity=0, da_load=0)) for record in true.cores.values())
    assert told["reports"] == (reports if true.has_statistics else None)


def compare_block_details(witness: Witness, window: Window) -> None:
    for told in witness.blocks(window):
        name = told["header_hash"]
        if name == window.truth.base["block"]:
            continue
        true = window.truth.blocks[name]
        details = witness.get(f"jam/blocks/{name}")
        assert details["block"] == told
        if told["author_index"] is not None:
            assert details["guarantors"] == true.guarantors
            assert details["assurers"] == true.assurers
        if told["reports"] is None:
            assert (details["cores"], details["services"]) == ([], [])
            continue
        cores = {each.pop("core_index"): each for each in details["cores"]}
        assert cores == {core: _cores([true], core) for core in true.cores}
        services = {each["id"]: _told_service(each["activity"]) for each in details["services"]}
        assert services == {service: _services([true], service) for service in true.services}


def compare_cores(witness: Witness, window: Window) -> None:
    for step in (None, 1, 7, EPOCH_SLOTS):
        whole = window if step is None else window.whole(step)
        parameters = {} if step is None else {"step": f"{step * 6}s"}
        line = whole.line()
        answer = witness.get("jam/cores", **window.inclusive, **parameters)
        cores = {each.pop("core_index"): each for each in answer["cores"]}
        known = whole.has_base() or any(block.has_statistics for block in line)
        assert cores == {core: _cores(line, core) for core in range(CORES if known else 0)}, window
        assert answer["totals"] == _cores(line)
        assert answer["core_count"] == CORES
        for core in (None, *range(CORES)):
            path = "jam/cores" if core is None else f"jam/cores/{core}"
            told = witness.get(path, **window.inclusive, **parameters)
            if core is not None:
                assert told["core"] == {"core_index": core, **_cores(line, core)}
            series = {each.pop("slot"): each for each in told["series"]}
            for slot, each in series.items():
                assert each.pop("at").startswith(_time(slot)[:19])
            expected = {
                slot: figures
                for slot, blocks in (whole.buckets(line, step) if step else {}).items()
                if (figures := _cores(blocks, core))["blocks"]
            }
            assert series == expected, (window, core, step)


def compare_services(witness: Witness, window: Window) -> None:
    line = window.line()
    services = {service for block in window.truth.line for service in block.services}
    answer = witness.get("jam/services", **window.inclusive, step="42s")
    whole = window.whole(7).line()
    told = {each["id"]: each["activity"] for each in answer["services"]}
    for service in services & told.keys():
        expected = _services(whole, service)
        figures = told[service] and _told_service(told[service])
        assert figures == expected, (window, service)
    worked = {service for service in services if _services(whole, service)}
    assert worked <= told.keys()
    assert answer["totals"]["active"] == len(worked)
    expected_series = {
        slot: figures
        for slot, blocks in window.whole(7).buckets(whole, 7).items()
        if (figures := _services(blocks))
    }
    assert {each["slot"]: _told_service(each) for each in answer["series"]} == expected_series
    # Accounts are read one after the other: one without work may not be known yet.
    for service in sorted(service for service in services if _services(line, service))[:3]:
        one = witness.get(f"jam/services/{service}", **window.inclusive, step="6s")
        figures = one["service"]["activity"]
        assert (figures and _told_service(figures)) == _services(line, service)
        expected_series = {
            slot: figures
            for slot, blocks in window.buckets(line, 1).items()
            if (figures := _services(blocks, service))
        }
        assert {each["slot"]: _told_service(each) for each in one["series"]} == expected_series


def compare_validators(witness: Witness, window: Window) -> None:
    line = window.line()
    answer = witness.get("jam/validators", **window.inclusive, step="6s")
    told: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for each in answer["validators"]:
        assert each["validator_index"] not in told[each["epoch"]], "told twice"
        told[each["epoch"]][each["validator_index"]] = each
    for epoch, members in told.items():
        exact = _is_exact(window, epoch)
        assert {each["exact"] for each in members.values()} == {exact}, (window, epoch)
        blocks = [block for block in (window.truth.line if exact else line) if block.epoch == epoch]
        if exact:
            # The chain's own record has blocks, too, whose statistics nobody has.
            blocks = [_with_all(block) for block in blocks]
        true = _validators(blocks)
        assert sorted(members) == list(range(VALIDATORS))
        for validator, each in members.items():
            assert _told_row(each) == _row(true.get(validator, Counter())), (window, epoch)
    assert {block.epoch for block in line} <= told.keys()
    for each in answer["epochs"]:
        members = told[each["epoch"]].values()
        assert each["validators"] == VALIDATORS
        for name in _VALIDATOR_FIGURES:
            assert each[name] == sum(member[name] for member in members)
    series = {each["slot"]: _told_row(each) for each in answer["series"]}
    assert {slot: row for slot, row in series.items() if any(row)} == {
        block.slot: _row(sum(_validators([block]).values(), Counter()))
        for block in line
        if block.has_validators
    }


def _with_all(block: TrueBlock) -> TrueBlock:
    members = {**vars(block), "has_statistics": True, "has_validators": True}
    return TrueBlock(**members)


def _is_exact(window: Window, epoch: int) -> bool:
    first = epoch * EPOCH_SLOTS
    if first < window.first or window.last < first + EPOCH_SLOTS - 1:
        return False
    # Its record is in the statistics of the next epoch's blocks; the line of blocks that leads
    # back to it shows which epoch that is.
    is_linked = False
    for block in reversed(window.truth.line):
        if block.hash in window.witness.holes:
            is_linked = False
        elif block.epoch == epoch:
            is_linked = True
        elif block.epoch > epoch + 1:
            break
        elif is_linked and block.has_statistics:
            return True
    return False


def compare_grafana(witness: Witness, window: Window) -> None:
    line = window.line()
    half_open = window.half_open
    onchain = "grafana/onchain"
    cores = {each["core"]: each for each in witness.get(f"{onchain}/cores", **half_open)}
    worked = {core for block in line if block.has_statistics for core in block.cores}
    assert cores.keys() == worked, window
    for core, told in cores.items():
        true = _cores(line, core)
        assert told["popularity_avg"] == (true.pop("popularity") or 0)
        assert {name: told[name] for name in true if name != "blocks"} == {
            name: value for name, value in true.items() if name != "blocks"
        }
        rows = witness.get(f"{onchain}/cores/{core}", **half_open)
        assert [(each["slot"], each["gas_used"], each["popularity"]) for each in rows] == [
            (block.slot, block.cores[core].gas_used, block.cores[core].popularity)
            for block in line
            if block.has_statistics and core in block.cores
        ]
    services = {
        int(each["service_id"], 0): each for each in witness.get(f"{onchain}/services", **half_open)
    }
    assert services.keys() == {
        service for block in line if block.has_statistics for service in block.services
    }
    for service, told in services.items():
        true_figures = _services(line, service) or {}
        assert {name: told[name] for name in true_figures if name in told} == {
            name: value for name, value in true_figures.items() if name in told
        }
    rows = witness.get(f"{onchain}/services/timeseries", interval="1m", **half_open)
    counted: Counter[int] = Counter()
    for each in rows:
        counted[int(each["service_id"], 0)] += each["refinement_gas"]
    begins_whole = window.first % 10 == 0
    if begins_whole:
        assert counted == Counter(
            {service: (_services(line, service) or {})["refinement_gas"] for service in services}
        )
    told_validators = witness.get(f"{onchain}/validators", **half_open)
    by_index = {each["validator_index"]: _told_row(each) for each in told_validators}
    exact = {
        epoch for epoch in {block.epoch for block in window.truth.line} if _is_exact(window, epoch)
    }
    counted_blocks = [_with_all(block) for block in window.truth.line if block.epoch in exact] + [
        block for block in line if block.epoch not in exact
    ]
    figures = _validators(counted_blocks)
    assert by_index == {index: _row(figures.get(index, Counter())) for index in by_index}, window
    assert figures.keys() <= by_index.keys()
    compare_tallies(witness, window)


def compare_tallies(witness: Witness, window: Window) -> None:
    """The rows of a validator have the tallies of the epoch up to the block."""
    rows = witness.get("grafana/onchain/validators/3", **window.half_open)
    assert [each["slot"] for each in rows] == sorted({each["slot"] for each in rows}, reverse=True)
    by_slot = {block.slot: block for block in window.line()}
    tallied = set()
    for each in rows:
        if each["slot"] == window.truth.base["slot"]:
            continue
        true = by_slot[each["slot"]]
        tallied.add(true.slot)
        epoch = [
            _with_all(block)
            for block in window.truth.line
            if block.epoch == true.epoch and block.slot <= true.slot
        ]
        assert _told_row(each) == _row(_validators(epoch).get(3, Counter())), each
    if not witness.holes and not witness.chain.forgotten.statistics:
        first_epoch = window.truth.base["slot"] // EPOCH_SLOTS
        wanted = {slot for slot, block in by_slot.items() if block.epoch > first_epoch}
        assert wanted <= tallied, window


def compare_reorganisations(witness: Witness, window: Window) -> list[dict[str, Any]]:
    """Each left exactly the blocks of the old line that the new one does not have."""
    answer = witness.get("jam/reorganisations", limit=1000, **window.inclusive)
    truth = window.truth
    for each in answer["reorganisations"]:
        old, new = each["old"], each["new"]
        for end in (old, new):
            assert end["slot"] == truth.slot(end["header_hash"])
        assert window.first <= new["slot"] <= window.last
        ancestors = truth.lineage(new["header_hash"])
        left = []
        for name in truth.lineage(old["header_hash"]):
            if name in ancestors:
                assert each["common_slot"] == truth.slot(name)
                break
            left.append(name)
        assert each["left"] == left, each
        assert left
    return answer["reorganisations"]


def compare_stats(witness: Witness) -> None:
    stats = witness.get("jam/stats")
    truth = witness.truth
    best = truth.line[0]
    assert (stats["slot"], stats["header_hash"]) == (best.slot, best.hash)
    assert stats["best"]["header_hash"] == best.hash
    assert stats["finalized"]["header_hash"] == truth.final.hash.hex()
    assert (stats["core_count"], stats["validator_count"]) == (CORES, VALIDATORS)
    cores = {each.pop("core_index"): each for each in stats["cores"]}
    assert cores == {core: _cores([best], core) for core in range(CORES)}
    services = {each["id"]: _told_service(each["activity"]) for each in stats["services"]}
    assert services == {service: _services([best], service) for service in best.services}
    everything = witness.get("jam/blocks", limit=1000, **witness.everything.inclusive)["slots"]
    assert (stats["blocks"], stats["forks"]) == (
        everything["blocks"] + everything["forks"],
        everything["forks"],
    )
    assert stats["first_slot"] == truth.base["slot"]
    wait_for(
        lambda: all(each["connected"] for each in witness.get("jam/stats")["endpoints"]),
        "connections to all endpoints",
    )
    for each in stats["endpoints"]:
        assert each["best_slot"] == best.slot
        assert each["finalized_slot"] == truth.final.slot
    accounts = {each["id"]: each for each in witness.get("jam/services", duration="1h")["services"]}
    for account in accounts.values():
        if account["balance"] is not None:
            assert account["balance"] == 1_000_000_000 + account["id"]


def compare_all(witness: Witness, seed: int, windows: int) -> None:
    """Every figure, over windows of all kinds."""
    compare_stats(witness)
    for window in witness.windows(seed)[:windows]:
        compare_blocks(witness, window)
        compare_cores(witness, window)
        compare_services(witness, window)
        compare_validators(witness, window)
        compare_grafana(witness, window)
    compare_block_details(witness, witness.everything)


# --- The story --------------------------------------------------------------------------------


def tell_story(witness: Witness) -> None:
    """Play forks, a partition, lost endpoints, a killed process and a restart."""
    chain = witness.chain
    chain.play(4)
    with witness.running() as system:
        witness.follow(8)
        chain.lose(1)
        witness.follow(4)
        chain.lose(0, 2, 3)
        chain.play(6)
        chain.find(0, 1, 2, 3)
        witness.follow()
        # The halves are apart from slot 24 to 34.
        for _ in range(7):
            witness.follow(2)
        pid = witness.pid()
        os.kill(pid, signal.SIGKILL)
        chain.play(5)
        wait_for(lambda: witness.pid() not in (0, pid), "a new chain process")
        witness.follow(2)
        system.process.send(signal.SIGTERM)
        chain.play(3)
        assert system.process.ended() == 0
    chain.play(4)


@contextmanager
def told(tmp_path: Path, seed: int) -> Iterator[Witness]:
    """A server after the story, which has seen all of it become final."""
    simulated = SimulatedChain(seed, partition=(24, 10), phase=seed % EPOCH_SLOTS)
    with simulated.serving() as chain:
        witness = Witness(chain, tmp_path / "data")
        tell_story(witness)
        with witness.running():
            witness.follow()
            witness.settle()
            yield witness


def check_story(witness: Witness, seed: int, windows: int = 10) -> None:
    reorganisations = compare_reorganisations(witness, witness.everything)
    assert max(len(each["left"]) for each in reorganisations) >= 2
    stats = witness.get("jam/stats")
    assert stats["reorganisations"] == len(reorganisations)
    assert stats["missing_statistics"] == 0
    page = witness.get("jam/blocks", limit=1000, **witness.everything.inclusive)
    forks = [block for block in page["blocks"] if block["status"] == "fork"]
    assert forks
    compare_all(witness, seed, windows)


def forget(witness: Witness) -> None:
    """Let all nodes forget a block, and the statistics of a later one, while they are away."""
    chain, before = witness.chain, witness.truth
    chain.lose(0, 1, 2, 3)
    chain.play(24)
    line = chain.truth().line
    away = [block for block in reversed(line) if block.slot > before.best.slot]
    # Nothing leads from the head to the first three any more.
    chain.forgotten.blocks.add(bytes.fromhex(away[2].hash))
    chain.forgotten.statistics.add(bytes.fromhex(away[5].hash))
    witness.holes = {block.hash for block in away[:3]}
    witness.unproven = {
        block.hash for block in line if before.final.slot < block.slot <= before.best.slot
    }
    chain.find(0, 1, 2, 3)
    witness.follow()
    witness.settle()


def check_what_is_missing(witness: Witness, seed: int, windows: int = 10) -> None:
    stats = witness.get("jam/stats")
    assert stats["missing_statistics"] == 1
    truth = witness.truth
    gap = min(truth.slot(name) for name in witness.holes)
    beyond = max(truth.slot(name) for name in witness.holes) + 1
    before = max(block.slot for block in truth.line if block.slot < gap)
    for first, last, complete in (
        (truth.base["slot"] + 1, before - 1, True),
        (truth.base["slot"] + 1, beyond, False),
        (gap, gap, False),
        (before, truth.best.slot, False),
        (beyond + 1, truth.best.slot, True),
    ):
        page = witness.get("jam/blocks", limit=1000, **witness.window(first, last).inclusive)
        assert page["complete"] is complete, (first, last)
    missing = [block for block in truth.line if not block.has_statistics]
    assert len(missing) == 2
    log = witness.system.process.errors()
    assert log.count("these blocks are left out") == 1
    compare_all(witness, seed, windows)


def test_every_figure_of_the_chain_is_true_after_all_that_may_happen(tmp_path):
    with told(tmp_path, 1) as witness:
        check_story(witness, 1, windows=3)
        forget(witness)
        check_what_is_missing(witness, 1, windows=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 13))
def test_every_figure_of_other_chains_is_true(tmp_path, seed):
    with told(tmp_path, seed) as witness:
        check_story(witness, seed)
        forget(witness)
        check_what_is_missing(witness, seed)
