"""What holds for every test: how long an example takes says nothing, on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("tart", deadline=None)
settings.load_profile("tart")
