"""How many examples the property tests try: few at home, the same ones each time in CI."""

import os

from hypothesis import settings

settings.register_profile(
    "tart",
    max_examples=200,
    deadline=None,
    database=None,
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("tart")
