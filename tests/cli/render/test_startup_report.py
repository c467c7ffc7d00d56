"""The report of the checks before a start: what counts as wrong, and the exit code."""

from tart.cli.render.startup_report import (
    Outcome,
    Problem,
    Severity,
    check_document,
    exit_code,
    render_check,
)
from tart.errors import SettingFault
from tests.cases import all_cases

FAULT = SettingFault("shards", "config.toml", 3, "is wrong")


def problem(severity):
    return Problem(severity, FAULT)


@all_cases(
    ("severities", "code"),
    [
        ((), 0),
        ((Severity.IN_USE, Severity.WARNING), 0),
        ((Severity.DEFECT, Severity.WARNING), 1),
        ((Severity.REFUSED,), 1),
        ((Severity.REFUSED, Severity.WRONG), 2),
    ],
)
def test_the_worst_problem_decides_the_exit_code(severities, code):
    assert exit_code(list(map(problem, severities))) == code


def test_each_check_is_a_line_with_its_state():
    outcomes = [Outcome("port", [problem(Severity.IN_USE)]), Outcome("key"), Outcome("disk")]
    outcomes[2].add(Severity.REFUSED, FAULT)
    problems = [row for outcome in outcomes for row in outcome.problems]

    text = render_check("the settings in x", "tart", outcomes, problems)

    assert text.splitlines() == [
        "ok       the settings in x",
        "warning  port",
        "ok       key",
        "wrong    disk",
        "checked as tart, who owns the data directory",
        "the configuration has 1 mistake",
    ]
    document = check_document("the settings in x", "tart", outcomes, problems)
    assert [row["state"] for row in document["checks"]] == ["warning", "ok", "wrong"]
    assert document["problems"][1] == {
        "severity": "refused",
        "key": "shards",
        "origin": "config.toml",
        "line": 3,
        "text": "is wrong",
    }
    assert not document["valid"]
