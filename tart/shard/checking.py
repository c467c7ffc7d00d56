"""One connection's bytes judged on their own, as a shard judges them.

Pure: bytes in, findings out. For whoever wants to know what a server would say of a node
without running one.
"""

from __future__ import annotations

from collections.abc import Iterable

from tart.aggregate.heard import Finding
from tart.aggregate.judging import Judge, handshake_findings
from tart.protocol.connection import Connection
from tart.protocol.framing import DEFAULT_MAX_FRAME
from tart.shard.digest import Run, digest
from tart.shard.nodes import Session
from tart.shard.peers import Peers


def check(
    reads: Iterable[tuple[int, bytes]], *, max_frame: int = DEFAULT_MAX_FRAME
) -> list[Finding]:
    """What is wrong with what a node sent on one connection, from its first byte on.

    Args:
        reads: what came, and when, Unix microseconds; cut anywhere.

    Returns:
        In order of arrival; ``seq`` counts frames after the first message. What ended the
        connection is last, nothing after it was read.
    """
    found: list[Finding] = []
    judge = Judge(found.append)
    connection = Connection(max_frame)
    session = Session(0, 0, "", 0, connection, node_number=0)
    sequence, peers = 0, Peers({})
    for received_at, data in reads:
        was_known = connection.node is not None
        frames = connection.receive_frames(data)
        if connection.node is not None and not was_known:
            content = connection.node_content
            found += handshake_findings(connection.node, received_at, 0, 0, content)
        if frames:
            judge.add(
                digest(frames, [Run(session, len(frames), received_at)], sequence, peers).heard()
            )
            sequence += len(frames)
        if error := connection.error:
            found.append(
                Finding(
                    *(error.rule, received_at, 0, 0, sequence, None, None, 0, ""),
                    *(str(error), error.frame),
                )
            )
            break
    return found
