import pytest

from tart.errors import StartupError
from tart.supervisor.core.watchdog import Watchdog, read_watchdog


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": ""}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"}, 30.0),
        # Inherited from a service that started us by the way.
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "41"}, 0.0),
    ],
)
def test_the_watchdog_follows_the_environment_of_systemd(environ, seconds):
    assert read_watchdog(environ, 42) == Watchdog(seconds)


@pytest.mark.parametrize("text", ["soon", "-1", "1.5"])
def test_an_invalid_watchdog_time_is_an_error(text):
    with pytest.raises(StartupError, match="is not a number of microseconds"):
        read_watchdog({"WATCHDOG_USEC": text}, 42)


def test_the_intervals_fit_into_the_watchdog_time():
    watchdog = Watchdog(30.0)

    # Several beats may be lost or late before a part counts as silent.
    assert watchdog.heartbeat_seconds * 4 <= watchdog.timeout_seconds
    # A message that is sent half that late is still in time.
    assert watchdog.feed_seconds * 2 <= watchdog.seconds
    # systemd.service(5): silence must be noticed before systemd would have given up.
    assert watchdog.timeout_seconds + watchdog.feed_seconds < watchdog.seconds
