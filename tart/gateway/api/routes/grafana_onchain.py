"""Routes of jamtart's API of 2026 about statistics on chain.

Pure; part of ``api.contract``. jamtart reads these statistics from a node; tart has what telemetry
tells of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.gateway.api.common import MAX_CORE
from tart.gateway.api.grafana import CORE, CORE_IN_PATH, SERVICES, IntegerList, interval, route
from tart.gateway.api.parameters import Integer, Parameter
from tart.gateway.api.route import Route
from tart.query.answers import grafana_onchain as answers

_SOURCE = (
    "jamtart reads these statistics from the state of a node; tart knows what nodes report of the "
    "execution of blocks (47), of blocks on the best chain. "
)
_NONE = (
    "jamtart reads these statistics from the state of a node. No event tells them, so the list is "
    "empty."
)
_SERVICES = (
    "accumulate_count and accumulate_gas are of each block once; all other members are null. "
)
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
        numbers = IntegerList(_MAX_SERVICE).read(text, name)
        if numbers is None or len(numbers) != 1:
            raise BadQuery(f"{name} must be the id of one service, decimal or 0x…", name)
        return numbers[0]

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "pattern": "^(0[xX][0-9a-fA-F]+|[0-9]+)$"}


def _none(path: str, summary: str, answer: Any, *parameters: Parameter) -> Route:
    return route(path, summary, _NONE, list[answer], *parameters, scattered=False)


GRAFANA_ONCHAIN_ROUTES: tuple[Route, ...] = (
    _none(
        "onchain/cores",
        "Get statistics of cores on chain; empty without a node to ask",
        answers.GrafanaChainCore,
    ),
    _none(
        "onchain/cores/timeseries",
        "Get statistics of cores on chain by time; empty without a node to ask",
        answers.GrafanaChainCoreBucket,
        interval("1m"),
        CORE,
    ),
    _none(
        "onchain/cores/{core_id}",
        "List statistics of a core on chain by block; empty without a node to ask",
        answers.GrafanaChainCoreBlock,
        CORE_IN_PATH,
    ),
    route(
        "onchain/services",
        "Get statistics of services on chain",
        f"{_SOURCE}{_SERVICES}In ascending order of ids.",
        list[answers.GrafanaChainService],
        SERVICES,
    ),
    route(
        "onchain/services/timeseries",
        "Get statistics of services on chain by time",
        f"{_SOURCE}{_SERVICES}By the time at which the first node executed the block; ordered by "
        "time and service.",
        list[answers.GrafanaChainServiceBucket],
        interval("1m"),
        SERVICES,
    ),
    route(
        "onchain/services/{service_id}",
        "List statistics of a service on chain by block",
        f"{_SOURCE}{_SERVICES}The newest 1,000 blocks, newest first.",
        list[answers.GrafanaChainServiceBlock],
        Parameter("service_id", ServiceNumber(), "The service, decimal or 0x…", where="path"),
    ),
    _none(
        "onchain/validators",
        "Get statistics of validators on chain; empty without a node to ask",
        answers.GrafanaChainValidator,
    ),
    _none(
        "onchain/validators/timeseries",
        "Get statistics of validators on chain by time; empty without a node to ask",
        answers.GrafanaChainValidatorBucket,
        interval("1m"),
        VALIDATORS,
    ),
    _none(
        "onchain/validators/{validator_idx}",
        "List statistics of a validator on chain by block; empty without a node to ask",
        answers.GrafanaChainValidatorBlock,
        Parameter("validator_idx", Integer(0, MAX_CORE), "Index of the validator.", where="path"),
    ),
)
