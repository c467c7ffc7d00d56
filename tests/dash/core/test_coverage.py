"""Sentences about partial answers."""

from tart.dash.core.coverage import coverage_notes


def test_complete_answers_have_no_note():
    answers = [{"slots": []}, None, "text", {"shards": {"answered": 2, "total": 2}}]
    assert list(coverage_notes(answers)) == []


def test_the_answer_that_lacks_most_is_named():
    answers = [
        {"shards": {"answered": 2, "total": 3}},
        {"shards": {"answered": 1, "total": 3}},
        {"shards": {"answered": 2, "total": 3}},
    ]
    assert list(coverage_notes(answers)) == [
        "Partial: 1 of 3 shards answered; what the others have is missing here."
    ]


def test_damaged_files_are_named_once():
    damaged = {"unreadable": [{"file": "shards/00/b\x1b.duckdb"}, {"file": "shards/00/a.duckdb"}]}
    assert list(coverage_notes([damaged, damaged])) == [
        "Partial: shards/00/a.duckdb and 1 other cannot be read in part; its rows are missing here."
    ]
