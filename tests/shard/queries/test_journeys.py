"""``tart/shard/queries/journeys.py``: the events of a package's way, from the log."""

from __future__ import annotations

from tests.shard.packages import REPORT, ROOT, Handling
from tests.shard.running import fake_node, run

ALWAYS = (0, 1 << 60)


def types(events):
    return [each["event_type"] for each in events]


async def pipeline(shard, handling, **more):
    await shard.settled()
    place = [handling.session.api_id, handling.root, *ALWAYS]
    answer = await shard.ask("journey", pipelines=[place], **more)
    return answer["pipelines"].get(f"{handling.session.api_id}/{handling.root}", [])


def test_a_pipeline_is_its_root_what_refers_to_it_and_the_sending(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive().guarantee().send()
        assert types(await pipeline(shard, one)) == [90, 94, 102, 105, 106, 108]

    run(scenario, tmp_path)


def test_equal_ids_of_other_connections_are_left_alone(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive()
        two = Handling(shard, fake_node(2)).submit().fail("reset")
        again = Handling(shard, fake_node(1)).share().receive().sign()
        assert one.root == two.root == again.root
        assert types(await pipeline(shard, one)) == [90, 94]
        assert types(await pipeline(shard, two)) == [90, 92]
        assert types(await pipeline(shard, again)) == [91, 94, 102, 103]

    run(scenario, tmp_path)


def test_reports_and_requests_are_found_by_hash(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).receive_guarantee().request_shard().serve_shard()
        one.serve_bundle(auditor=b"\x07" * 32)
        await shard.settled()
        answer = await shard.ask(
            "journey",
            reports=[[REPORT.hex(), *ALWAYS], ["ab" * 32, *ALWAYS]],
            erasures=[[ROOT.hex(), *ALWAYS]],
        )
        assert types(answer["reports"]) == [112]
        assert types(answer["erasures"]) == [120, 125, 124, 122, 152, 153]
        assert answer["auditors"] == ["07" * 32]

    run(scenario, tmp_path)


def test_a_limit_is_of_each_kind(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive().guarantee().send()
        assert types(await pipeline(shard, one, limit=2)) == [90, 94]

    run(scenario, tmp_path)


def test_what_was_not_heard_of_then_is_not_looked_for(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit()
        await shard.settled()
        place = [one.session.api_id, one.root, 0, 1]
        assert (await shard.ask("journey", pipelines=[place]))["pipelines"] == {}
        nothing = {"pipelines": {}, "reports": [], "erasures": [], "auditors": []}
        assert await shard.ask("journey") == nothing

    run(scenario, tmp_path)
