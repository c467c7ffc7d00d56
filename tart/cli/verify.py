"""``tart verify``: says whether the files of a stopped server are what they must be.

Takes the same lock as ``serve``, so it neither runs beside one nor is overtaken by one.
Exit code 0 when all is well, 1 when something is wrong: one line for each finding.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tart.config.load import load
from tart.errors import DecodeError, NodeInformationError, StartupError
from tart.protocol.decoding import check_event
from tart.protocol.node_information import NodeInformation, decode_node_information
from tart.storage.core.log_columns import LogRow
from tart.storage.log import verify as storage
from tart.supervisor.data_lock import claimed


def verify(path: Path | None, data_dir: str | None, *, deep: bool) -> int:
    """Check, print a report, return the exit code.

    Raises:
        ConfigError: the settings cannot be used.
        StartupError: the directory is not there, or a tart uses it.
    """
    flags: Mapping[str, Any] = {"data_dir": data_dir}
    config = load(path, environ=os.environ, flags=flags)
    root = config.data_path
    if not root.is_dir():
        raise StartupError(f"data_dir: {root} is not there")
    with claimed(root, config.run_path):
        report = storage.verify(root, complaint, deep=deep)
    for finding in report.findings:
        print(finding)
    print(_summary(report))
    return 1 if report.findings else 0


def _summary(report: storage.Report) -> str:
    kept = sum(report.undecodable.values())
    rules = ", ".join(f"{rule} {count}" for rule, count in sorted(report.undecodable.items()))
    return (
        f"{report.files} files, {report.events} events, {report.decoded} decoded again, "
        f"{kept} undecodable frames kept{f' ({rules})' if rules else ''}: "
        f"{len(report.findings) or 'nothing'} wrong"
    )


def complaint(row: LogRow, hello: bytes) -> str | None:
    """Why a row does not decode, given what its node said first."""
    node = _node(hello)
    if node is None:
        return "the node information of its session cannot be read"
    try:
        version, cores = node.protocol_version, node.cores
        check_event(row.type, row.payload, version=version, cores=cores)
    except DecodeError as error:
        return str(error)
    return None


@lru_cache(maxsize=4096)
def _node(hello: bytes) -> NodeInformation | None:
    try:
        return decode_node_information(hello)
    except NodeInformationError:
        return None
