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


def test_a_pipeline_has_its_root_its_events_and_the_sending_of_its_guarantee(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive().guarantee().send()
        assert types(await pipeline(shard, one)) == [90, 94, 102, 105, 106, 108]

    run(scenario, tmp_path)


def test_equal_event_ids_of_other_connections_are_not_in_a_journey(tmp_path):
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


def test_the_limit_of_a_journey_is_per_pipeline_report_and_erasure_root(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive().guarantee().send()
        assert types(await pipeline(shard, one, limit=2)) == [90, 94]

    run(scenario, tmp_path)


def test_events_outside_the_period_are_not_in_a_journey(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit()
        await shard.settled()
        place = [one.session.api_id, one.root, 0, 1]
        assert (await shard.ask("journey", pipelines=[place]))["pipelines"] == {}
        nothing = {"pipelines": {}, "reports": [], "erasures": [], "auditors": []}
        assert await shard.ask("journey") == nothing

    run(scenario, tmp_path)
