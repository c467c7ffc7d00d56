"""The node information that every telemetry connection begins with (JIP-3).

Pure. It is validated when it is made, so that a mistake shows when the node starts and not
while it runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.errors import EncodeError
from tart.protocol.byte_reader import Reader
from tart.protocol.node_information import (
    PARAMETER_LAYOUTS,
    NodeInformation,
    encode_node_information,
)

# Node flags, bit 0: the node's PVM is a recompiler.
RECOMPILER = 1


def node_information(
    *,
    peer_id: bytes,
    parameters: bytes | Mapping[str, int],
    genesis: bytes,
    implementation_name: str,
    implementation_version: str,
    gp_version: str,
    address: str = "::",
    port: int = 0,
    recompiler: bool = False,
    additional_info: str = "",
    protocol_version: int = 1,
) -> NodeInformation:
    """Return the node information of a node.

    Args:
        peer_id: The node's Ed25519 public key, 32 bytes.
        parameters: The JAM parameters: as the fetch host call returns them (selector 0;
            134 bytes up to Gray Paper 0.7, 122 from 0.8), or by their JIP-2 names.
        genesis: Hash of the genesis header, 32 bytes.
        implementation_name: Such as ``PolkaJam``, at most 32 bytes of UTF-8.
        implementation_version: At most 32 bytes.
        gp_version: The Gray Paper version implemented, such as ``0.7.2``, at most 16 bytes.
        address: IPv6 or IPv4 address that the node listens on for peers.
        port: Port that the node listens on for peers.
        recompiler: Whether the PVM is a recompiler; otherwise it is an interpreter.
        additional_info: Free text, at most 512 bytes.
        protocol_version: Telemetry protocol version: 1, or 0 for older servers.

    Raises:
        EncodeError: A value does not fit its field, which the error names.
    """
    if protocol_version not in (0, 1):
        raise EncodeError("protocol_version", "0 or 1")
    layout, named = _parameters(parameters)
    information = NodeInformation(
        protocol_version=protocol_version,
        parameters=named,
        layout=layout,
        raw_parameters=b"",
        genesis=genesis,
        peer_id=peer_id,
        address=address,
        port=port,
        flags=RECOMPILER if recompiler else 0,
        implementation_name=implementation_name,
        implementation_version=implementation_version,
        gp_version=gp_version,
        additional_info=additional_info,
    )
    encode_node_information(information)
    if information.cores is None:
        raise EncodeError("core_count", "from 1 to 341")
    return information


def _parameters(parameters: bytes | Mapping[str, int]) -> tuple[str, Mapping[str, int]]:
    for name, layout in PARAMETER_LAYOUTS.items():
        if isinstance(parameters, bytes):
            if len(parameters) == layout.size:
                return name, layout.read(Reader(parameters))
        elif parameters.keys() == {key for key, _ in layout.fields}:
            return name, parameters
    raise EncodeError("parameters", "all of Gray Paper 0.7 or all of 0.8")
