"""A shard whose files are damaged, before its start or under it, in every way we know.

It starts, serves what is not damaged, loses what is and no more, says what that is, and goes on
with numbers that were never given.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
from pathlib import Path

import httpx
import pytest

from tests.running import running_system, wait_for
from tests.shard.running import best, fake_node, run
from tests.storage import corruption as c
from tests.supervisor.process import Process

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Directories without damage, made once: closed, as a kill leaves them, and of shard 1."""
    made = tmp_path_factory.mktemp("whole")
    c.make(made / "closed")
    shutil.copytree(made / "closed", made / "elsewhere")
    # Of the other shard a file of yesterday is all that is taken.
    c.make(made / "closed", 1, 2, today=False)
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
            # Where nobody knows where they begin or end, they reach to that end of the file.
            first = -1 if part["first"] is None else part["first"]
            last = 1 << 62 if part["last"] is None else part["last"]
            inside = {seq for seq in of_file if first <= seq <= last}
            assert len(inside) == part["events"]
            found |= inside
    for name in statistics["quarantined"]:
        base = name.removeprefix("00/").partition(".corrupt-")[0]
        if not name.endswith(".wal"):
            found |= files.get(base, set())
    return found


def damage_a_block(root):
    c.zero_block(c.files(root)[0], "body")


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


def cases(found, quick):
    """All of them for `make soak`, those that differ most for every run."""
    return [
        pytest.param(*(each if isinstance(each, tuple) else (each,)), id=name)
        if name in quick
        else pytest.param(
            *(each if isinstance(each, tuple) else (each,)), id=name, marks=pytest.mark.soak
        )
        for name, each in found.items()
    ]


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


@pytest.mark.parametrize(
    "damage",
    cases(
        CLOSED,
        (
            "take_a_file_of_another_shard",
            "lose_the_heads_of_both_lanes",
            "damage_aggregates",
        ),
    ),
)
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
    if damage in HARMLESS:
        assert statistics["frames_missing"] == 0
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


@pytest.mark.parametrize("damage", cases(KILLED, ("zero_in_a_log",)))
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


@pytest.mark.parametrize("damage", cases(UNDER, ("damage_a_block",)))
def test_under_a_running_shard_damage_costs_the_same_and_is_told_once(
    tmp_path, whole, damage, caplog
):
    shutil.copytree(whole / "closed" / "00", tmp_path / "00")
    files = everything(tmp_path)
    every = set().union(*files.values())

    async def scenario(shard):
        damage(tmp_path)
        found, statistics = await served(shard)
        await shard.ask("aggregate_sum", table="counts", by=["type"])
        await shard.ask("events", limit=1000, types=[11], hash="00" * 32)
        shard.ingest.flush_aggregates()
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


def cut_a_file(root):
    c.cut(c.files(root)[0], 0.6)


def take_a_file_away(root):
    c.files(root)[1].unlink()


LOST_UNDER = {
    each.__name__: (each, number)
    for each, number in (
        (damage_a_header, 1),
        (cut_a_file, 0),
        (empty_a_file, 1),
        (take_a_file_away, 1),
    )
}


@pytest.mark.parametrize(("damage", "number"), cases(LOST_UNDER, ("damage_a_header",)))
def test_a_file_that_is_lost_under_a_running_shard_costs_itself(tmp_path, whole, damage, number):
    shutil.copytree(whole / "closed" / "00", tmp_path / "00")
    files = everything(tmp_path)
    every = set().union(*files.values())
    hurt = files[c.files(tmp_path)[number].name]

    async def scenario(shard):
        damage(tmp_path)
        shard.store.maintenance.check_files()
        found, statistics = await served(shard)
        return found, statistics, await goes_on(shard)

    found, statistics, fresh = run(scenario, tmp_path)
    assert every - hurt <= found
    assert every - found == told(statistics, files)
    assert bool(statistics["vanished"]) is (damage is take_a_file_away)
    assert len(fresh) == 5
    again, statistics = run(served, tmp_path)
    assert (every | fresh) - hurt <= again
    if damage is not take_a_file_away:
        assert told(statistics, files) == every - again
    assert statistics["frames_missing"] or statistics["damaged"] or again >= every


# --- The whole of it, over HTTP ------------------------------------------------------------


def shard_part(system):
    health = system.http.get("/api/health/detailed").json()
    return health["status"], health["components"]["shard_00"]


def exported(system):
    """The events of an export, and whether it ended as a whole one does."""
    lines = []
    try:
        with system.http.stream("GET", "/api/events/export", params={"format": "ndjson"}) as sent:
            lines.extend(sent.iter_lines())
    except httpx.RemoteProtocolError:
        # Its last line says what is missing.
        return lines[:-1], False
    return lines, True


def test_people_are_told_of_a_damaged_block_in_every_answer_it_concerns(tmp_path, whole):
    data = tmp_path / "data"
    shutil.copytree(whole / "closed" / "00", data / "00")
    files = everything(data)
    with running_system(data, shards=1) as system:
        assert shard_part(system)[0] == "Healthy"
        assert exported(system)[1] is True
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
    damage_a_block(data)
    with running_system(data, shards=1) as system:
        lines, ended = exported(system)
        assert ended is False
        every = sum(map(len, files.values()))
        lost = every - len(lines)
        assert 0 < lost < every // 2
        status, part = shard_part(system)
        assert (status, part["status"]) == ("Degraded", "Degraded")
        assert f"{lost} events, sequence" in part["message"]
        assert part["metrics"]["damaged"][0]["events"] == lost
        page = system.http.get("/api/events/search", params={"event_types": 10, "limit": 10})
        assert page.headers["X-Tart-Unreadable"] == str(lost)
        assert page.json()["unreadable"][0]["rows"] == lost
        assert 'tart_damaged_files{shard="0"} 1.0' in system.http.get("/metrics").text
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
    verified = Process("tart", "verify", "--data-dir", data)
    with verified as running:
        line = running.line(
            rf".*: damaged: {lost} events cannot be read, sequence (\d+) to (\d+), .*"
        )
        assert int(line[2]) - int(line[1]) + 1 == lost
        assert running.ended() == 1


def test_files_deleted_under_a_running_tart_are_noticed(tmp_path, whole):
    data = tmp_path / "data"
    shutil.copytree(whole / "closed" / "00", data / "00")
    with running_system(data, shards=1) as system:
        system.get("/api/events", limit=1)
        c.files(data)[0].unlink()
        wait_for(lambda: shard_part(system)[1]["metrics"]["vanished"], "the loss to be noticed")
        status, part = shard_part(system)
        assert status == "Degraded"
        assert "files deleted while in use, served until tart stops" in part["message"]
        assert f"00/{c.files(data)[0].name[:8]}" in part["message"]
        assert exported(system)[1] is True
        assert system.process.errors().count("was deleted or replaced while tart uses it") == 1


RECOVERS = {"TART_SUPERVISOR_READY_SECONDS": "12"}


@pytest.mark.soak
def test_a_shard_that_recovers_holds_up_nobody_and_goes_on_after_a_stop(tmp_path, whole):
    data = tmp_path / "data"
    shutil.copytree(whole / "closed" / "00", data / "00")
    # More than is counted in the four seconds for which the others wait.
    c.amplify(c.files(data)[3], 4_000_000)
    (data / "00" / "aggregates.duckdb").unlink()
    with running_system(data, shards=2, environ=RECOVERS) as system:
        status, part = shard_part(system)
        assert (status, part["status"]) == ("Degraded", "Degraded")
        assert part["message"].startswith("starting: ")
        answer = system.http.get("/api/nodes")
        assert answer.headers["X-Tart-Shards"] == "1/2"
        wait_for(lambda: "aggregated" in shard_part(system)[1]["message"] or half_done(system))
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
        assert "stopped while starting" in system.process.errors()
    with running_system(data, shards=2, environ=RECOVERS) as system:
        wait_for(lambda: shard_part(system)[1]["metrics"], "the shard to be there")
        assert shard_part(system)[0] == "Healthy"
        again = re.search(r"aggregated (\d+) events of the log again", system.process.errors())
        assert int(again[1]) < 2_700_000
        counted = system.get("/api/nodes/top", event_type=11, duration="7d")
    assert counted["total_events"] == sum(map(len, everything(data).values()))


def half_done(system):
    message = shard_part(system)[1]["message"]
    found = re.search(r"counting the events of directory 00 again, (\d+) %", message)
    return found is not None and int(found[1]) >= 50


@pytest.mark.parametrize("under", [False, True], ids=["before the start", "under a running tart"])
def test_a_damaged_control_file_costs_no_event_and_lets_nobody_in_without_a_key(
    tmp_path, whole, under
):
    data = tmp_path / "data"
    shutil.copytree(whole / "closed" / "00", data / "00")
    control = data / "control.sqlite"
    if not under:
        with running_system(data, shards=1) as system:
            system.process.send(signal.SIGTERM)
            assert system.process.ended() == 0
        c.zero(control, 0, control.stat().st_size)
    with running_system(data, shards=1) as system:
        if under:
            c.zero(control, 0, control.stat().st_size)
        assert system.http.get("/api/health").status_code == 200
        node = fake_node(9)
        with system.connect() as connection:
            connection.sendall(node.connect() + b"".join(best(node, slot) for slot in range(5)))
            answer = system.http.get("/api/nodes")
            assert answer.status_code == 200 if under else answer.status_code == 503
            if not under:
                assert answer.json()["error"]["code"] == "keys_unreadable"
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
    assert len(set().union(*everything(data).values())) == 24_000 + 5


# --- Ten million events --------------------------------------------------------------------

HUGE = 10_000_000


@pytest.fixture(scope="module")
def huge(tmp_path_factory):
    made = tmp_path_factory.mktemp("huge")
    c.make(made)
    c.amplify(c.files(made)[3], HUGE)
    return made


@pytest.mark.soak
@pytest.mark.parametrize("damage", CLOSED.values(), ids=CLOSED)
def test_ten_million_events_are_served_in_time_but_for_what_is_damaged(tmp_path, huge, damage):
    """With the settings as they are; what recovers for longer is told and holds up nobody."""
    data = tmp_path / "data"
    shutil.copytree(huge / "00", data / "00")
    if damage is take_a_file_of_another_shard:
        c.make(data, 1, 2)
    files = {path.name: c.count(path) for path in c.files(data)}
    damage(data)
    shutil.rmtree(data / "01", ignore_errors=True)
    with running_system(data, shards=2) as system:
        wait_long_for(lambda: shard_part(system)[1]["metrics"], "the shard to be there")
        # Looks at every body there is; in time or not.
        system.http.get("/api/events/search", params={"wp_hash": "00" * 32})
        counting = {
            "map": "SELECT count(*) AS n FROM events",
            "reduce": "SELECT sum(n)::BIGINT AS n FROM partials",
        }
        found = system.http.post("/api/sql", json=counting, timeout=60).json()
        status, part = shard_part(system)
        told = sum(each["events"] for each in part["metrics"]["damaged"])
        told += sum(
            files.get(name.removeprefix("00/").partition(".corrupt-")[0], 0)
            for name in part["metrics"]["quarantined"]
        )
        assert found["rows"][0][0] + told == sum(files.values())
        assert (status == "Healthy") is (damage in (swap_files,) and not told)


def wait_long_for(condition, what):
    for _ in range(10):
        try:
            return wait_for(condition, what)
        except AssertionError:
            continue
    return wait_for(condition, what)
