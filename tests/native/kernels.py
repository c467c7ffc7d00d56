"""The kernel under test, and the reason to skip its tests where it is not compiled."""

import pytest

from tart.native.library import kernel, reason

needs_kernel = pytest.mark.skipif(
    kernel() is None,
    reason=f"the native kernel does not run: {reason()}; `make native` compiles it",
)
