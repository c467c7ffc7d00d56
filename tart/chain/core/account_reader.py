"""The reading of services' accounts, one request at a time, while nothing else waits.

Pure. An account is read in the state of the best block. Its service's name is in its code, which
is read once (``tart.chain.core.service_names``).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

from tart.chain.core.answers import CODE, SERVICE, SERVICES
from tart.chain.core.changes import PutService
from tart.chain.core.follower_state import FollowerState
from tart.chain.core.service_names import ServiceNames
from tart.chain.core.service_schedule import ServiceSchedule
from tart.query.chain_queries.chain import StoredService
from tart.rpc.service_data import ServiceData
from tart.units import SECOND_US

LIST_SERVICES_US = 600 * SECOND_US


class AccountReader:
    """The services whose accounts are stored.

    Args:
        state: Shared by the parts of the follower.
        schedule: The accounts that are to be read.
    """

    def __init__(self, state: FollowerState, schedule: ServiceSchedule) -> None:
        self._state = state
        self._schedule = schedule
        self._names = ServiceNames()
        self._listed_at = 0
        self._slot = 0
        self._code_account: StoredService | None = None

    def ask_next(self, now: int) -> None:
        """Ask for the next account, and now and then for the list of services."""
        best, requests = self._state.best, self._state.requests
        if best is None or len(requests) > 0:
            return
        block = b64encode(best.hash).decode()
        if not 0 <= now - self._listed_at < LIST_SERVICES_US:
            self._listed_at = now
            requests.add(SERVICES, best.slot, (block,))
        elif (service := self._schedule.take(best.slot)) is not None:
            self._slot = best.slot
            requests.add(SERVICE, service, (block, service))
        elif (account := self._names.take()) is not None:
            self._code_account = account
            digest = b64encode(bytes.fromhex(account.code_hash)).decode()
            requests.add(CODE, account.service, (block, account.service, digest))

    def receive_list(self, services: Iterable[int], now: int) -> None:
        """Record which services there are."""
        self._listed_at = now
        if self._state.best is not None:
            self._schedule.record(services, self._state.best.slot)

    def receive_account(self, service: int, account: ServiceData | None) -> None:
        """Store an account; there is none of a service that ended."""
        if account is None:
            return
        stored = StoredService(
            service=service,
            at_slot=self._slot,
            code_hash=account.code_hash.hex(),
            balance=account.balance,
            min_item_gas=account.min_item_gas,
            min_memo_gas=account.min_memo_gas,
            octets=account.octets,
            items=account.items,
            created_slot=account.created_slot,
            last_accumulation_slot=account.last_accumulation_slot,
            parent_service=account.parent_service,
        )
        self._state.store(PutService(self._names.complete(stored)))

    def receive_code(self, code: bytes | None) -> None:
        """Store the account that was asked for last with the name in its code, if it has one."""
        account, self._code_account = self._code_account, None
        if account is not None and (named := self._names.resolve(account, code)) is not None:
            self._state.store(PutService(named))
