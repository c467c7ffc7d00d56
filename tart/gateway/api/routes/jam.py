"""Routes about the chain, as the RPC of nodes shows it.

Pure; part of ``api.contract``. The chain process answers them.
"""

from __future__ import annotations

from tart.gateway.api.common import MAX_CORE, limit
from tart.gateway.api.grafana import IntegerList
from tart.gateway.api.parameters import Choice, Duration, Hash, Integer, Parameter, Time
from tart.gateway.api.route import SHARD_ERRORS, Cache, Route
from tart.gateway.api.routes.grafana_onchain import ServiceNumber
from tart.query.answers import jam

_SOURCE = (
    "From the RPC of the nodes in rpc.urls; status 503, code not_configured, without that setting. "
)
_CHAIN = "Figures are of final blocks and of those that lead to the best block. "
_WINDOW = "The window has the slots that begin in it. "
_STEP = Parameter(
    "step",
    Duration(),
    "Length of the buckets of series, rounded up to whole slots; the window begins with a whole "
    "bucket. Without it series is empty.",
)


def _window(default: str) -> tuple[Parameter, ...]:
    return (
        Parameter(
            "duration",
            Duration(),
            "Length of the window, which ends now; start and end take precedence.",
            default,
        ),
        Parameter("start", Time(), "Start of the window, inclusive.", aliases=("start_time",)),
        Parameter("end", Time(), "End of the window, inclusive.", aliases=("end_time",)),
    )


def _route(
    path: str,
    summary: str,
    description: str,
    answer: type,
    *parameters: Parameter,
    errors: tuple[int, ...] = (),
) -> Route:
    # One of a list has the singular: jam_cores and jam_core.
    listed, _, one = path.partition("/")
    return Route(
        f"jam_{listed.removesuffix('s') if one else listed}",
        f"/api/jam/{path}",
        summary,
        f"{_SOURCE}{description}",
        parameters=parameters,
        answer=answer,
        errors=(*errors, *SHARD_ERRORS),
        cache=Cache.BRIEF,
        scattered=False,
    )


JAM_ROUTES: tuple[Route, ...] = (
    _route(
        "stats",
        "Get the state of the chain and the statistics of its best block",
        "services, cores and totals are of the best block alone; other routes have windows.",
        jam.JamStats,
    ),
    _route(
        "services",
        "List services with their accounts and their work on chain",
        f"{_CHAIN}{_WINDOW}Services are ordered by id; those without work in the window have no "
        "activity. Only services whose account a node showed, or that did work, are known.",
        jam.JamServices,
        *_window("1h"),
        _STEP,
    ),
    _route(
        "services/{service_id}",
        "Get one service with its account and its work on chain",
        f"{_CHAIN}{_WINDOW}",
        jam.JamServiceDetails,
        Parameter("service_id", ServiceNumber(), "The service, decimal or 0x…", where="path"),
        *_window("1h"),
        _STEP,
        errors=(404,),
    ),
    _route(
        "cores",
        "List the work of cores on chain",
        f"{_CHAIN}{_WINDOW}All cores of the chain are there, if a block of the window has "
        "statistics.",
        jam.JamCores,
        *_window("1h"),
        _STEP,
    ),
    _route(
        "cores/{core_index}",
        "Get the work of one core on chain",
        f"{_CHAIN}{_WINDOW}",
        jam.JamCoreDetails,
        Parameter("core_index", Integer(0, MAX_CORE), "Index of the core.", where="path"),
        *_window("1h"),
        _STEP,
        errors=(404,),
    ),
    _route(
        "validators",
        "List figures of validators on chain by epoch",
        f"{_CHAIN}{_WINDOW}The index of a validator may name another one in the next epoch, so "
        "figures are by epoch. An epoch that lies in the window as a whole has its own record of "
        "the chain (exact), if a block after it is known; others have the sum of the known "
        "blocks. series is always of known blocks.",
        jam.JamValidators,
        Parameter(
            "validator",
            IntegerList(MAX_CORE),
            "Indices of validators, separated by commas. Without it all.",
        ),
        *_window("1h"),
        _STEP,
    ),
    _route(
        "blocks",
        "List blocks, newest first",
        f"{_WINDOW}The counts in slots are of the whole window, whatever the limit.",
        jam.JamBlocks,
        *_window("1h"),
        Parameter(
            "forks",
            Choice(("include", "exclude")),
            "Whether blocks that are not on the chain are listed.",
            "include",
        ),
        limit(100, "blocks"),
    ),
    _route(
        "blocks/{hash}",
        "Get one block with the work of its cores and services",
        "cores and services have the block's own records, also of a block that is not on the "
        "chain.",
        jam.JamBlockDetails,
        Parameter("hash", Hash(), "The header hash: 64 hex digits.", where="path"),
        errors=(404,),
    ),
    _route(
        "reorganisations",
        "List changes of the best chain that left blocks",
        f"{_WINDOW}A reorganisation belongs to the slot of the new best block.",
        jam.JamReorganisations,
        *_window("24h"),
        limit(100, "reorganisations"),
    ),
)
