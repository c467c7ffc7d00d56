"""The answers to ``CHAIN_QUERIES`` from the files of the chain.

Every function reads one file after the other and adds up in Python, so that sums stay exact, the
deadline is checked between files, and a window of a quarter of a year needs no statement over 90
files. Blocks that are not on the chain are excluded by their numbers, which are few.

An answer has at most ``MAX_ROWS`` rows. A query that would have more is refused: a part of the
sums would not tell that it is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np

from tart.chain.store.files import (
    CORE_COLUMNS,
    SERVICE_COLUMNS,
    STATUS_CODES,
    STATUSES,
    VALIDATOR_COLUMNS,
)
from tart.chain.store.rows import HASH_BYTES, decode_bitmap
from tart.errors import BadQuery
from tart.query.chain_queries import chain
from tart.query.chain_queries.chain import ChainBlock

MAX_ROWS = 200_000
# Blocks of which figures of validators are added up are read in parts of this number.
_CHUNK = 2_000
_BLOCK_COLUMNS = (
    "number, hash, slot, parent, coalesce(changed, status), epoch_us(seen_at), epoch, validators, "
    "author, tickets, preimages, preimage_octets, guarantors, assurers, reports, irregularity"
)

T = TypeVar("T")


class FileView(NamedTuple):
    """A file as a query reads it.

    Attributes:
        alias: Its name in DuckDB.
        first_slot: The lowest slot of its blocks; None without blocks.
        missing: Blocks without statistics.
        forks: Numbers of the blocks that are not on the chain.
    """

    alias: str
    first_slot: int | None
    last_slot: int | None
    blocks: int
    missing: int
    reorganisations: int
    forks: Sequence[int]

    def overlaps(self, first_slot: int, last_slot: int) -> bool:
        """Return whether a block of a range of slots may be in the file."""
        if self.first_slot is None or self.last_slot is None:
            return False
        return self.first_slot <= last_slot and first_slot <= self.last_slot

    def on_chain(self) -> tuple[str, list[Any]]:
        """Return a condition on ``number`` that excludes forks, and its parameters."""
        if not self.forks:
            return "", []
        return " AND number NOT IN (SELECT unnest(?::UINTEGER[]))", [list(self.forks)]


class Context(NamedTuple):
    """All that an answer is made from.

    Attributes:
        cursor: The cursor to read with.
        files: Oldest first.
        parameters: Of the chain.
        accounts: Of services.
        check: Raises when the deadline has passed.
    """

    cursor: Any
    files: Sequence[FileView]
    parameters: Mapping[str, int]
    accounts: Sequence[chain.StoredService]
    check: Callable[[], None]

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        self.check()
        selected: list[tuple[Any, ...]] = self.cursor.execute(statement, list(values)).fetchall()
        return selected

    def overlapping(self, first_slot: int, last_slot: int) -> list[FileView]:
        """Return the files with blocks of a range of slots, newest first."""
        return [file for file in reversed(self.files) if file.overlaps(first_slot, last_slot)]


@dataclass(frozen=True)
class _StoredBlock:
    """A block and where it is stored."""

    file: FileView
    number: int
    block: ChainBlock


# --- Blocks ----------------------------------------------------------------------------------


def _blocks(
    context: Context, file: FileView, condition: str, values: Sequence[Any], rest: str = ""
) -> list[_StoredBlock]:
    """Return the blocks of a file that meet a condition on the columns of ``blocks``."""
    selected = context.rows(
        f"SELECT {_BLOCK_COLUMNS} FROM (SELECT * FROM {file.alias}.blocks WHERE {condition}) "
        "LEFT JOIN (SELECT number, arg_max(status, change) AS changed FROM "
        f"{file.alias}.statuses GROUP BY number) USING (number) {rest}",
        values,
    )
    return [_StoredBlock(file, row[0], _block(row)) for row in selected]


def _block(row: Sequence[Any]) -> ChainBlock:
    return ChainBlock(
        hash=row[1].hex(),
        slot=row[2],
        parent=None if row[3] is None else row[3].hex(),
        status=STATUSES[row[4]],
        seen_at=row[5],
        epoch=row[6],
        validators=row[7],
        author=row[8],
        tickets=row[9],
        preimages=row[10],
        preimage_octets=row[11],
        guarantors=decode_bitmap(row[12]),
        assurers=decode_bitmap(row[13]),
        reports=row[14],
        irregularity=row[15],
    )


def _newest(
    context: Context, first_slot: int, last_slot: int, limit: int, *, forks: bool
) -> list[_StoredBlock]:
    """Return the blocks of a range with the highest slots, at most ``limit``, newest first."""
    selected: list[_StoredBlock] = []
    files = context.overlapping(first_slot, last_slot)
    for file in sorted(files, key=lambda each: each.last_slot or 0, reverse=True):
        if len(selected) >= limit and (file.last_slot or 0) < selected[-1].block.slot:
            continue
        condition, values = ("", []) if forks else file.on_chain()
        selected += _blocks(
            context,
            file,
            f"slot BETWEEN ? AND ?{condition}",
            [max(first_slot, 0), last_slot, *values],
            f"ORDER BY slot DESC, number DESC LIMIT {limit:d}",
        )
        selected.sort(key=_order, reverse=True)
        del selected[limit:]
    return selected


def _order(stored: _StoredBlock) -> tuple[int, bool, str]:
    # Of the blocks of a slot the one on the chain comes first.
    block = stored.block
    return block.slot, block.status != "fork", block.hash


def answer_blocks(context: Context, query: chain.Blocks) -> chain.BlockPage:
    """Return blocks by slot."""
    limit = min(query.limit, MAX_ROWS)
    if limit < 1:
        return chain.BlockPage([], complete=False)
    selected = _newest(context, query.first_slot, query.last_slot, limit + 1, forks=query.forks)
    page = [stored.block for stored in selected[:limit]]
    complete = len(selected) <= limit and _is_complete(context, query, page)
    if not query.indices:
        page = [msgspec.structs.replace(each, guarantors=None, assurers=None) for each in page]
    return chain.BlockPage(page, complete)


def _is_complete(context: Context, query: chain.Blocks, page: Sequence[ChainBlock]) -> bool:
    """Return whether no block of the range on the chain can be missing between known ones.

    The blocks next to the range are looked at, too: a block before the range whose child in it is
    known proves that none is missing between the two.
    """
    inside = [block for block in page if block.status != "fork"]
    above = _above(context, query.last_slot)
    line = [*([above] if above else []), *inside]
    if not line:
        return False
    for child, parent in pairwise(line):
        if child.parent != parent.hash:
            return False
    last = line[-1]
    if last.slot == query.first_slot and inside:
        return True
    below = _newest(context, 0, min(query.first_slot, last.slot) - 1, 1, forks=False)
    return bool(below) and below[0].block.hash == last.parent


def _above(context: Context, slot: int) -> ChainBlock | None:
    """Return the first block on the chain after a slot."""
    selected: list[ChainBlock] = []
    for file in context.overlapping(slot + 1, 1 << 32):
        condition, values = file.on_chain()
        blocks = _blocks(
            context, file, f"slot > ?{condition}", [slot, *values], "ORDER BY slot LIMIT 1"
        )
        selected += [stored.block for stored in blocks]
    return min(selected, key=lambda block: block.slot, default=None)


def _by_hash(context: Context, hashes: Iterable[str]) -> Iterator[_StoredBlock]:
    wanted = set()
    for text in hashes:
        try:
            key = bytes.fromhex(text)
        except ValueError:
            raise BadQuery(f"{text} is not a hash: 64 hex digits", "hash") from None
        if len(key) == HASH_BYTES:
            wanted.add(key)
    if len(wanted) > MAX_ROWS:
        raise BadQuery(f"at most {MAX_ROWS} hashes can be asked for", "hashes")
    for file in reversed(context.files):
        if not wanted:
            return
        for stored in _blocks(
            context, file, "hash IN (SELECT unnest(?::BLOB[]))", [sorted(wanted)]
        ):
            wanted.discard(bytes.fromhex(stored.block.hash))
            yield stored


def answer_blocks_by_hash(context: Context, query: chain.BlocksByHash) -> list[ChainBlock]:
    """Return those of some blocks that are stored."""
    return [stored.block for stored in _by_hash(context, query.hashes)]


def answer_block_statistics(
    context: Context, query: chain.BlockStatistics
) -> chain.BlockFigures | None:
    """Return a block with its records."""
    for stored in _by_hash(context, [query.hash]):
        where = f"WHERE number = {stored.number:d} ORDER BY 2"
        cores = context.rows(
            f"SELECT slot, core, {', '.join(CORE_COLUMNS)} FROM {stored.file.alias}.cores {where}"
        )
        services = context.rows(
            f"SELECT slot, service, {', '.join(SERVICE_COLUMNS)} "
            f"FROM {stored.file.alias}.services {where}"
        )
        return chain.BlockFigures(
            block=stored.block,
            cores=[_core_totals(row[:2], [1, *row[2:], int(row[3] > 0)]) for row in cores],
            services=[_service_totals(row[:2], [1, *row[2:]]) for row in services],
        )
    return None


def answer_range(context: Context, query: chain.RangeCounts) -> chain.RangeFigures:
    """Return counts of the blocks of a range."""
    blocks = with_statistics = final = forks = 0
    first: int | None = None
    last: int | None = None
    for file in context.overlapping(query.first_slot, query.last_slot):
        condition, values = file.on_chain()
        window = [max(query.first_slot, 0), query.last_slot]
        ((count, known, low, high),) = context.rows(
            "SELECT count(*), count(reports), min(slot), max(slot) "
            f"FROM {file.alias}.blocks WHERE slot BETWEEN ? AND ?{condition}",
            [*window, *values],
        )
        ((every,),) = context.rows(
            f"SELECT count(*) FROM {file.alias}.blocks WHERE slot BETWEEN ? AND ?", window
        )
        ((ended,),) = context.rows(
            f"SELECT count(*) FROM (SELECT number, status FROM {file.alias}.blocks "
            "WHERE slot BETWEEN ? AND ?) LEFT JOIN (SELECT number, arg_max(status, change) AS "
            f"changed FROM {file.alias}.statuses GROUP BY number) USING (number) "
            f"WHERE coalesce(changed, status) = {STATUS_CODES['final']}",
            window,
        )
        blocks += count
        with_statistics += known
        final += ended
        forks += every - count
        first = _least(first, low)
        last = low if last is None and high is None else _greatest(last, high)
    return chain.RangeFigures(
        blocks=blocks,
        with_statistics=with_statistics,
        final=final,
        forks=forks,
        first_slot=first,
        last_slot=last,
    )


def _least(one: int | None, other: int | None) -> int | None:
    known = [value for value in (one, other) if value is not None]
    return min(known, default=None)


def _greatest(one: int | None, other: int | None) -> int | None:
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)


def answer_state(context: Context, query: chain.State) -> chain.ChainState:
    """Return the state of the files; the endpoints are added by the worker."""
    best = _newest(context, 0, 1 << 32, 1, forks=False)
    first = min(
        (file.first_slot for file in context.files if file.first_slot is not None), default=None
    )
    return chain.ChainState(
        endpoints=[],
        parameters=dict(context.parameters),
        best=best[0].block if best else None,
        finalized=_newest_final(context),
        first_slot=first,
        blocks=sum(file.blocks for file in context.files),
        forks=sum(len(file.forks) for file in context.files),
        reorganisations=sum(file.reorganisations for file in context.files),
        missing_statistics=sum(file.missing for file in context.files),
    )


def _newest_final(context: Context) -> ChainBlock | None:
    for file in reversed(context.files):
        selected = _blocks(
            context,
            file,
            "true",
            [],
            f"WHERE coalesce(changed, status) = {STATUS_CODES['final']} ORDER BY slot DESC LIMIT 1",
        )
        if selected:
            return selected[0].block
    return None


# --- Cores and services ----------------------------------------------------------------------


def answer_cores(context: Context, query: chain.Cores) -> list[chain.CoreTotals]:
    """Return figures of cores."""
    totals = _add_up(context, query, "cores", "core", query.cores, CORE_COLUMNS, "popularity > 0")
    return [_core_totals(key, values) for key, values in totals]


def _core_totals(key: Sequence[Any], values: Sequence[int]) -> chain.CoreTotals:
    blocks, *figures, popularity_blocks = values
    return chain.CoreTotals(
        step=key[0],
        core=key[1],
        blocks=blocks,
        popularity_blocks=popularity_blocks,
        **dict(zip(CORE_COLUMNS, figures, strict=True)),
    )


def answer_services(context: Context, query: chain.Services) -> list[chain.ServiceTotals]:
    """Return figures of services."""
    totals = _add_up(context, query, "services", "service", query.services, SERVICE_COLUMNS, "true")
    return [_service_totals(key, values[:-1]) for key, values in totals]


def _service_totals(key: Sequence[Any], values: Sequence[int]) -> chain.ServiceTotals:
    blocks, *figures = values
    return chain.ServiceTotals(
        step=key[0],
        service=key[1],
        blocks=blocks,
        **dict(zip(SERVICE_COLUMNS, figures, strict=True)),
    )


def _add_up(
    context: Context,
    query: chain.Cores | chain.Services,
    table: str,
    key: str,
    wanted: Sequence[int] | None,
    columns: Sequence[str],
    counted: str,
) -> list[tuple[tuple[int, int | None], list[int]]]:
    """Return sums by bucket and key, in this order.

    Args:
        context: The files.
        query: The range, the length of the buckets, whether all keys are added up.
        table: The table.
        key: Its column of keys.
        wanted: The keys to read; None for all.
        columns: The columns to add up.
        counted: A condition; the rows that meet it are counted in the last sum.
    """
    total: dict[tuple[int, int | None], list[int]] = {}
    grouped = "NULL" if query.together else key
    blocks = "count(DISTINCT number)" if query.together else "count(*)"
    totals = ", ".join(f"sum({name})" for name in columns)
    files = context.overlapping(query.first_slot, query.last_slot)
    for file in sorted(files, key=lambda each: each.last_slot or 0, reverse=True):
        if _has_newest(query, file, total):
            continue
        condition, values = file.on_chain()
        if wanted is not None:
            condition += f" AND {key} IN (SELECT unnest(?::UINTEGER[]))"
            values = [*values, [each for each in wanted if 0 <= each < 1 << 32]]
        for step, name, *figures in context.rows(
            f"SELECT {_bucket(query)} AS step, {grouped} AS name, {blocks}, {totals}, "
            f"count(*) FILTER ({counted}) FROM {file.alias}.{table} "
            # Groups that are constants alone are one group, even of no rows.
            f"WHERE slot BETWEEN ? AND ?{condition} GROUP BY ALL HAVING count(*) > 0",
            [max(query.first_slot, 0), query.last_slot, *values],
        ):
            known = total.get((step, name))
            total[step, name] = (
                figures if known is None else [a + b for a, b in zip(known, figures, strict=True)]
            )
        _refuse_large(len(total))
    return sorted(_cut_newest(query.newest, total).items(), key=lambda item: _sum_order(item[0]))


def _sum_order(key: tuple[int, int | None]) -> tuple[int, int]:
    return key[0], -1 if key[1] is None else key[1]


def _bucket(query: chain.Cores | chain.Services) -> str:
    """Return the expression of a bucket's first slot."""
    first, step = query.first_slot, query.step_slots
    if step <= 0:
        return f"{first:d}"
    return f"{first:d} + (slot::BIGINT - {first:d}) // {step:d} * {step:d}"


def _has_newest(
    query: chain.Cores | chain.Services, file: FileView, total: Mapping[tuple[int, Any], Any]
) -> bool:
    """Return whether the newest buckets that are wanted are all after a file's blocks."""
    if not query.newest:
        return False
    steps = sorted({step for step, _ in total}, reverse=True)[: query.newest]
    return len(steps) == query.newest and (file.last_slot or 0) < steps[-1]


def _cut_newest(newest: int, total: dict[tuple[int, Any], T]) -> dict[tuple[int, Any], T]:
    if not newest:
        return total
    steps = set(sorted({step for step, _ in total}, reverse=True)[:newest])
    return {key: values for key, values in total.items() if key[0] in steps}


def _refuse_large(count: int) -> None:
    if count > MAX_ROWS:
        raise BadQuery(
            f"the answer would have more than {MAX_ROWS:,} rows; ask for a shorter window, a "
            "longer step, or by name"
        )


# --- Validators ------------------------------------------------------------------------------


def answer_validators(context: Context, query: chain.Validators) -> list[chain.ValidatorTotals]:
    """Return figures of validators by epoch."""
    exact = _recorded_epochs(context, query)
    _refuse_large(sum(map(len, exact.values())))
    increases = _increases(
        context, query.first_slot, query.last_slot, set(exact), lambda slot, epoch: epoch
    )
    answer = [
        _validator_totals(epoch, validator, figures, exact=False)
        for epoch, tally in increases.items()
        for validator, figures in tally.by_validator(everybody=True).items()
    ]
    answer += [
        _validator_totals(epoch, validator, figures, exact=True)
        for epoch, record in exact.items()
        for validator, figures in record.items()
    ]
    if query.validators is not None:
        wanted = set(query.validators)
        answer = [totals for totals in answer if totals.validator in wanted]
    _refuse_large(len(answer))
    # Blocks of an unknown epoch come last.
    return sorted(answer, key=lambda each: (each.epoch is None, each.epoch or 0, each.validator))


class _Tally:
    """Increases of the figures of validators by blocks.

    Attributes:
        size: Of the largest validator set.
    """

    def __init__(self) -> None:
        self.size = 0
        # Blocks, tickets, preimages and their size by author; figures that no bitmap has.
        self._figures: defaultdict[int, list[int]] = defaultdict(
            lambda: [0] * len(VALIDATOR_COLUMNS)
        )
        self._bits = [np.zeros(0, np.int64), np.zeros(0, np.int64)]

    def add_block(self, author: int | None, figures: Sequence[int | None]) -> None:
        """Add the figures of the author of a block: tickets, preimages, their size."""
        if author is not None:
            self.add(author, (1, *(figure or 0 for figure in figures), 0, 0))

    def add_bitmaps(self, bitmaps: Sequence[bytes | None]) -> None:
        """Add the guarantors and the assurers of a block."""
        for place, bitmap in enumerate(bitmaps):
            if bitmap:
                bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), bitorder="little")
                if len(bits) > len(self._bits[place]):
                    self._bits[place] = np.pad(
                        self._bits[place], (0, len(bits) - len(self._bits[place]))
                    )
                self._bits[place][: len(bits)] += bits

    def add(self, validator: int, figures: Sequence[int]) -> None:
        """Add all figures of a validator."""
        known = self._figures[validator]
        self._figures[validator] = [a + b for a, b in zip(known, figures, strict=True)]

    def by_validator(self, *, everybody: bool = False) -> dict[int, list[int]]:
        """Return the figures by validator.

        Args:
            everybody: Include those of the set whose figures are all 0.
        """
        _refuse_large(self.size)
        figures = {validator: list(each) for validator, each in self._figures.items()}
        for place, bits in enumerate(self._bits, start=len(VALIDATOR_COLUMNS) - 2):
            for validator in np.flatnonzero(bits).tolist():
                mine = figures.setdefault(validator, [0] * len(VALIDATOR_COLUMNS))
                mine[place] += int(bits[validator])
        if everybody:
            for validator in range(self.size):
                figures.setdefault(validator, [0] * len(VALIDATOR_COLUMNS))
        return figures


def _increases(
    context: Context,
    first_slot: int,
    last_slot: int,
    without_epochs: set[int],
    key: Callable[[int, int | None], T],
) -> dict[T, _Tally]:
    """Return what the blocks of a range on the chain add to the figures of validators.

    Args:
        context: The files.
        first_slot: Inclusive.
        last_slot: Inclusive.
        without_epochs: Epochs whose blocks are left out.
        key: Returns what to add up by, given the slot and the epoch of a block.
    """
    tallies: defaultdict[T, _Tally] = defaultdict(_Tally)
    for file in context.overlapping(first_slot, last_slot):
        condition, values = file.on_chain()
        if without_epochs:
            condition += " AND (epoch IS NULL OR epoch NOT IN (SELECT unnest(?::UINTEGER[])))"
            values = [*values, sorted(without_epochs)]
        values = [max(first_slot, 0), last_slot, *values]
        after = -1
        while True:
            part = context.rows(
                "SELECT number, slot, epoch, validators, has_increments, author, tickets, "
                f"preimages, preimage_octets, guarantors, assurers FROM {file.alias}.blocks "
                f"WHERE slot BETWEEN ? AND ?{condition} AND number > {after:d} "
                f"ORDER BY number LIMIT {_CHUNK}",
                values,
            )
            for _, slot, epoch, size, explicit, author, *figures, guarantors, assurers in part:
                tally = tallies[key(slot, epoch)]
                tally.size = max(tally.size, size or 0)
                if not explicit:
                    tally.add_block(author, figures)
                    tally.add_bitmaps((guarantors, assurers))
            _refuse_large(len(tallies))
            if len(part) < _CHUNK:
                break
            after = part[-1][0]
        for slot, epoch, validator, *figures in context.rows(
            f"SELECT slot, epoch, validator, {', '.join(VALIDATOR_COLUMNS)} "
            f"FROM {file.alias}.increments WHERE slot BETWEEN ? AND ?{condition}",
            values,
        ):
            tallies[key(slot, epoch)].add(validator, figures)
    return dict(tallies)


def _validator_totals(
    epoch: int | None, validator: int, figures: Sequence[int], *, exact: bool
) -> chain.ValidatorTotals:
    return chain.ValidatorTotals(
        epoch=epoch,
        validator=validator,
        exact=exact,
        **dict(zip(VALIDATOR_COLUMNS, figures, strict=True)),
    )


def _recorded_epochs(
    context: Context, query: chain.Validators
) -> dict[int, dict[int, tuple[int, ...]]]:
    """Return the own records of the epochs that lie in a range as a whole, by validator.

    A block of the chain tells a record; of several, which are equal, the newest is taken.
    """
    length = context.parameters.get("epoch_period", 0)
    if length <= 0:
        return {}
    first, last = -(-query.first_slot // length), (query.last_slot + 1) // length - 1
    records: dict[int, dict[int, tuple[int, ...]]] = {}
    if last < first:
        return records
    for file in reversed(context.files):
        condition, values = file.on_chain()
        selected = context.rows(
            f"SELECT epoch, validator, {', '.join(VALIDATOR_COLUMNS)} FROM {file.alias}.epochs "
            f"JOIN (SELECT epoch, max(number) AS number FROM {file.alias}.epochs "
            f"WHERE epoch BETWEEN ? AND ?{condition} GROUP BY epoch) USING (epoch, number)",
            [max(first, 0), last, *values],
        )
        known = set(records)
        for epoch, validator, *figures in selected:
            if epoch not in known:
                records.setdefault(epoch, {})[validator] = tuple(figures)
        _refuse_large(sum(map(len, records.values())))
    return records


def answer_validator_series(
    context: Context, query: chain.ValidatorSeries
) -> list[chain.ValidatorBucket]:
    """Return what the blocks of each bucket add to the figures of validators."""
    first, step = query.first_slot, query.step_slots

    def bucket(slot: int, epoch: int | None) -> int:
        return first + (slot - first) // step * step if step > 0 else first

    wanted = None if query.validators is None else set(query.validators)
    answer: list[chain.ValidatorBucket] = []
    for start, tally in sorted(_increases(context, first, query.last_slot, set(), bucket).items()):
        members = {
            validator: figures
            for validator, figures in sorted(tally.by_validator().items())
            if wanted is None or validator in wanted
        }
        if query.together:
            together = [sum(each) for each in zip(*members.values(), strict=True)]
            members = {-1: together} if together else {}
        answer += [
            chain.ValidatorBucket(
                step=start,
                validator=None if query.together else validator,
                **dict(zip(VALIDATOR_COLUMNS, figures, strict=True)),
            )
            for validator, figures in members.items()
        ]
        _refuse_large(len(answer))
    return answer


# --- Reorganisations, accounts, parameters ---------------------------------------------------


def answer_reorganisations(
    context: Context, query: chain.Reorganisations
) -> list[chain.Reorganisation]:
    """Return reorganisations that led to a block of the range, newest first."""
    selected: list[chain.Reorganisation] = []
    limit = min(query.limit, MAX_ROWS)
    for file in reversed(context.files):
        if not file.reorganisations or len(selected) >= limit:
            continue
        for happened, old, old_slot, new, new_slot, left, common in context.rows(
            "SELECT epoch_us(happened_at), from_hash, from_slot, to_hash, to_slot, left_hashes, "
            f"common_slot FROM {file.alias}.reorganisations WHERE to_slot BETWEEN ? AND ? "
            f"ORDER BY happened_at DESC LIMIT {limit:d}",
            [max(query.first_slot, 0), query.last_slot],
        ):
            selected.append(
                chain.Reorganisation(
                    at=happened,
                    from_hash=old.hex(),
                    from_slot=old_slot,
                    to_hash=new.hex(),
                    to_slot=new_slot,
                    left=[
                        left[start : start + HASH_BYTES].hex()
                        for start in range(0, len(left), HASH_BYTES)
                    ],
                    common_slot=common,
                )
            )
    selected.sort(key=lambda change: change.at, reverse=True)
    return selected[:limit]


def answer_service_accounts(
    context: Context, query: chain.ServiceAccounts
) -> list[chain.StoredService]:
    """Return all known service accounts."""
    return sorted(context.accounts, key=lambda account: account.service)


def read_accounts(cursor: Any, alias: str) -> dict[int, chain.StoredService]:
    """Return the newest state of each account in a file, by service."""
    names = (
        "service",
        "at_slot",
        "code_hash",
        "balance",
        "min_item_gas",
        "min_memo_gas",
        "octets",
        "items",
        "created_slot",
        "last_accumulation_slot",
        "parent_service",
        "name",
    )
    selected = cursor.execute(
        f"SELECT {', '.join(names)} FROM {alias}.accounts "
        "QUALIFY row_number() OVER (PARTITION BY service ORDER BY change DESC) = 1"
    ).fetchall()
    accounts = {}
    for row in selected:
        values = dict(zip(names, row, strict=True))
        values["code_hash"] = values["code_hash"].hex()
        accounts[row[0]] = chain.StoredService(**values)
    return accounts


def read_parameters(cursor: Any, alias: str) -> dict[str, int]:
    """Return the newest parameters of the chain in a file."""
    selected = cursor.execute(
        f"SELECT name, value FROM {alias}.parameters "
        f"WHERE change = (SELECT max(change) FROM {alias}.parameters) AND name <> ''"
    ).fetchall()
    return dict(selected)


ANSWERS: Mapping[type[Any], Callable[[Context, Any], Any]] = {
    chain.State: answer_state,
    chain.Blocks: answer_blocks,
    chain.BlocksByHash: answer_blocks_by_hash,
    chain.BlockStatistics: answer_block_statistics,
    chain.RangeCounts: answer_range,
    chain.Cores: answer_cores,
    chain.Services: answer_services,
    chain.Validators: answer_validators,
    chain.ValidatorSeries: answer_validator_series,
    chain.Reorganisations: answer_reorganisations,
    chain.ServiceAccounts: answer_service_accounts,
}
