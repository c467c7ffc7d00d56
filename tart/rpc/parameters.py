"""Parameters of the chain, as ``parameters`` of JIP-2 answers them.

Pure. Every member may be missing: Gray Paper 0.8 has four fewer than 0.7, older texts of JIP-2 have
others, and some nodes send both. Members that JIP-2 does not have are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from tart.protocol.node_information import PARAMETER_LAYOUTS, SLOT_SECONDS, VALIDATORS_PER_CORE
from tart.rpc.data_error import RpcDataError
from tart.rpc.readings import describe, read_integer
from tart.units import JCE_UNIX_SECONDS

# The binary names, and those that only JIP-2's text of November 2025 has.
MEMBERS = frozenset(
    [
        *(name for name, _ in PARAMETER_LAYOUTS["gp-0.7"].fields),
        "max_refine_code_size",
        "max_is_authorized_code_size",
        "max_refine_memory",
        "max_is_authorized_memory",
    ]
)
# Where a figure is from: a node's parameters, the Gray Paper's constant, or computed from others.
Source = Literal["parameters", "specification", "derived"]


class Figure(NamedTuple):
    """A number, and where it is from."""

    value: int
    source: Source


@dataclass(frozen=True)
class ChainParameters:
    """Members of ``parameters`` that a node has.

    Attributes:
        members: By JIP-2 name.
        unreadable: Known members whose values are no numbers; they count as missing.
    """

    members: Mapping[str, int] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()

    @property
    def cores(self) -> int | None:
        """The core count C, inactive cores included."""
        return self.members.get("core_count")

    @property
    def val_count(self) -> int | None:
        """The constant validator count of Gray Paper 0.7; None in 0.8, where it varies."""
        return self.members.get("val_count")

    @cached_property
    def validators(self) -> Figure | None:
        """The validator count: ``val_count``, or else the most that C cores can have."""
        if self.val_count is not None:
            return Figure(self.val_count, "parameters")
        if self.cores is not None:
            return Figure(self.cores * VALIDATORS_PER_CORE, "derived")
        return None

    @cached_property
    def slot_seconds(self) -> Figure:
        """Length of a slot; 6 seconds (P of the Gray Paper) if the node does not say it."""
        seconds = self.members.get("slot_period_sec")
        if seconds:
            return Figure(seconds, "parameters")
        return Figure(SLOT_SECONDS, "specification")

    @property
    def epoch_slots(self) -> int | None:
        """Length of an epoch; None if it is not known: 12 to 600 are in use."""
        return self.members.get("epoch_period") or None

    def epoch(self, slot: int) -> int | None:
        """The epoch of a slot; None if the length of epochs is not known."""
        return None if self.epoch_slots is None else slot // self.epoch_slots

    def slot_start(self, slot: int) -> int:
        """The time at which a slot begins, in Unix microseconds."""
        return (JCE_UNIX_SECONDS + slot * self.slot_seconds.value) * 1_000_000

    def merge(self, other: ChainParameters) -> ChainParameters:
        """Return these, completed by members that only another node has."""
        return ChainParameters({**other.members, **self.members}, self.unreadable)


def read_parameters(value: Any) -> ChainParameters:
    """Return the parameters of an answer: ``{"V1": {...}}``, or the members themselves.

    Raises:
        RpcDataError: It is no object.
    """
    members = value.get("V1", value) if isinstance(value, dict) else value
    if not isinstance(members, dict):
        raise RpcDataError("parameters", f"{describe(members)} is no object")
    numbers: dict[str, int] = {}
    unreadable = []
    for name in sorted(MEMBERS & members.keys()):
        if members[name] is None:
            continue
        try:
            numbers[name] = read_integer(members[name], name)
        except RpcDataError:
            unreadable.append(name)
    return ChainParameters(numbers, tuple(unreadable))
