"""The table of the answers: a function for each query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tart.chain.store.answers.accounts import answer_service_accounts
from tart.chain.store.answers.block_counts import answer_range, answer_state
from tart.chain.store.answers.blocks import (
    answer_block_statistics,
    answer_blocks,
    answer_blocks_by_hash,
)
from tart.chain.store.answers.context import Context
from tart.chain.store.answers.reorganisations import answer_reorganisations
from tart.chain.store.answers.validators import answer_validator_series, answer_validators
from tart.chain.store.answers.work_totals import answer_cores, answer_services
from tart.query.chain_queries import chain

ANSWERS: Mapping[type[Any], Callable[[Context, Any], Any]] = {
    chain.State: answer_state,
    chain.Blocks: answer_blocks,
    chain.BlocksByHash: answer_blocks_by_hash,
    chain.BlockStatistics: answer_block_statistics,
    chain.RangeCounts: answer_range,
    chain.Cores: answer_cores,
    chain.Services: answer_services,
    chain.Validators: answer_validators,
    chain.ValidatorSeries: answer_validator_series,
    chain.Reorganisations: answer_reorganisations,
    chain.ServiceAccounts: answer_service_accounts,
}
