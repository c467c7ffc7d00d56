"""Names of services, from the metadata at the beginning of their code; each code is read once.

Pure. Code is a preimage, which a node sends as a whole: it is asked for after everything else, and
only of accounts that are so small that it fits into a message.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b

from msgspec.structs import replace

from tart.query.chain_queries.chain import StoredService
from tart.rpc.code_metadata import read_code_metadata

MAX_CODES = 10_000
# An account's octets count its preimages, so its code is not larger. As Base64 in a message it
# takes a third more, and a message has 16 MiB.
MAX_OCTETS = 8 << 20
MAX_NAME = 100


class ServiceNames:
    """The names of services that are known, and the code that is to be read.

    Args:
        limit: Names in memory, and codes to be read.
    """

    def __init__(self, limit: int = MAX_CODES) -> None:
        self._limit = limit
        self._names: OrderedDict[str, str | None] = OrderedDict()
        self._due: OrderedDict[str, StoredService] = OrderedDict()

    def __len__(self) -> int:
        """Return how many codes are to be read."""
        return len(self._due)

    def complete(self, account: StoredService) -> StoredService:
        """Return the account with its name; if its code was not read, that becomes due."""
        if account.code_hash in self._names:
            return replace(account, name=self._names[account.code_hash])
        if account.octets <= MAX_OCTETS and len(self._due) < self._limit:
            self._due[account.code_hash] = account
        return account

    def take(self) -> StoredService | None:
        """Return an account whose code is to be read next; one that fails waits for its account."""
        return self._due.popitem(last=False)[1] if self._due else None

    def resolve(self, account: StoredService, code: bytes | None) -> StoredService | None:
        """Return the account with the name in its code; None if it has none.

        Args:
            account: As it was read last.
            code: The preimage of its code hash; None if that was not provided yet. Other bytes
                than the preimage are ignored.
        """
        if code is None or blake2b(code, digest_size=32).hexdigest() != account.code_hash:
            return None
        metadata = read_code_metadata(code)
        name = None if metadata is None else metadata.name.strip()[:MAX_NAME] or None
        self._names[account.code_hash] = name
        if len(self._names) > self._limit:
            self._names.popitem(last=False)
        return None if name is None else replace(account, name=name)
