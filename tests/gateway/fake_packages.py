"""A work-package as fake shards tell of it: at one guarantor, reported and on chain."""

from __future__ import annotations

from typing import Any

import numpy as np

from tart.aggregate.core.tables import OPERATIONS, ROWS
from tart.query.core.query import Attached
from tart.query.shard_queries import package_outcomes
from tart.query.shard_queries.package_outcomes import INCLUDED, REACHED, RECEIVED
from tart.query.shard_queries.package_totals import STAGE_VALUES
from tart.query.shard_queries.packages import COUNT_COLUMNS, MARKS, MEASURES, STATE
from tart.units import SECOND_US
from tests.gateway.fake_shard import NODE_A, NOON, FakeShard, event

PACKAGE, REPORT, ROOT = "cc" * 32, "dd" * 32, "ee" * 32
SESSION = 1 << 8


def handling(**changes: Any) -> dict[str, Any]:
    """A guarantor's row."""
    return (
        dict.fromkeys(ROWS["packages"])
        | {
            "started_at": NOON,
            "ended_at": NOON + SECOND_US,
            "node": NODE_A,
            "session": SESSION,
            "seq": 1,
            "root": 7,
            "kind": 90,
            "hash": PACKAGE,
            "outcome": "distributed",
            "core": 1,
            "started": 1_000,
            "received": 2_000,
            "guaranteed": 5_000,
            "distributed": 9_000,
            "report": REPORT,
            "erasure_root": ROOT,
        }
        | changes
    )


def state(**changes: Any) -> list[Any]:
    """The same as ``states`` has it."""
    row = handling()
    values = {name: row.get(name) for name in STATE} | {
        "started_at": NOON,
        "place": 9,
        "first_at": NOON,
        "last_at": NOON + SECOND_US,
        "nodes": [NODE_A],
        "submitted_to": NODE_A,
        "submissions": 1,
        "submissions_failed": 0,
        "shares": 0,
        "shares_failed": 0,
        "any_report": REPORT,
        "any_erasure_root": ROOT,
        "services": "[7,7]",
        "received_by": [NODE_A],
        "guaranteed_by": [NODE_A],
    }
    values |= changes
    return [values[name] for name in STATE]


def tally(by: list[str]) -> list[Any]:
    """The same as ``tallied`` has it."""
    counts = dict.fromkeys(COUNT_COLUMNS, 1) | {
        "last_at": NOON,
        "last_guaranteed": 5_000,
        "cores": {"1": 1},
    }
    keys = {"node": NODE_A, "core": 1}
    return [*(keys[name] for name in ("node", "core") if name in by), *counts.values()]


def heard(parameters: dict[str, Any], **told: Any) -> list[Any]:
    """A row of an additive table, by its one key, with the values that are asked for."""
    values = parameters.get("values") or OPERATIONS[parameters["table"]]
    return [told.get(name) for name in ("key", *values)]


def summed(parameters: dict[str, Any]) -> list[Any]:
    """What was heard of the report and of the erasure root."""
    if not {"hash", "root"} & set(parameters["by"]):
        return []
    match parameters["table"]:
        case "reports":
            return [
                heard(
                    parameters,
                    key=REPORT,
                    first_at=NOON,
                    last_at=NOON + SECOND_US,
                    received_at=NOON,
                    included_at=NOON + SECOND_US,
                )
            ]
        case "erasures":
            return [
                heard(
                    parameters,
                    key=ROOT,
                    first_at=NOON,
                    last_at=NOON,
                    **{name: 1 for name in OPERATIONS["erasures"] if not name.endswith("_at")},
                )
            ]
    return []


def outcomes() -> Attached[dict[str, Any]]:
    """The package on chain, its report and its erasure root as columns."""
    package = np.zeros(1, package_outcomes.PACKAGE)
    package["key"], package["report"], package["root"] = 5, 6, 7
    package["first_at"], package["last_at"] = NOON, NOON + SECOND_US
    package["slot"], package["core"], package["stage"] = 4, 1, REACHED.index("distributed")
    report = np.array([(6, RECEIVED | INCLUDED)], package_outcomes.REPORT)
    head = {
        **dict.fromkeys(("packages", "reports", "roots"), 1),
        "reasons": [""],
        "below": None,
        "unidentified": {"submissions": 0, "shares": 0, "failed": 0},
    }
    return Attached(head, package.tobytes() + report.tobytes() + np.array([7], "<u8").tobytes())


def add_package(shard: FakeShard) -> None:
    """Let a shard know of one package."""
    outline = {"work_report_hash": "0x" + REPORT, "slot": 4, "guarantors": [1, 2]}
    began = event(
        0, 7, number=90, variant="WorkPackageSubmission", fields={"builder": "0x", "bundle": True}
    )
    built = event(0, 8, number=105, variant="GuaranteeBuilt", fields={"outline": outline})
    on_chain = event(
        0,
        9,
        number=113,
        variant="GuaranteeDiscarded",
        fields={"outline": outline, "reason": "PackageReportedOnChain"},
    )
    marks = sum(1 << at for at in range(len(MARKS)))
    shard.answers |= {
        "package_stages": lambda _: {
            "rows": [[5, 1, marks, *(3 for _ in MEASURES), NOON]],
            "below": None,
            "unidentified": {"submissions": 0, "shares": 0, "failed": 0},
        },
        "package_outcomes": lambda _: outcomes(),
        "package_counts": lambda asked: [tally(asked["by"])],
        "stage_totals": lambda asked: [
            [NODE_A, NOON if asked.get("step_us") else None, *(3 for _ in STAGE_VALUES)]
        ],
        "package_services": lambda _: {
            "rows": [[5, 7, NOON, 1, 2, 1, 40, 9], [5, 8, NOON, 1, 2, 1, 50, 9]],
            "below": None,
        },
        "deliveries": lambda asked: {
            "starts": [[5, REPORT, NOON, NODE_A, 4, 1, PACKAGE]],
            "arrivals": [
                [
                    5,
                    REPORT,
                    None if asked["kind"] == 105 else NODE_A,
                    NOON,
                    NOON + 5000,
                    [0, 1, 49, 2],
                ]
            ],
            "below": None,
        },
        "step_durations": lambda _: [[1, 40, 2]],
        "package_states": lambda _: [state()],
        "package_rows": lambda _: [handling()],
        "journey": lambda _: {
            "pipelines": {f"{SESSION}/7": [began, built]},
            "reports": [on_chain],
            "erasures": [],
            "auditors": [NODE_A],
        },
    }
    plainly = shard.answers.get("aggregate_sum")
    shard.answers["aggregate_sum"] = lambda asked: (
        summed(asked) or (plainly(asked) if plainly else [])
    )
