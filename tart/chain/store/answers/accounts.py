"""The answer of service accounts, which are kept in memory."""

from __future__ import annotations

from tart.chain.store.answers.context import Context
from tart.query.chain_queries import chain


def answer_service_accounts(
    context: Context, query: chain.ServiceAccounts
) -> list[chain.StoredService]:
    """Return all known service accounts."""
    return sorted(context.accounts, key=lambda account: account.service)
