"""Differences between implementations, planted into a simulated network.

Pure. An implementation may be slower, lose assurances, fail more often, have wrong clocks, or lie;
all of its nodes then do, from the beginning of the network. Nodes differ by themselves, too: each
runs on a host of its own, whose speed is constant and unknown. Many events of few nodes are
therefore few observations, and a comparison that counts events finds differences where none are.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from tart.errors import ConfigError
from tart.simulate.model.lies import LIES, Lie
from tart.simulate.model.world import (
    IMPLEMENTATIONS,
    Conduct,
    Implementation,
    Node,
    World,
)
from tart.suggestions import did_you_mean

# The standard deviation of the logarithm of the hosts' speeds.
HOST_SPREAD = 0.07
_MILLISECOND_US = 1_000


@dataclass(frozen=True)
class Difference:
    """Properties that distinguish an implementation; by default it has none.

    Attributes:
        implementation: Its name.
        version: Nodes with this version alone; empty: with any.
        imports: Factor of the time that imports of blocks take.
        guaranteeing: Factor of the time that refinement and the building of reports take.
        failures: Factor of the rates of all failures of its nodes.
        lost_assurances: Share of its assurances that reach no node, although they are told.
        clock_us: Added to the clocks of its nodes, microseconds.
        lie: A name of ``LIES`` that all of its nodes tell; empty for none.

    Raises:
        ValueError: A value is out of its range.
    """

    implementation: str
    version: str = ""
    imports: float = 1.0
    guaranteeing: float = 1.0
    failures: float = 1.0
    lost_assurances: float = 0.0
    clock_us: int = 0
    lie: str = ""

    def __post_init__(self) -> None:
        for name in ("imports", "guaranteeing", "failures"):
            if not 0 < getattr(self, name) <= _MOST:
                raise ValueError(f"{name} is a factor above 0, at most {_MOST}")
        if not 0 <= self.lost_assurances <= 1:
            raise ValueError("lost_assurances is a share from 0 to 1")
        if abs(self.clock_us) > _LARGEST_OFFSET_US:
            raise ValueError(f"clock is at most {_LARGEST_OFFSET_US // 1_000_000} s wrong")
        if self.lie and self.lie not in LIES:
            raise ValueError(f"no lie {self.lie!r}{did_you_mean(self.lie, LIES)}")

    @property
    def name(self) -> str:
        """The implementation, and the version if there is one."""
        return f"{self.implementation} {self.version}".rstrip()

    def applies_to(self, name: str, version: str) -> bool:
        """Return whether nodes with this name and version have the difference."""
        return name == self.implementation and self.version in ("", version)

    def effects(self) -> dict[str, object]:
        """Return the members that are not the defaults, without name and version."""
        usual = {each.name: each.default for each in fields(self)}
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in ("implementation", "version") and value != usual[name]
        }


_MOST = 100
_LARGEST_OFFSET_US = 3_600 * 1_000_000


class Planted(NamedTuple):
    """A difference and the nodes that have it."""

    difference: Difference
    nodes: tuple[Node, ...]

    @property
    def lies(self) -> tuple[Lie, ...]:
        """The lies that its nodes tell."""
        name, nodes = self.difference.lie, tuple(node.index for node in self.nodes)
        return (Lie(name, nodes),) if name and nodes else ()


def plant_differences(
    world: World, differences: Sequence[Difference], host_spread: float = 0.0
) -> list[Planted]:
    """Give each node the speed of its host and the differences of its implementation.

    The caller plants the lies.

    Args:
        world: The network, before any node has a connection.
        differences: The differences; those that apply to the same node add up.
        host_spread: The standard deviation of the logarithm of the hosts' speeds; 0: all are equal.

    Raises:
        ValueError: No node has an implementation that is named.
    """
    rng = random.Random(world.hash("hosts"))
    for node in world.nodes:
        host = rng.lognormvariate(0.0, host_spread) if host_spread else 1.0
        node.conduct = Conduct(pace=host, import_pace=host, guarantee_pace=host)
    return [_plant(world, difference) for difference in differences]


def _plant(world: World, difference: Difference) -> Planted:
    check_difference(difference, world.implementations)
    affected = []
    for node in world.nodes:
        information = node.reporter.fake.information
        name, version = information.implementation_name, information.implementation_version
        if difference.applies_to(name, version):
            affected.append(node)
            node.clock += difference.clock_us
            conduct = node.conduct
            node.conduct = replace(
                conduct,
                import_pace=conduct.import_pace * difference.imports,
                guarantee_pace=conduct.guarantee_pace * difference.guaranteeing,
                failures=conduct.failures * difference.failures,
                lost_assurances=max(conduct.lost_assurances, difference.lost_assurances),
            )
    return Planted(difference, tuple(affected))


def check_difference(difference: Difference, implementations: Sequence[Implementation]) -> None:
    """Check that a network with these implementations has the one that a difference names.

    Raises:
        ValueError: It has not.
    """
    if any(difference.applies_to(*each) for each in implementations):
        return
    wanted = difference.implementation
    names = list(dict.fromkeys(each.name for each in implementations))
    if wanted not in names:
        hint = did_you_mean(wanted, names) or f"; the network has {', '.join(names)}"
        raise ValueError(f"no implementation {wanted!r}{hint}")
    versions = [each.version for each in implementations if each.name == wanted]
    raise ValueError(f"{wanted} has no version {difference.version!r}, but {', '.join(versions)}")


def shuffled_implementations(
    nodes: int, seed: int, implementations: Sequence[Implementation] = IMPLEMENTATIONS
) -> tuple[Implementation, ...]:
    """Return an implementation for each node, all about equally often, in random order.

    Assigned in turn they would have regular places among the neighbours that announce blocks to
    each other, and so differ by that alone.
    """
    by_node = [implementations[index % len(implementations)] for index in range(nodes)]
    random.Random(f"implementations {seed}").shuffle(by_node)
    return tuple(by_node)


# --- Texts of the command line -----------------------------------------------------------


def _factor(text: str) -> float:
    return float(text)


def _share(text: str) -> float:
    return float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)


def _offset(text: str) -> int:
    for unit, size in (("ms", _MILLISECOND_US), ("s", 1_000 * _MILLISECOND_US)):
        if text.endswith(unit):
            return int(float(text.removesuffix(unit)) * size)
    raise ValueError


@dataclass(frozen=True)
class Effect:
    """A member of ``Difference`` on the command line.

    Attributes:
        member: Its name there.
        read: Reads its value.
        example: A value.
        description: For the help of the command line.
    """

    member: str
    read: Callable[[str], Any]
    example: str
    description: str


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "import": Effect(
            "imports", _factor, "1.2", "imports of blocks take this many times as long"
        ),
        "guarantee": Effect(
            "guaranteeing",
            _factor,
            "1.5",
            "refining and building reports takes this many times as long",
        ),
        "failures": Effect(
            "failures", _factor, "3", "all of its steps fail this many times as often"
        ),
        "lost-assurances": Effect(
            "lost_assurances", _share, "1%", "this share of its assurances reaches no node"
        ),
        "clock": Effect("clock_us", _offset, "200ms", "its clocks are ahead, or with - behind"),
        "lie": Effect("lie", str, "claims-guarantees", "its nodes tell this lie (--lie '?')"),
    }
)


def parse_difference(text: str) -> Difference:
    """Parse ``NAME[/VERSION]:EFFECT=VALUE,…``, such as ``sim-beta:import=1.2,clock=200ms``.

    Raises:
        ConfigError: The text is not of that form, or a value is out of its range; the name of the
            implementation is not checked here.
    """
    about, colon, effects = text.partition(":")
    name, _, version = about.strip().partition("/")
    if not name or not colon:
        raise ConfigError(
            f"--difference {text}: is not NAME:EFFECT=VALUE, such as sim-beta:import=1.2"
        )
    members: dict[str, Any] = {}
    for part in effects.split(","):
        key, _, value = (word.strip() for word in part.partition("="))
        effect = EFFECTS.get(key)
        if effect is None:
            hint = did_you_mean(key, EFFECTS) or f"; there are {', '.join(EFFECTS)}"
            raise ConfigError(f"--difference {text}: no effect {key!r}{hint}")
        try:
            members[effect.member] = effect.read(value)
        except (ValueError, OverflowError):
            raise ConfigError(
                f"--difference {text}: {key} is not {value!r}, but such as {effect.example}"
            ) from None
    try:
        return Difference(name, version, **members)
    except ValueError as error:
        raise ConfigError(f"--difference {text}: {error}") from None
