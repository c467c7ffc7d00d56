"""``tart verify``: checks the files of a stopped server.

Takes the same lock as ``serve``, so neither can run beside the other. The exit code is 0
without findings, otherwise 1; each finding is one line.
"""

from __future__ import annotations

import argparse
from functools import lru_cache

from tart.amounts import plural
from tart.chain.store import verify as chain
from tart.cli.arguments import add_config, add_data_dir
from tart.cli.data_directory import require_data_directory
from tart.cli.installation import load_settings
from tart.cli.json_output import add_json, print_json
from tart.cli.progress import Progress
from tart.cli.render.documents import VerifyDocument
from tart.cli.render.progress_line import BYTES
from tart.errors import DecodeError, NodeInformationError
from tart.protocol.decoding import check_event
from tart.protocol.node_information import NodeInformation, decode_node_information
from tart.storage.core.log_columns import LogRow
from tart.storage.log import verify as storage
from tart.supervisor.data_lock import lock_directories


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser, installed=True)
    add_data_dir(parser)
    add_json(parser)
    parser.add_argument(
        "--deep", action="store_true", help="decode every event (default: a sample)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check the files, print a report, return the exit code.

    Raises:
        ConfigError: The settings are not valid, or the directory is none of tart's.
        StartupError: A server uses the directory.
    """
    config = load_settings(arguments)
    root = require_data_directory(config.data_path)
    with (
        lock_directories(root, config.run_path),
        Progress(
            "verify", storage.total_bytes(root) + chain.total_bytes(root), unit=BYTES
        ) as progress,
    ):
        report = storage.verify(root, complaint, deep=arguments.deep, advance=progress.advance)
        blocks = chain.verify(root, deep=arguments.deep, advance=progress.advance)
    report.findings += blocks.findings
    if arguments.json:
        print_json(_document(report, blocks))
    else:
        for finding in report.findings:
            print(finding)
        print(_summary(report, blocks))
    return 1 if report.findings else 0


def _document(report: storage.Report, chain_report: chain.Report) -> VerifyDocument:
    return {
        "files": report.files + chain_report.files,
        "blocks": chain_report.blocks,
        "events": report.events,
        "decoded": report.decoded,
        "undecodable": dict(sorted(report.undecodable.items())),
        "findings": report.findings,
    }


def _summary(report: storage.Report, chain_report: chain.Report) -> str:
    files = plural(report.files + chain_report.files, "file")
    blocks = f", {plural(chain_report.blocks, 'block')} of the chain" if chain_report.files else ""
    undecodable = sum(report.undecodable.values())
    rules = ", ".join(f"{rule} {count}" for rule, count in sorted(report.undecodable.items()))
    return (
        f"{files}, {plural(report.events, 'event')}, "
        f"{report.decoded:,} of them decoded{blocks}, "
        f"{plural(undecodable, 'undecodable frame')} stored{f' ({rules})' if rules else ''}: "
        f"{plural(len(report.findings), 'finding') if report.findings else 'no findings'}"
    )


def complaint(row: LogRow, hello: bytes) -> str | None:
    """Return why a row cannot be decoded; ``None`` if it can.

    Args:
        row: An event.
        hello: The node information of its session.
    """
    node = _node(hello)
    if node is None:
        return "the node information of its session cannot be decoded"
    try:
        check_event(
            row.type,
            row.payload,
            version=node.protocol_version,
            cores=node.cores,
            dialect=node.dialect,
        )
    except DecodeError as error:
        return str(error)
    return None


@lru_cache(maxsize=4096)
def _node(hello: bytes) -> NodeInformation | None:
    try:
        return decode_node_information(hello)
    except NodeInformationError:
        return None
