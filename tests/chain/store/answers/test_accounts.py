"""``tart/chain/store/answers/accounts.py``: the states of service accounts."""

from __future__ import annotations

from tart.chain.core.changes import PutService
from tart.query.chain_queries import chain
from tests.chain.store.running import make_account, open_store


def test_accounts_are_answered_by_service_before_and_after_a_restart(tmp_path):
    accounts = [make_account(7, 1), make_account(0, 5), make_account(7, 2)]
    expected = [make_account(0, 5), make_account(7, 2)]
    with open_store(tmp_path / "c") as store:
        store.write([PutService(account) for account in accounts])
        assert store.answer(chain.ServiceAccounts()) == expected
    with open_store(tmp_path / "c") as store:
        assert store.answer(chain.ServiceAccounts()) == expected
