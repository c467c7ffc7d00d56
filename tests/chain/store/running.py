"""A simulated chain of blocks, and the store that holds it."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import strategies as st

from tart.chain.core.changes import Change, EndedEpoch, PutBlock, PutParameters
from tart.chain.store.attached_files import AttachedFiles
from tart.chain.store.block_places import BlockPlaces
from tart.chain.store.chain_index import ChainIndex
from tart.chain.store.chain_store import ChainStore
from tart.chain.store.reader_lock import ReaderLock
from tart.chain.store.rows import derive_increments
from tart.config.schema import StorageConfig
from tart.query.chain_queries import chain
from tart.query.chain_queries.chain import ChainBlock, StoredService
from tart.rpc.model import CoreRecord, ServiceRecord, ValidatorRecord
from tart.storage.core.files import SPILL
from tart.storage.log.database import Database
from tart.units import DAY_US, SECOND_US

NOON = 1_795_953_600 * SECOND_US + DAY_US // 2
EPOCH_PERIOD = 12
# First slot, slots after it, and slots of a bucket; the model has slots 1000 to 1059.
windows = st.tuples(st.integers(995, 1065), st.integers(0, 70), st.sampled_from((0, 1, 7, 12)))
PARAMETERS = {"epoch_period": EPOCH_PERIOD, "core_count": 2, "slot_period_sec": 6}


class Clock:
    """A clock that tests set."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@contextmanager
def open_store(folder: Path, clock: Clock | None = None, **more: Any) -> Iterator[ChainStore]:
    store = ChainStore(folder, 90, now_us=clock or Clock(), **more)
    try:
        yield store
    finally:
        store.close()


def block_hash(slot: int, branch: int = 0) -> str:
    return f"{branch:02x}{slot:062x}"


def make_block(slot: int, parent: str | None, branch: int = 0, **more: Any) -> ChainBlock:
    values: dict[str, Any] = {
        "hash": block_hash(slot, branch),
        "slot": slot,
        "parent": parent,
        "status": "best",
        "seen_at": NOON + slot,
        "epoch": slot // EPOCH_PERIOD,
        "validators": 6,
        "author": slot % 6,
        "tickets": 1,
        "preimages": 0,
        "preimage_octets": 0,
        "guarantors": [slot % 6],
        "assurers": [0, 5],
        "reports": 1,
    }
    return ChainBlock(**{**values, **more})


def put(block: ChainBlock, **more: Any) -> PutBlock:
    return PutBlock(block, validators=derive_increments(block), **more)


def line(slots: range, parent: str | None = None, branch: int = 0, **more: Any) -> list[Change]:
    """Return blocks of consecutive slots with the records of one core and one service."""
    changes: list[Change] = []
    for slot in slots:
        block = make_block(slot, parent, branch, **more)
        changes.append(
            put(
                block,
                cores={1: CoreRecord(gas_used=slot, popularity=4)},
                services={7: ServiceRecord(accumulate_gas=slot, accumulate_count=1)},
            )
        )
        parent = block.hash
    return changes


def write_two_days(folder: Path, first: range, second: range) -> Clock:
    """Store a line of blocks, some of them a day later; return the clock."""
    clock = Clock()
    with open_store(folder, clock) as store:
        store.write(line(first))
        clock.now += DAY_US
        store.write(line(second, block_hash(first[-1])))
    return clock


def make_account(service: int, balance: int) -> StoredService:
    return StoredService(
        service=service,
        at_slot=balance,
        code_hash=block_hash(1),
        balance=balance,
        min_item_gas=1,
        min_memo_gas=2,
        octets=3,
        items=4,
        name="bootstrap",
    )


def random_record(chance: random.Random, kind: Any) -> Any:
    return kind(*(chance.choice((0, 1, chance.randrange(1 << 20))) for _ in kind()))


class Model:
    """A chain made at random, and what is to be answered about it."""

    def __init__(self, seed: int, slots: int = 60) -> None:
        self.chance = random.Random(seed)
        self.changes: list[Change] = [PutParameters(PARAMETERS)]
        self.on_chain: list[PutBlock] = []
        self.every: list[PutBlock] = []
        self.records: dict[int, tuple[ValidatorRecord, ...]] = {}
        tally = [[0] * 6 for _ in range(6)]
        epoch = None
        parent = None
        for slot in range(1000, 1000 + slots):
            if self.chance.random() < 0.2:
                continue
            if self.chance.random() < 0.15:
                self._add(slot, parent, 1, "fork", None)
            ended = None
            if epoch is not None and slot // EPOCH_PERIOD != epoch:
                self.records[epoch] = tuple(ValidatorRecord(*each) for each in tally)
                ended = EndedEpoch(epoch, self.records[epoch])
                tally = [[0] * 6 for _ in range(6)]
            epoch = slot // EPOCH_PERIOD
            change = self._add(slot, parent, 0, "best", ended)
            for validator, record in change.validators.items():
                tally[validator] = [a + b for a, b in zip(tally[validator], record, strict=True)]
            self.on_chain.append(change)
            parent = change.block.hash

    def _add(
        self, slot: int, parent: str | None, branch: int, status: Any, ended: EndedEpoch | None
    ) -> PutBlock:
        chance = self.chance
        block = make_block(
            slot,
            parent,
            branch,
            status=status,
            author=chance.randrange(6),
            tickets=chance.randrange(4),
            guarantors=sorted(chance.sample(range(6), chance.randrange(4))),
            assurers=sorted(chance.sample(range(6), chance.randrange(7))),
        )
        validators: Mapping[int, ValidatorRecord] = derive_increments(block)
        if chance.random() < 0.1:
            validators = {2: ValidatorRecord(2, 0, 0, 0, 7, 3), 4: ValidatorRecord(assurances=2)}
        change = PutBlock(
            block,
            cores={core: random_record(chance, CoreRecord) for core in range(2)},
            services={
                service: random_record(chance, ServiceRecord)
                for service in chance.sample((0, 7, 1729), chance.randrange(3))
            },
            validators=validators,
            ended=ended,
        )
        self.changes.append(change)
        self.every.append(change)
        return change

    def within(self, first: int, last: int) -> list[PutBlock]:
        return [each for each in self.on_chain if first <= each.block.slot <= last]


@contextmanager
def open_model(folder: Path, model: Model, changes_of_first_day: int) -> Iterator[ChainStore]:
    """Store a model in the files of two days.

    Args:
        folder: The folder of the files.
        model: The model.
        changes_of_first_day: Their number; all others are of the second day.
    """
    clock = Clock()
    with open_store(folder, clock) as store:
        store.write(model.changes[:changes_of_first_day])
        clock.now += DAY_US
        store.write(model.changes[changes_of_first_day:])
        yield store


@dataclass
class Parts:
    """What a store is made of, without its threads."""

    database: Database
    readers: ReaderLock
    files: AttachedFiles
    index: ChainIndex
    places: BlockPlaces
    cursor: Any


@contextmanager
def open_files(folder: Path, wait_seconds: float = 15.0) -> Iterator[Parts]:
    """Open the files of a folder as a store does.

    Args:
        folder: The folder.
        wait_seconds: Of the lock of readers.
    """
    folder.mkdir(exist_ok=True)
    database = Database(StorageConfig(), folder / SPILL)
    readers = ReaderLock(wait_seconds)
    files = AttachedFiles(folder, database, readers, lambda cursor, text: cursor.execute(text))
    index = ChainIndex()
    for file, file_index in files.open_all():
        index.add_file(file, file_index)
    with closing(database), closing(database.cursor()) as cursor:
        yield Parts(database, readers, files, index, BlockPlaces(files, index), cursor)


def slots(store: ChainStore, **more: Any) -> list[int]:
    """Return the slots of all stored blocks, ascending."""
    page = store.answer(chain.Blocks(0, 1 << 31, **more))
    return [block.slot for block in reversed(page.blocks)]


def names(folder: Path) -> list[str]:
    """Return the names of the files of the chain."""
    return sorted(path.name for path in folder.glob("*.duckdb"))


def damage_column(path: Path, table: str, name: str) -> None:
    """Change a bit of a closed file in a block of a column."""
    with duckdb.connect(str(path), read_only=True) as file:
        row = file.execute(
            "SELECT max(block_id) FROM pragma_storage_info(?) "
            "WHERE column_name = ? AND block_id >= 0",
            [table, name],
        ).fetchone()
    assert row is not None
    with path.open("r+b") as content:
        content.seek(3 * 4096 + row[0] * (64 << 10) + 1000)
        byte = content.read(1)
        content.seek(-1, os.SEEK_CUR)
        content.write(bytes([byte[0] ^ 1]))
