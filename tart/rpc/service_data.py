"""Encoding of a service account, as ``serviceData`` of JIP-2 answers it.

Pure. Source: Gray Paper, sections "Service accounts" and "State merklization". 89 bytes since Gray
Paper 0.7.1, the first of which is a version, 0; 88 without it, which Gray Paper 0.7.0 had and
typeberry answers still.
"""

from __future__ import annotations

from struct import Struct, error
from typing import NamedTuple

from tart.errors import EncodeError
from tart.rpc.data_error import RpcDataError
from tart.rpc.parameters import ChainParameters

_ACCOUNT = Struct("<32s5Q4I")
BYTES, BYTES_WITHOUT_VERSION = _ACCOUNT.size + 1, _ACCOUNT.size
KNOWN_VERSION = 0


class ServiceData(NamedTuple):
    """A service account; the Gray Paper's symbol stands behind each member.

    Attributes:
        code_hash: Of its code, a preimage (a_c).
        balance: (a_b)
        min_item_gas: The least gas of a work item's accumulation (a_g).
        min_memo_gas: The least gas of a transfer (a_m).
        octets: Of its storage and preimages (a_o).
        deposit_offset: Storage that needs no deposit, as balance (a_f).
        items: Of its storage and preimages (a_i).
        created_slot: (a_r)
        last_accumulation_slot: (a_a)
        parent_service: That created it (a_p).
        version: Of the encoding; None if it has none.
    """

    code_hash: bytes
    balance: int
    min_item_gas: int
    min_memo_gas: int
    octets: int
    deposit_offset: int
    items: int
    created_slot: int
    last_accumulation_slot: int
    parent_service: int
    version: int | None = KNOWN_VERSION

    def threshold(self, parameters: ChainParameters) -> int | None:
        """The least balance that the account must have (a_t); None without the deposits."""
        members = parameters.members
        account = members.get("deposit_per_account")
        item = members.get("deposit_per_item")
        octet = members.get("deposit_per_byte")
        if account is None or item is None or octet is None:
            return None
        return max(0, account + item * self.items + octet * self.octets - self.deposit_offset)


def decode_service_data(blob: bytes) -> ServiceData:
    """Return the account that a blob holds.

    Raises:
        RpcDataError: It has another length or version.
    """
    if len(blob) == BYTES_WITHOUT_VERSION:
        return ServiceData._make((*_ACCOUNT.unpack(blob), None))
    if len(blob) != BYTES:
        reason = f"it has {len(blob)} bytes, not {BYTES} or {BYTES_WITHOUT_VERSION}"
        raise RpcDataError("a service account", reason, min(len(blob), BYTES))
    if blob[0] != KNOWN_VERSION:
        reason = f"its version is {blob[0]}, and only {KNOWN_VERSION} is known"
        raise RpcDataError("a service account", reason)
    return ServiceData._make((*_ACCOUNT.unpack_from(blob, 1), blob[0]))


def encode_service_data(account: ServiceData) -> bytes:
    """Return the blob of an account, with the version if it has one.

    Raises:
        EncodeError: A member that its type cannot carry.
    """
    *members, version = account
    if len(account.code_hash) != 32:
        raise EncodeError("code_hash", "32 bytes")
    try:
        octets = _ACCOUNT.pack(*members)
    except error:
        raise EncodeError("", "balances and gas below 2^64, other numbers below 2^32") from None
    return octets if version is None else bytes([version]) + octets
