"""Values of the RPC: blocks, and the statistics that the chain keeps in its state.

Pure. The statistics are the value of state key C(13) (Gray Paper, section "Statistics"; JIP-2
``statistics``).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

# The encodings of the statistics: of Gray Paper 0.7, and of 0.8, which has the lengths of the
# lists of validators and a service's transfers.
Layout = Literal["0.7", "0.8"]


class BlockDescriptor(NamedTuple):
    """A block, as the RPC names it.

    Attributes:
        hash: The header hash, 32 bytes.
        slot: Of the block.
    """

    hash: bytes
    slot: int


class ValidatorRecord(NamedTuple):
    """Figures of a validator in an epoch so far, or what one block adds to them.

    Attributes:
        blocks: Blocks authored.
        tickets: Tickets in the blocks that it authored.
        preimages: Preimages in the blocks that it authored.
        preimage_octets: Their size in bytes.
        guarantees: Blocks with a report that it guaranteed, one for each block.
        assurances: Blocks with its assurance.
    """

    blocks: int = 0
    tickets: int = 0
    preimages: int = 0
    preimage_octets: int = 0
    guarantees: int = 0
    assurances: int = 0


class CoreRecord(NamedTuple):
    """The work of a core in one block.

    Attributes:
        da_load: Bytes of the reports that became available: bundle and exported segments.
        popularity: Assurances that mark the core.
        imports: Segments imported, of the reports guaranteed in the block; so are all others.
        extrinsic_count: Extrinsics.
        extrinsic_size: Their size in bytes.
        exports: Segments exported.
        bundle_size: Bytes of the bundles.
        gas_used: By the refinement of all work items.
    """

    da_load: int = 0
    popularity: int = 0
    imports: int = 0
    extrinsic_count: int = 0
    extrinsic_size: int = 0
    exports: int = 0
    bundle_size: int = 0
    gas_used: int = 0


class ServiceRecord(NamedTuple):
    """The work of a service in one block.

    Attributes:
        provided_count: Preimages provided.
        provided_size: Their size in bytes.
        refinement_count: Work items refined, of the reports guaranteed in the block.
        refinement_gas: Gas that they used.
        imports: Segments imported.
        extrinsic_count: Extrinsics.
        extrinsic_size: Their size in bytes.
        exports: Segments exported.
        accumulate_count: Work items accumulated.
        accumulate_transfer_count: Transfers to it; 0 in layout 0.7, which does not have it.
        accumulate_gas: Gas that accumulation used.
    """

    provided_count: int = 0
    provided_size: int = 0
    refinement_count: int = 0
    refinement_gas: int = 0
    imports: int = 0
    extrinsic_count: int = 0
    extrinsic_size: int = 0
    exports: int = 0
    accumulate_count: int = 0
    accumulate_transfer_count: int = 0
    accumulate_gas: int = 0


class Statistics(NamedTuple):
    """The statistics in the state after a block.

    Attributes:
        current: By validator index, of this epoch so far, this block included.
        previous: By validator index, of the last epoch that had a block.
        cores: By core, of this block alone.
        services: By service id, of this block alone; those without work are absent.
        layout: The encoding.
    """

    current: tuple[ValidatorRecord, ...]
    previous: tuple[ValidatorRecord, ...]
    cores: tuple[CoreRecord, ...]
    services: dict[int, ServiceRecord]
    layout: Layout
