"""``tart/rlimits.py``: the system's limit, raised as far as it goes."""

from __future__ import annotations

import resource
from contextlib import contextmanager

import pytest

from tart.rlimits import OTHER_DESCRIPTORS, count_descriptors, raise_limit_for_connections


@contextmanager
def limited(soft):
    """This process with another soft limit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def soft():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_the_limit_is_raised_to_what_is_wanted_and_never_lowered(caplog):
    with limited(256) as hard:
        if hard < 600 + OTHER_DESCRIPTORS:
            pytest.skip("the system allows fewer")
        raise_limit_for_connections(500, "api.max_connections")
        assert soft() == 500 + OTHER_DESCRIPTORS
        raise_limit_for_connections(100, "api.max_connections")
        assert soft() == 500 + OTHER_DESCRIPTORS
    assert caplog.text == ""


def test_a_limit_below_the_need_is_logged(caplog):
    with limited(256) as hard:
        if hard == resource.RLIM_INFINITY:
            pytest.skip("the system has no limit")
        raise_limit_for_connections(hard, "api.max_connections")
        assert soft() == hard
    assert f"api.max_connections needs {hard + OTHER_DESCRIPTORS}" in caplog.text


def test_descriptors_are_counted_and_limited():
    before, limit = count_descriptors()
    with open("/dev/null"):
        assert count_descriptors() == (before + 1, limit)
