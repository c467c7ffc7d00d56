"""Reads what a node answers to the requests of the follower.

Pure. Each method of JIP-2 that the follower uses has one reader; what it cannot read counts as a
failed request of that node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tart.rpc.data_error import RpcDataError
from tart.rpc.model import Statistics
from tart.rpc.parameters import ChainParameters, read_parameters
from tart.rpc.readings import read_blob, read_block, read_optional_blob, read_services
from tart.rpc.service_data import ServiceData, decode_service_data
from tart.rpc.statistics import decode_statistics

PARAMETERS, BEST, FINALIZED = "parameters", "bestBlock", "finalizedBlock"
PARENT, STATISTICS = "parent", "statistics"
SERVICES, SERVICE, CODE = "listServices", "serviceData", "servicePreimage"


def read_answer(method: str, value: Any, parameters: ChainParameters) -> Any:
    """Return the answer to a method as a value of ``tart.rpc``.

    Raises:
        RpcDataError: It cannot be read.
    """
    return _READERS[method](value, parameters)


def _statistics(value: Any, parameters: ChainParameters) -> Statistics:
    if parameters.cores is None:
        raise RpcDataError("statistics", "no node answered the number of cores")
    blob = read_blob(value, "statistics")
    return decode_statistics(blob, cores=parameters.cores, validators=parameters.val_count)


def _service(value: Any, parameters: ChainParameters) -> ServiceData | None:
    blob = read_optional_blob(value, "a service account")
    return None if blob is None else decode_service_data(blob)


_READERS: Mapping[str, Callable[[Any, ChainParameters], Any]] = MappingProxyType(
    {
        PARAMETERS: lambda value, _: read_parameters(value),
        BEST: lambda value, _: read_block(value),
        FINALIZED: lambda value, _: read_block(value),
        PARENT: lambda value, _: read_block(value),
        STATISTICS: _statistics,
        SERVICES: lambda value, _: read_services(value),
        SERVICE: _service,
        CODE: lambda value, _: read_optional_blob(value, "the code of a service"),
    }
)
