"""A shard whose files are damaged, before its start or under it, in every way we know.

It starts, serves what is not damaged, loses what is and no more, says what that is, and goes on
with numbers that were never given.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.shard.running import best, fake_node, run
from tests.storage import corruption as c

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Directories without damage, made once: closed, as a kill leaves them, and of shard 1."""
    made = tmp_path_factory.mktemp("whole")
    c.make(made / "closed")
    c.make(made / "closed", 1, 2)
    c.make_killed(made / "killed", made / "elsewhere")
    return made


def everything(root):
    """By file, the numbers it has."""
    return {path.name: c.seqs(path) for path in c.files(root)}


async def served(shard):
    """The numbers of all events that can be read in full, and what health is told."""
    found, after = set(), None
    while True:
        page = await shard.ask("export", format="ndjson", after=after)
        found |= {json.loads(line)["id"] >> 8 for line in page.data.splitlines()}
        part = page.value["parts"]["0"]
        if part["next"] is None:
            break
        after = {"0": part["next"]}
    return found, await shard.ask("statistics")


async def goes_on(shard):
    """The numbers of what is said now."""
    node = fake_node(9)
    shard.session(node.connect(), *(best(node, slot) for slot in range(5)))
    await shard.settled()
    page = await shard.ask("events", node=node.peer_id.hex(), limit=10)
    return {event["id"] >> 8 for event in page}


def told(statistics, files):
    """The numbers that are said to be lost."""
    found = set()
    for each in statistics["damaged"]:
        for part in each["stretches"]:
            of_file = files.get(each["file"].removeprefix("00/"), set())
            inside = {seq for seq in of_file if part["first"] <= seq <= part["last"]}
            assert len(inside) == part["events"]
            found |= inside
    for name in statistics["quarantined"]:
        base = name.removeprefix("00/").partition(".corrupt-")[0]
        if not name.endswith(".wal"):
            found |= files.get(base, set())
    return found


def damage_a_block(root):
    c.zero_block(c.files(root)[0], "body", nth=1)


def damage_a_block_that_is_written_to(root):
    c.zero_block(c.files(root)[2], "body")


def damage_a_header(root):
    c.header(c.files(root)[1])


def swap_files(root):
    first, _, third, _ = c.files(root)
    c.swap(first, third)


def take_a_file_of_another_shard(root):
    one = c.files(root)[1]
    shutil.copy(c.files(root, 1)[1], one)


def empty_a_file(root):
    c.cut(c.files(root)[1], 0)


def damage_both_lanes(root):
    for path in c.files(root)[2:]:
        c.zero_block(path, "body")


def lose_the_heads_of_both_lanes(root):
    for path in c.files(root)[2:]:
        c.header(path)


def damage_aggregates(root):
    path = root / "00" / "aggregates.duckdb"
    c.zero(path, c.HEADER_BYTES + c.block_of(path, "%", "counts") * (64 << 10))


def damage_nodes_and_sessions(root):
    for table, column in (("nodes", "peer_id"), ("sessions", "what"), ("meta", "value")):
        c.zero_block(c.files(root)[2], column, table)


# What costs no event: the numbers of peers and sessions are known elsewhere, figures are made
# again, and a file is what is in it.
HARMLESS = (swap_files, damage_aggregates, damage_nodes_and_sessions)
CLOSED = {
    each.__name__: each
    for each in (
        damage_a_block,
        damage_a_block_that_is_written_to,
        damage_a_header,
        swap_files,
        take_a_file_of_another_shard,
        empty_a_file,
        damage_both_lanes,
        lose_the_heads_of_both_lanes,
        damage_aggregates,
        damage_nodes_and_sessions,
    )
}


@pytest.mark.parametrize("damage", CLOSED.values(), ids=CLOSED)
def test_before_the_start_what_is_not_damaged_is_served_and_the_rest_is_named(
    tmp_path, whole, damage
):
    shutil.copytree(whole / "closed" / "00", tmp_path / "00")
    shutil.copytree(whole / "closed" / "01", tmp_path / "01")
    files = everything(tmp_path)
    damage(tmp_path)
    shutil.rmtree(tmp_path / "01")

    async def scenario(shard):
        found, statistics = await served(shard)
        return found, statistics, await goes_on(shard)

    found, statistics, fresh = run(scenario, tmp_path)
    every = set().union(*files.values())
    assert every - found == told(statistics, files)
    assert found <= every
    assert (found == every) is (damage in HARMLESS)
    assert len(found) >= len(every) // 4
    assert len(fresh) == 5
    assert fresh.isdisjoint(every)


def cut_a_log(root):
    c.cut(c.wal(c.files(root)[2]))


def zero_in_a_log(root):
    log = c.wal(c.files(root)[2])
    c.zero(log, log.stat().st_size // 2)


def swap_logs(root):
    c.swap(*map(c.wal, c.files(root)[2:]))


def lose_a_file_beside_its_log(root):
    c.files(root)[3].unlink()


def lose_all_of_a_log(root):
    c.wal(c.files(root)[2]).write_bytes(b"")


KILLED = {
    each.__name__: each
    for each in (
        cut_a_log,
        zero_in_a_log,
        swap_logs,
        lose_a_file_beside_its_log,
        lose_all_of_a_log,
    )
}


@pytest.mark.parametrize("damage", KILLED.values(), ids=KILLED)
def test_after_a_kill_a_damaged_log_costs_what_is_in_it_or_its_file(tmp_path, whole, damage):
    shutil.copytree(whole / "killed" / "00", tmp_path / "00")
    files = everything(tmp_path)
    damage(tmp_path)

    async def scenario(shard):
        found, statistics = await served(shard)
        return found, statistics, await goes_on(shard)

    found, statistics, fresh = run(scenario, tmp_path)
    every = set().union(*files.values())
    hurt = [files[path.name] for path in map(Path, files) if path.name >= sorted(files)[2]]
    assert found <= every
    assert every - found <= set().union(*hurt)
    assert told(statistics, files) <= every - found
    assert fresh.isdisjoint(found)
    assert len(fresh) == 5


UNDER = {
    each.__name__: each
    for each in (
        damage_a_block,
        damage_both_lanes,
        damage_aggregates,
        damage_nodes_and_sessions,
    )
}


@pytest.mark.parametrize("damage", UNDER.values(), ids=UNDER)
def test_under_a_running_shard_damage_costs_the_same_and_is_told_once(
    tmp_path, whole, damage, caplog
):
    shutil.copytree(whole / "closed" / "00", tmp_path / "00")
    files = everything(tmp_path)
    every = set().union(*files.values())

    async def scenario(shard):
        damage(tmp_path)
        found, statistics = await served(shard)
        await shard.ask("summed", table="counts", by=["type"])
        await shard.ask("events", limit=1000, types=[11], hash="00" * 32)
        shard.intake.aggregate()
        return found, statistics, await goes_on(shard)

    found, statistics, fresh = run(scenario, tmp_path)
    assert every - found == told(statistics, files)
    assert (found == every) is (damage in HARMLESS)
    assert len(fresh) == 5
    assert fresh.isdisjoint(every)
    lines = [each.getMessage() for each in caplog.records if "is damaged" in each.getMessage()]
    assert len(lines) == len(set(lines))
    again, statistics = run(served, tmp_path)
    assert again == found | fresh
    assert told(statistics, files) == every - found
