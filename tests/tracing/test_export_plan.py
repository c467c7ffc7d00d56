"""``tart/tracing/export_plan.py``: what is exported, once, and when."""

from __future__ import annotations

from tart.query.core.windows import Window
from tart.query.shard_queries.ended_pipelines import EndedPipeline, EndedPipelineSet
from tart.tracing.export_plan import (
    OVERLAP_US,
    Candidate,
    ExportPlan,
    is_sampled,
    reference_of,
)
from tart.units import MINUTE_US, SECOND_US

NOW = 1_795_176_000_000_000
QUIET = 45 * SECOND_US


def pipeline(number=0, age_us=MINUTE_US, **changes):
    values = {
        "hash": f"{number:064x}",
        "first_at": NOW - age_us - SECOND_US,
        "last_at": NOW - age_us,
        "failed": False,
        "node": "aa",
        "session": 1,
        "api_session": 256,
        "root": 7,
    }
    return EndedPipeline(**(values | changes))


def plan(one_in=1, **more):
    return ExportPlan("packages", one_in, QUIET, NOW - 10 * MINUTE_US, **more)


def turn(of, *pipelines, failed=(), now=NOW, until_us=None):
    """One turn of the exporter; the numbers of those that are exported."""
    answer = EndedPipelineSet(list(pipelines), until_us)
    undecided = of.undecided(answer, now)
    chosen = of.decide(undecided, {reference_of(each) for each in failed})
    of.advance(answer, now)
    return [each.pipeline for each in chosen]


def test_one_in_a_number_is_chosen_by_its_hash_alone():
    references = [number.to_bytes(32, "big") for number in range(10_000)]
    chosen = [each for each in references if is_sampled(each, 100)]
    assert 60 < len(chosen) < 140
    assert chosen == [each for each in references if is_sampled(each, 100)]
    assert all(is_sampled(each, 1) for each in references[:50])
    assert not any(is_sampled(each, 0) for each in references)


def test_one_has_ended_when_it_was_quiet_for_a_while():
    quiet, active = pipeline(1), pipeline(2, age_us=QUIET)
    of = plan()
    assert turn(of, quiet, active) == [quiet]
    assert turn(of, quiet, active, now=NOW + 1) == [active]


def test_each_is_exported_once_even_if_there_is_news_of_it():
    of = plan()
    one = pipeline(1)
    assert turn(of, one) == [one]
    assert turn(of, one) == []
    assert turn(of, one._replace(last_at=one.last_at + 5), now=NOW + MINUTE_US) == []


def test_failures_are_exported_always_and_first():
    of = plan(one_in=2)
    pipelines = [pipeline(number) for number in range(40)]
    sampled = [each for each in pipelines if is_sampled(reference_of(each), 2)]
    others = [each for each in pipelines if each not in sampled]
    chosen = turn(of, *pipelines, failed=others[3:5])
    assert chosen == [*others[3:5], *sampled]


def test_one_that_was_left_out_is_looked_at_again_only_if_there_is_news():
    of = plan(one_in=0)
    one = pipeline(1)
    assert turn(of, one) == []
    assert of.undecided(EndedPipelineSet([one], None), NOW) == []
    later = one._replace(last_at=one.last_at + 1)
    assert turn(of, later, failed=[later]) == [later]
    assert turn(of, later, failed=[later]) == []


def test_the_next_turn_looks_back_for_shards_that_are_behind():
    of = plan()
    first = of.query()
    assert (first.table, first.since_us) == ("packages", NOW - 10 * MINUTE_US - OVERLAP_US)
    # Pipelines are followed for ten minutes.
    assert first.started_us <= first.since_us - 10 * MINUTE_US
    turn(of)
    assert of.covered_us == NOW - QUIET
    assert of.query().since_us == NOW - QUIET - OVERLAP_US


def test_a_clock_that_is_set_back_does_not_undo_progress():
    of = plan()
    turn(of)
    turn(of, now=NOW - MINUTE_US)
    assert of.covered_us == NOW - QUIET
    assert of.query().since_us == NOW - QUIET - OVERLAP_US


def test_an_answer_that_is_cut_is_continued_where_it_ended():
    of = plan()
    until = NOW - 5 * MINUTE_US
    turn(of, pipeline(1, age_us=5 * MINUTE_US), until_us=until)
    assert of.covered_us == until
    # Only what is known already fits an answer: the next one begins behind it.
    turn(of, pipeline(1, age_us=5 * MINUTE_US), until_us=until - 1)
    assert (of.covered_us, of.query().since_us) == (until, until)


def test_only_so_many_decisions_are_remembered():
    of = plan(max_decided=3)
    turn(of, *(pipeline(number) for number in range(5)))
    again = turn(of, *(pipeline(number) for number in range(5)))
    assert again == [pipeline(0), pipeline(1)]


def test_attempts_without_a_hash_are_known_by_node_session_and_event():
    references = {
        reference_of(pipeline(hash=None, **changes))
        for changes in ({}, {"root": 8}, {"api_session": 257}, {"node": "bb"}, {"first_at": 1})
    }
    assert len(references) == 4


def test_rows_are_looked_for_around_the_events():
    candidate = Candidate("blocks", pipeline(1, age_us=0))
    assert candidate.window == Window(NOW - SECOND_US - MINUTE_US, NOW + MINUTE_US)
    assert candidate.reference == (1).to_bytes(32, "big")
