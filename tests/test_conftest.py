"""Coverage is measured in the tests of the pure packages alone; see ``tests/conftest.py``."""

from __future__ import annotations

import sys
import threading


def test_a_test_beside_the_pure_packages_is_not_measured():
    """Measured it would take twice as long."""
    assert sys.gettrace() is None
    assert threading.gettrace() is None
