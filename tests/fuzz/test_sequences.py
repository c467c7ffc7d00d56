"""Nodes say anything that is legal, in any order, and all of it is stored.

A machine opens connections, sends events of all types that refer to anything, and nonsense,
ends connections, cuts batches, runs queries, follows live and restarts the shard, whenever
it likes. A model in plain Python says what must be stored and counted of it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import pytest
import uvloop
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tart.aggregate.core.tables import OPERATIONS, ROWS
from tart.ipc.messages import Subscribe
from tart.shard.ingest import aggregator, pipeline
from tests.fuzz.budget import TIMEOUT, examples, rounds
from tests.fuzz.legal import (
    CORES,
    DROPPED,
    Values,
    children,
    content,
    events,
    fixed_size,
    framed,
)
from tests.fuzz.model import IDS, Expected, assert_kept, assert_well, can_be_true, taken_by
from tests.shard.ingest.test_live_streams import ALL, Recorder
from tests.shard.running import Shard, fake_node, until

# Nothing leaves by itself: the machine cuts the batches.
HELD = {"flush_seconds": 1e6, "flush_rows": 10**9, "flush_bytes": 10**12}
# What ``Shard.session`` allows.
MAX_FRAME = 1 << 16
BEGINNING = 4_102_488_000_000_000  # 2100-01-01T12:00Z; no file of then is ever too old
TYPES = sorted(events())
# Whose length depends on what was said before, or who have a deviation of their own.
VARYING = {0, 10, 61, 126}
EDGES = (0, 1, 2**32, 2**44, 2**63 - 1, 2**63, 2**64 - 1)

nth = st.integers(0, 40)
# Of which type: one that may refer to the n-th newest event, or any.
types = st.tuples(st.just("fits"), nth) | st.tuples(st.just("is"), st.sampled_from(TYPES))
# What it refers to: the n-th newest event of its connection, one that is yet to come, anything.
references = (
    st.tuples(st.just("earlier"), nth)
    | st.tuples(st.just("later"), st.integers(0, 3))
    | st.tuples(st.just("any"), st.sampled_from(EDGES))
)
said = st.tuples(
    types,
    references,
    st.sampled_from(Values.KINDS),
    st.sampled_from((0, 1_000, 10**15, 2**63, 2**64 - 1)),
    st.sampled_from((0, 1, 2, 7, 2**32, 2**63, 2**64 - 1)),
)
kinds = st.sampled_from(Values.KINDS)
keys = st.integers(1, 4)
anyone = st.integers(0, 7)
# So many bytes of what is said are sent later.
holds = st.sampled_from((0, 0, 0, 1, 5, 70))
FIXED = [
    each.number
    for each in events().values()
    if each.number not in VARYING and None not in [fixed_size(kind) for _, kind in each.fields]
]
UNKNOWN = [each for each in range(256) if each not in events()]
clocks = st.binary(min_size=8, max_size=8)
nonsense = (
    st.binary(max_size=8)
    | st.tuples(
        clocks, st.sampled_from(UNKNOWN).map(lambda n: bytes([n])), st.binary(max_size=40)
    ).map(b"".join)
    # Every type has fields.
    | st.tuples(clocks, st.sampled_from(TYPES)).map(lambda each: each[0] + bytes([each[1]]))
    | clocks.map(lambda clock: clock + b"\x0d\x02")
)
WINDOW = {"start_us": BEGINNING - 10**10, "end_us": BEGINNING + 10**12}
QUERIES = [
    *(
        (name, {})
        for name in ("nodes", "statistics", "live", "chain", "events", "first_seen_blocks")
    ),
    ("live", {"seconds": 300}),
    *(("aggregate_sum", {"table": table, "by": []}) for table in OPERATIONS),
    *(("aggregate_rows", {"table": table, "limit": 100}) for table in ROWS),
    ("sessions", WINDOW | {"limit": 100}),
    ("connections", WINDOW | {"step_us": 10**9}),
    ("protocol_versions", WINDOW | {"now_us": BEGINNING}),
    ("examples", WINDOW | {"limit": 3}),
    ("package_stages", WINDOW),
    ("package_counts", WINDOW | {"by": ["node"], "inactive_since_us": BEGINNING}),
    ("step_durations", WINDOW),
    ("stage_totals", WINDOW),
    ("log_moments", WINDOW | {"table": "packages", "numerator": "bundle_size"}),
    ("log_moments", WINDOW | {"table": "blocks", "numerator": "gas"}),
    ("package_services", WINDOW),
    *(("deliveries", WINDOW | {"kind": kind}) for kind in (105, 126)),
    ("package_states", WINDOW | {"limit": 100}),
    ("export", {"format": "capture"}),
]


class Voice:
    """One connection of a node, as the model knows it.

    Attributes:
        told: (type, event id) of what it said and may be referred to.
        next_id: Of what it will say.
        unheard: (message, whether it is good) of frames that were not sent whole yet.
        ahead: How many of their bytes were sent.
    """

    def __init__(self, session, key, version):
        self.session, self.key, self.version = session, key, version
        self.told, self.next_id = [], 0
        self.unheard, self.ahead = [], 0

    def say(self, message, good=True):
        """Put a frame aside for sending."""
        if good:
            self.told.append((message[8], self.next_id))
        self.next_id = (self.next_id + taken_by(message, good)) % IDS
        self.unheard.append((message, good))

    def send(self, hold):
        """Bytes that come now, all but so many; and the frames that they complete."""
        data = b"".join(framed(message) for message, _ in self.unheard)
        until = max(self.ahead, len(data) - hold)
        sent, heard = data[self.ahead : until], []
        while self.unheard and len(framed(self.unheard[0][0])) <= until:
            heard.append(self.unheard.pop(0))
            until -= len(framed(heard[-1][0]))
        self.ahead = until
        return sent, heard

    def reference(self, how, n):
        """The id of the n-th newest event, or of the n-th to come, or any."""
        if how == "earlier" and self.told:
            return self.told[-1 - n % len(self.told)][1]
        return n if how == "any" else (self.next_id + n) % IDS

    def fitting(self, n):
        """A type that may refer to the n-th newest event, and that event's id."""
        if not self.told:
            return TYPES[n], n
        number, event_id = self.told[-1 - n % len(self.told)]
        fitting = children(self.version)[number] or TYPES
        return fitting[n % len(fitting)], event_id


class Telemetry(RuleBasedStateMachine):
    """See the module."""

    def __init__(self):
        super().__init__()
        self._patch = pytest.MonkeyPatch()
        self._now = BEGINNING
        self._patch.setattr(pipeline, "_now_us", lambda: self._now)
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        # What failed: nobody waits for what will not come any more.
        self._failure: BaseException | None = None
        self._runner.get_loop().set_exception_handler(self._note)
        self._directory = tempfile.TemporaryDirectory(prefix="t")
        self._random = Random(0)
        self._expected = Expected()
        self._voices: list[Voice] = []
        self._sessions, self._restarts = 0, 0
        # Whether no time has passed: when references grow too old depends on when batches end.
        self._steady = True
        # By key, of all its connections.
        self._broken, self._dropped = Counter(), Counter()
        self._counts: Counter = Counter()
        self._recorder, self._offered = None, []
        self._begin()

    def teardown(self):
        try:
            if self._failure is None:
                self.babble(seed=len(self._expected.frames), count=200)
                # What is counted shows at once, and not a moment later.
                self._patch.setattr(aggregator, "SNAPSHOT_SECONDS", -1)
                self._run(self._assert_stored())
                counted = self._run(self._figures())
                self.restart()
                self._run(self._assert_stored())
                if self._steady:
                    assert self._run(self._figures()) == counted
        finally:
            self._failure = None
            self._run(self._shard.close())
            self._runner.close()
            self._directory.cleanup()
            self._patch.undo()

    @rule(key=keys, version=st.sampled_from((1, 0)), cut=st.integers(0, 200))
    def connect(self, key, version, cut):
        hello = fake_node(key, cores=CORES, version=version).connect()
        session = self._do(self._shard.session, hello[:cut], hello[cut:])
        assert session.number == self._sessions
        self._sessions += 1
        self._voices.append(Voice(session, key, version))

    @rule(content=st.binary(max_size=60))
    def connect_as_nobody(self, content):
        session = self._do(self._shard.session, framed(content))
        assert session.connection.error is not None
        self._expected.refuse(session.number, content)
        self._sessions += 1
        self._do(self._shard.ingest.close_session, session, "refused")

    @rule(which=anyone, what=st.lists(said, min_size=1, max_size=8), hold=holds)
    def say(self, which, what, hold):
        voice = self._voice(which)
        for (how, n), (where, m), kind, timestamp, dropped in what:
            number, ref = voice.fitting(n) if how == "fits" else (n, voice.reference(where, m))
            values = Values(self._random, kind)
            more = {"ref": ref, "timestamp": timestamp, "dropped": dropped}
            voice.say(content(number, values, version=voice.version, **more))
        self._send(voice, hold)

    @rule(seed=st.integers(0, 2**32), count=st.sampled_from((10, 100, 500)))
    def babble(self, seed, count):
        """All of them, much of it at random: what fits, and what refers to another kind."""
        random = Random(seed)
        while count > 0:
            voice, values = self._voice(random.randrange(100)), Values(random)
            for _ in range(random.randrange(1, 20)):
                n = random.randrange(100)
                number, ref = voice.fitting(n)
                if random.random() < 0.5:
                    number = random.choice(TYPES)
                # It may refer to what is not there, such as a Dropped of many leaves behind.
                dropped = random.choice((0, 1, 2, 9, 9, 9, 2**64 - 1))
                # A Dropped of times that there cannot be moves no id.
                bits = 48 if number == DROPPED and random.random() < 0.8 else 64
                more = {"ref": ref, "dropped": dropped, "timestamp": random.getrandbits(bits)}
                voice.say(content(number, values, version=voice.version, **more))
                count -= 1
            self._send(voice, 0)

    @rule(which=anyone, number=st.sampled_from(TYPES), n=nth, kind=kinds, hold=holds)
    def say_much_at_once(self, which, number, n, kind, hold):
        """As long as a frame may be, if the type has a list."""
        voice, longest = self._voice(which), 1000
        ref, message = voice.reference("earlier", n), bytes(MAX_FRAME + 1)
        while len(message) > MAX_FRAME:
            values = Values(self._random, kind, longest)
            message = content(number, values, ref=ref, version=voice.version)
            longest //= 2
        voice.say(message)
        self._send(voice, hold)

    @rule(which=anyone, number=st.sampled_from(FIXED), kind=kinds, more=st.binary(min_size=1))
    def say_more_than_there_is(self, which, number, kind, more):
        voice = self._voice(which)
        voice.say(content(number, Values(self._random, kind), version=voice.version) + more)
        self._send(voice, 0)

    @rule(which=anyone, message=nonsense, hold=holds)
    def say_nonsense(self, which, message, hold):
        voice = self._voice(which)
        voice.say(message, good=False)
        self._send(voice, hold)

    @rule(which=anyone, length=st.sampled_from((MAX_FRAME + 1, 2**31, 2**32 - 1)))
    def say_too_much(self, which, length):
        """More than a frame may have, which ends the connection."""
        voice = self._voice(which)
        self._send(voice, 0)
        start = length.to_bytes(4, "little") + b"never read"
        self._do(self._shard.ingest.receive, voice.session, start)
        self._expected.refuse(voice.session.number, start)
        self._broken[voice.key] += 1
        self._end(voice)

    @rule(which=anyone)
    def end(self, which):
        self._end(self._voice(which))

    @rule(seconds=st.sampled_from((0.001, 1, 61, 601, 3_601, 90_000, -10, -4_000)))
    def time_passes(self, seconds):
        self._now += int(seconds * 1_000_000)
        self._steady = False

    @rule()
    def digest(self):
        self._do(self._shard.ingest.decode_received)

    @rule()
    def flush(self):
        self._do(self._shard.ingest.flush)

    @rule()
    def aggregate(self):
        self._do(self._shard.ingest.flush_aggregates)

    @rule()
    def settle(self):
        self._run(self._shard.settled())

    @rule(query=st.sampled_from(QUERIES))
    def ask(self, query):
        name, parameters = query
        self._run(self._shard.ask(name, **parameters))

    @precondition(lambda self: self._recorder is None)
    @rule()
    def follow(self):
        self._do(self._shard.ingest.decode_received)
        self._recorder, self._offered = Recorder(), []
        self._do(self._shard.streams.subscribe, self._recorder, Subscribe(1, ALL, "hex"))

    @precondition(lambda self: self._recorder is not None)
    @rule()
    def follow_no_more(self):
        self._stop_following()

    @precondition(lambda self: self._restarts < 2 and len(self._expected.frames) > 10)
    @rule()
    def restart(self):
        """Close the files without a last word, as after a kill, and start again."""
        self._restarts += 1
        self._stop_following()
        self._run(self._shard.close())
        self._voices.clear()
        self._begin()

    def _begin(self):
        async def made():
            return Shard(Path(self._directory.name), storage=HELD)

        self._shard = self._run(made())

    def _do(self, work, *arguments):
        async def done():
            return work(*arguments)

        return self._run(done())

    def _run(self, work):
        """The result of a coroutine; what fails beside it fails it."""

        async def watched():
            task = asyncio.ensure_future(work)
            while not task.done() and self._failure is None:
                await asyncio.wait({task}, timeout=0.01)
            if self._failure is not None:
                task.cancel()
                raise self._failure
            return await task

        try:
            return self._runner.run(watched())
        except BaseException as error:
            self._failure = error
            raise

    def _note(self, loop, context):
        self._failure = context.get("exception") or AssertionError(context["message"])

    def _voice(self, which):
        """One of those that are open; a new one if none is."""
        if not self._voices:
            self.connect(key=which % 4 + 1, version=1, cut=0)
        return self._voices[which % len(self._voices)]

    def _send(self, voice, hold):
        data, heard = voice.send(hold)
        for message, good in heard:
            if good:
                if self._recorder is not None:
                    self._offered.append(len(self._expected.frames) << 8)
                self._counts[voice.key, message[8]] += 1
            self._expected.hear(voice.session.number, message, good=good)
            self._broken[voice.key] += not good
            if good and message[8] == DROPPED and can_be_true(message):
                self._dropped[voice.key] += 1
        self._do(self._shard.ingest.receive, voice.session, data)
        assert voice.session.connection.error is None or not heard

    def _end(self, voice):
        self._voices.remove(voice)
        self._do(self._shard.ingest.close_session, voice.session, "over")

    def _stop_following(self):
        if self._recorder is None:
            return
        recorder, self._recorder = self._recorder, None

        async def over():
            self._shard.ingest.decode_received()
            self._shard.streams.unsubscribe(recorder, 1)
            await until(lambda: len(recorder.ids()) >= len(self._offered))

        self._run(over())
        assert recorder.ids() == self._offered

    async def _figures(self):
        """All that is counted; a start counts what no flush has, from the log."""
        found = {}
        # Connections that a stop cut off leave pipelines without an end, which is a finding.
        for table in OPERATIONS.keys() - {"conformance"}:
            # Of several that came at the same moment any is the last.
            values = [name for name, how in OPERATIONS[table].items() if how != "last"]
            query = {"table": table, "by": [], "values": values}
            found[table] = await self._shard.ask("aggregate_sum", **query)
        return found

    async def _assert_stored(self):
        await assert_kept(self._shard, self._expected)
        assert_well(self._shard)
        nodes = {bytes.fromhex(n["node_id"])[0]: n for n in await self._shard.ask("nodes")}
        good = Counter()
        for (key, _), count in self._counts.items():
            good[key] += count
        for key, node in nodes.items():
            found = (node["event_count"], node["undecodable"], node["dropped_messages"])
            assert found == (good[key], self._broken[key], self._dropped[key]), key
        assert nodes.keys() >= good.keys()
        counts = await self._shard.ask("aggregate_sum", table="counts", by=["node", "type"])
        found = {(bytes.fromhex(node)[0], number): count for node, number, count in counts}
        assert found == self._counts


def tell(count, steps):
    """So many machines in each round."""
    for _ in rounds():
        run_state_machine_as_test(Telemetry, settings=examples(count, stateful_step_count=steps))


@pytest.mark.slow
@pytest.mark.fuzz
@pytest.mark.timeout(TIMEOUT)
def test_arbitrary_sequences_are_stored_and_counted():
    tell(4, 40)
