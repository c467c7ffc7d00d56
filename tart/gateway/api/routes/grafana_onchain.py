"""Routes of jamtart's API of 2026 about statistics on chain.

Pure; part of ``api.contract``. Where the chain is followed (``rpc.urls``), the answers come from it
as jamtart's do; else tart has what telemetry tells of these statistics.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.gateway.api.common import MAX_CORE
from tart.gateway.api.grafana import CORE, CORE_IN_PATH, SERVICES, IntegerList, interval, route
from tart.gateway.api.parameters import Integer, Parameter
from tart.gateway.api.route import Route
from tart.query.answers import grafana_onchain as answers

_CHAIN = (
    "With rpc.urls from the statistics that the chain keeps, of blocks on the chain, by the time "
    "of their slots. "
)
_SOURCE = (
    f"{_CHAIN}Without it from the execution of blocks (47) that nodes report: accumulate_count and "
    "accumulate_gas are of each block once, all other members are null. "
)
_NONE = f"{_CHAIN}Without it the list is empty: no event tells these statistics. "
_MAX_SERVICE = (1 << 32) - 1
VALIDATORS = Parameter(
    "validator",
    IntegerList(MAX_CORE),
    "Indices of validators, separated by commas, also as {a,b}. Empty means all.",
)


@dataclass(frozen=True)
class ServiceNumber:
    """The id of a service, decimal or hexadecimal with ``0x``."""

    def read(self, text: str, name: str) -> int:
        """See ``Kind``."""
        with suppress(BadQuery):
            numbers = IntegerList(_MAX_SERVICE).read(text, name)
            if numbers is not None and len(numbers) == 1:
                return numbers[0]
        raise BadQuery(
            f"{name} must be the id of one service: an integer from 0 to {_MAX_SERVICE}, "
            "decimal or 0x…",
            name,
        )

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "pattern": "^(0[xX][0-9a-fA-F]+|[0-9]+)$"}


def _none(
    path: str, summary: str, answer: Any, *parameters: Parameter, description: str = ""
) -> Route:
    return route(path, summary, f"{_NONE}{description}", list[answer], *parameters, scattered=False)


GRAFANA_ONCHAIN_ROUTES: tuple[Route, ...] = (
    _none(
        "onchain/cores",
        "Get statistics of cores on chain",
        answers.GrafanaChainCore,
        description="popularity_avg is over the blocks where it is not 0.",
    ),
    _none(
        "onchain/cores/timeseries",
        "Get statistics of cores on chain by time",
        answers.GrafanaChainCoreBucket,
        interval("1m"),
        CORE,
    ),
    _none(
        "onchain/cores/{core_id}",
        "List statistics of a core on chain by block",
        answers.GrafanaChainCoreBlock,
        CORE_IN_PATH,
        description="The newest 1,000 blocks in which it has work, newest first.",
    ),
    route(
        "onchain/services",
        "Get statistics of services on chain",
        f"{_SOURCE}In ascending order of ids.",
        list[answers.GrafanaChainService],
        SERVICES,
    ),
    route(
        "onchain/services/timeseries",
        "Get statistics of services on chain by time",
        f"{_SOURCE}Ordered by time and service; without rpc.urls by the time at which the "
        "first node executed the block.",
        list[answers.GrafanaChainServiceBucket],
        interval("1m"),
        SERVICES,
    ),
    route(
        "onchain/services/{service_id}",
        "List statistics of a service on chain by block",
        f"{_SOURCE}The newest 1,000 blocks, newest first.",
        list[answers.GrafanaChainServiceBlock],
        Parameter("service_id", ServiceNumber(), "The service, decimal or 0x…", where="path"),
    ),
    _none(
        "onchain/validators",
        "Get statistics of validators on chain",
        answers.GrafanaChainValidator,
        description="Figures are increases over the window, also where it spans epochs.",
    ),
    _none(
        "onchain/validators/timeseries",
        "Get statistics of validators on chain by time",
        answers.GrafanaChainValidatorBucket,
        interval("1m"),
        VALIDATORS,
    ),
    _none(
        "onchain/validators/{validator_idx}",
        "List statistics of a validator on chain by block",
        answers.GrafanaChainValidatorBlock,
        Parameter("validator_idx", Integer(0, MAX_CORE), "Index of the validator.", where="path"),
        description="The newest 1,000 blocks, newest first, with the tallies of their epoch.",
    ),
)
