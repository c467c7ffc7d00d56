"""Figures of this server. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator

from tart.alerting.figures.inputs import Inputs, Json, ServerState
from tart.alerting.figures.turn import Turn, Values
from tart.units import DAY_US, HOUR_US

# A write longer than the last bound of the histogram takes at least twice as long as the bound.
_BEYOND = 2.0
_SHARE = 0.99


def shards_missing(turn: Turn, inputs: Inputs) -> Values:
    """Return the number of shards that do not answer."""
    state = _server(inputs)
    return {None: float(state.shards - len(state.statistics))}


def disk_free_share(turn: Turn, inputs: Inputs) -> Values:
    """Return the free share of the data directory's disk."""
    return _share(_server(inputs).disk)


def disk_full_hours(turn: Turn, inputs: Inputs) -> Values:
    """Return the hours until the disk is full."""
    hours = _server(inputs).full_in_hours
    return {} if hours is None else {None: hours}


def memory_free_share(turn: Turn, inputs: Inputs) -> Values:
    """Return the available share of the host's memory."""
    return _share(_server(inputs).memory)


def descriptors_used_share(turn: Turn, inputs: Inputs) -> Values:
    """Return the used share of file descriptors."""
    share = _server(inputs).descriptors
    return {} if share is None else {None: share}


def certificate_expires_days(turn: Turn, inputs: Inputs) -> Values:
    """Return the days until the certificate of the API expires."""
    state = _server(inputs)
    if state.certificate_ends_us is None:
        return {}
    return {None: (state.certificate_ends_us - state.now_us) / DAY_US}


def backup_age_hours(turn: Turn, inputs: Inputs) -> Values:
    """Return the hours since the newest backup."""
    state = _server(inputs)
    if state.backup_us is None:
        return {}
    return {None: max(0.0, (state.now_us - state.backup_us) / HOUR_US)}


def ingest_pauses(turn: Turn, inputs: Inputs) -> Values:
    """Return the pauses of shards in the window."""
    return _sum(turn, inputs, "pauses")


def derived_failures(turn: Turn, inputs: Inputs) -> Values:
    """Return the failures of derived work in the window."""
    return _sum(turn, inputs, "derived")


def write_latency(turn: Turn, inputs: Inputs) -> Values:
    """Return the time in which 99 of 100 writes ended, of the slowest shard."""
    state = _server(inputs)
    values = []
    for shard, statistics in state.statistics.items():
        buckets: Counter[float] = Counter()
        for key, bound in _write_keys(shard, statistics):
            increase = inputs.server_counters.increase(key, turn.start_us)
            buckets[bound] = 0 if increase is None else increase.count
        if (value := _percentile(buckets)) is not None:
            values.append(value)
    if not values and len(state.statistics) < state.shards:
        return {None: None}
    return {None: max(values)} if values else {}


def count_shard(shard: int, statistics: Json) -> dict[Hashable, int]:
    """Return the totals of a shard's process whose increases are figures."""
    pauses = statistics["ingest_pauses"]
    process = shard, statistics["pid"]
    totals: dict[Hashable, int] = {
        # A node that sends more than its rate pauses itself alone.
        (*process, "pauses"): sum(pauses.values()) - pauses.get("rate", 0),
        (*process, "derived"): sum(statistics["derived_failures"].values()),
        (*process, "writes", None): statistics["write_seconds"]["count"],
    }
    for bound, count in statistics["write_seconds"]["buckets"]:
        totals[*process, "writes", bound] = count
    return totals


def _write_keys(shard: int, statistics: Json) -> Iterator[tuple[Hashable, float]]:
    """Yield the counters of a shard's writes with their bounds; the last one has none."""
    bounds = [bound for bound, _ in statistics["write_seconds"]["buckets"]]
    process = shard, statistics["pid"]
    for bound in bounds:
        yield (*process, "writes", bound), bound
    yield (*process, "writes", None), bounds[-1] * _BEYOND


def _percentile(cumulative: Counter[float]) -> float | None:
    """Return the bound below which 99 of 100 writes are; ``None`` without writes."""
    bounds = sorted(cumulative)
    total = cumulative[bounds[-1]] if bounds else 0
    if not total:
        return None
    return next(bound for bound in bounds if cumulative[bound] >= _SHARE * total)


def _sum(turn: Turn, inputs: Inputs, name: str) -> Values:
    """Return what a counter of all shards rose by in the window."""
    state = _server(inputs)
    total, is_whole = 0, len(state.statistics) == state.shards
    for shard, statistics in state.statistics.items():
        increase = inputs.server_counters.increase((shard, statistics["pid"], name), turn.start_us)
        if increase is not None:
            total += increase.count
        is_whole = is_whole and increase is not None and increase.is_whole
    return {None: float(total) if is_whole or total else None}


def _share(amounts: tuple[int, int] | None) -> Values:
    if amounts is None:
        return {}
    part, whole = amounts
    return {None: part / whole if whole else 0.0}


def _server(inputs: Inputs) -> ServerState:
    assert inputs.server is not None
    return inputs.server
