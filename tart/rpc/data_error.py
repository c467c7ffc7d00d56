"""Error of data that a node's RPC answered and that cannot be read.

Pure.
"""

from __future__ import annotations

from tart.errors import DecodeError


class RpcDataError(DecodeError):
    """Data of a node's RPC that is not what JIP-2 or a known deviation has.

    It costs the one answer; another node may be asked.

    Attributes:
        subject: The noun of the data.
        reason: Why it cannot be read.
    """

    def __init__(self, subject: str, reason: str, offset: int = 0) -> None:
        super().__init__("rpc_data", offset, reason, subject)
        self.subject = subject
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot read {self.subject} from a node's RPC: {self.reason}"
