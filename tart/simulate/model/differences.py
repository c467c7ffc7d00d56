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

from tart.errors import BadQuery, ConfigError
from tart.query.core.windows import duration_us
from tart.simulate.model.lies import LIES, Lie
from tart.simulate.model.schedule import Process
from tart.simulate.model.troubles import restart
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
_NEVER = 1 << 50
_LARGEST_OFFSET_US = 3_600 * 1_000_000


@dataclass(frozen=True)
class Upgrade:
    """A new version of an implementation, which its nodes get one after the other.

    Attributes:
        implementation: Its name.
        version: The new version.
        start: When the first node gets it, simulated microseconds after the beginning.
        spread: The time until the last node has it, microseconds.
    """

    implementation: str
    version: str
    start: int
    spread: int = 0


class Planted(NamedTuple):
    """A difference, and the nodes that have it some time."""

    difference: Difference
    nodes: tuple[Node, ...]


class Plan:
    """The versions of all nodes over time, and the differences that come with them.

    Args:
        world: The network, before any node has a connection.
        differences: The differences; those that apply to the same node add up.
        upgrades: New versions.
        host_spread: The standard deviation of the logarithm of the hosts' speeds; 0: all are equal.

    Raises:
        ValueError: No node has an implementation that is named.
    """

    def __init__(
        self,
        world: World,
        differences: Sequence[Difference],
        upgrades: Sequence[Upgrade] = (),
        host_spread: float = 0.0,
    ) -> None:
        self._world = world
        self._differences = differences
        rng = random.Random(world.hash("hosts"))
        self._hosts = [
            rng.lognormvariate(0.0, host_spread) if host_spread else 1.0 for _ in world.nodes
        ]
        self._clocks = [node.clock for node in world.nodes]
        self._versions = {node.index: [(0, _version(node))] for node in world.nodes}
        running = list(dict.fromkeys(_version(node) for node in world.nodes))
        for upgrade in sorted(upgrades, key=lambda each: each.start):
            check_upgrade(upgrade, running)
            self._add(upgrade)
        for difference in differences:
            check_difference(difference, running, upgrades)

    def _add(self, upgrade: Upgrade) -> None:
        nodes = [n for n in self._world.nodes if _version(n).name == upgrade.implementation]
        new = Implementation(upgrade.implementation, upgrade.version)
        for rank, node in enumerate(nodes):
            moment = upgrade.start + upgrade.spread * rank // max(1, len(nodes) - 1)
            self._versions[node.index].append((moment, new))

    @property
    def planted(self) -> list[Planted]:
        """The differences with their nodes."""
        return [
            Planted(
                difference,
                tuple(n for n in self._world.nodes if self._spans(n, difference)),
            )
            for difference in self._differences
        ]

    @property
    def lies(self) -> list[Lie]:
        """The lies that come with differences."""
        return [
            Lie(difference.lie, (node.index,), start, end - start)
            for difference in self._differences
            if difference.lie
            for node in self._world.nodes
            for start, end in self._spans(node, difference)
        ]

    def begin(self) -> None:
        """Give each node the speed of its host and its differences, now and with each upgrade."""
        for node in self._world.nodes:
            self._apply(node)
            self._world.start(self._upgrade(node))

    def _spans(self, node: Node, difference: Difference) -> list[tuple[int, int]]:
        versions = self._versions[node.index]
        ends = [moment for moment, _ in versions[1:]] + [_NEVER]
        return [
            (start, end)
            for (start, version), end in zip(versions, ends, strict=True)
            if difference.applies_to(*version)
        ]

    def _upgrade(self, node: Node) -> Process:
        last = 0
        for moment, version in self._versions[node.index][1:]:
            yield moment - last
            last = moment
            fake = node.reporter.fake
            fake.information = replace(
                fake.information,
                implementation_name=version.name,
                implementation_version=version.version,
            )
            self._apply(node)
            restart(self._world, node)

    def _apply(self, node: Node) -> None:
        """Give a node the differences of its present version."""
        host = self._hosts[node.index]
        conduct = Conduct(pace=host, import_pace=host, guarantee_pace=host)
        clock = self._clocks[node.index]
        for difference in self._differences:
            if difference.applies_to(*_version(node)):
                clock += difference.clock_us
                conduct = replace(
                    conduct,
                    import_pace=conduct.import_pace * difference.imports,
                    guarantee_pace=conduct.guarantee_pace * difference.guaranteeing,
                    failures=conduct.failures * difference.failures,
                    lost_assurances=max(conduct.lost_assurances, difference.lost_assurances),
                )
        node.conduct, node.clock = conduct, clock


def _version(node: Node) -> Implementation:
    information = node.reporter.fake.information
    return Implementation(information.implementation_name, information.implementation_version)


def check_difference(
    difference: Difference,
    implementations: Sequence[Implementation],
    upgrades: Sequence[Upgrade] = (),
) -> None:
    """Check that a network has the implementation that a difference names, or gets it.

    Raises:
        ValueError: It has not.
    """
    known = [*implementations, *(Implementation(u.implementation, u.version) for u in upgrades)]
    if any(difference.applies_to(*each) for each in known):
        return
    _check_name(difference.implementation, implementations)
    versions = [each.version for each in known if each.name == difference.implementation]
    listed = ", ".join(dict.fromkeys(versions))
    raise ValueError(
        f"{difference.implementation} has no version {difference.version!r}, but {listed}"
    )


def check_upgrade(upgrade: Upgrade, implementations: Sequence[Implementation]) -> None:
    """Check that a network has the implementation that an upgrade names.

    Raises:
        ValueError: It has not.
    """
    _check_name(upgrade.implementation, implementations)


def _check_name(name: str, implementations: Sequence[Implementation]) -> None:
    names = list(dict.fromkeys(each.name for each in implementations))
    if name not in names:
        hint = did_you_mean(name, names) or f"; the network has {', '.join(names)}"
        raise ValueError(f"no implementation {name!r}{hint}")


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


def parse_upgrade(text: str) -> Upgrade:
    """Parse ``NAME/VERSION@START[+SPREAD]``, such as ``sim-beta/0.4.0@10m+5m``.

    Raises:
        ConfigError: The text is not of that form; the name is not checked here.
    """
    about, at_sign, span = text.partition("@")
    name, slash, version = about.strip().partition("/")
    start, plus, spread = span.partition("+")
    try:
        if not (at_sign and slash and name and version):
            raise ValueError
        length = duration_us(spread.strip()) if plus else 0
        return Upgrade(name, version, duration_us(start.strip()), length)
    except (ValueError, BadQuery):
        raise ConfigError(
            f"--upgrade {text}: is not NAME/VERSION@START or NAME/VERSION@START+SPREAD, such as "
            "sim-beta/0.4.0@10m+5m"
        ) from None
