import json

import pytest

from tests.supervisor.process import Process


def errors_of(kind):
    """What a supervisor that gives up on the first death reports about one part."""
    with Process("tests.supervisor.toy", json.dumps({"crash_limit": 1}), f"part={kind}") as toy:
        assert toy.ended() == 1
        assert toy.rest() == ["supervisor returned 1"]
        return toy.errors()


@pytest.mark.parametrize(("kind", "code"), [("crashing", 3), ("exiting", 1)])
def test_the_exit_code_of_a_child_is_reported(kind, code):
    assert f"the last time it ended with exit code {code};" in errors_of(kind)


def test_an_expected_error_is_one_sentence():
    errors = errors_of("refused")

    assert "ERROR the disk is full\n" in errors
    assert "the last time it ended with exit code 1;" in errors
    assert "Traceback" not in errors


def test_a_fault_leaves_a_traceback():
    errors = errors_of("faulty")

    assert "ERROR stopped by an unexpected exception (a bug in tart)\nTraceback" in errors
    assert "RuntimeError: boom" in errors
    assert "the last time it ended with exit code 1;" in errors
