"""The property tests' profile, which is the protocol's."""

from tests.protocol.conftest import settings

settings.load_profile("tart")
