"""Troubles that are planted into a simulated network, each for a span of time.

Pure. A trouble is what an operator would want to hear of: finality stalls, a node falls silent,
its clock is wrong. Faults at a rate (``fault_rates``) are the background before which it must be
found. The truth names each planted trouble with its nodes and its span.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from tart.errors import BadQuery, ConfigError
from tart.query.core.windows import duration_us
from tart.simulate.model.records import Block
from tart.simulate.model.reporter import Mangling
from tart.simulate.model.schedule import Process
from tart.simulate.model.world import Node, World
from tart.suggestions import did_you_mean
from tart.units import SECOND_US

# A clock that is wrong by this is off by five slots.
_CLOCK_ERROR = 30 * SECOND_US
# More than a slot, so that what is sent with this delay is late.
_DELAY = 8 * SECOND_US
_FAILING_RATE = 0.6
_MISSING_RATE = 0.5
_LOSE_EVERY = 3 * SECOND_US
_NEW_VERSION = "9.0.0"
_NEVER = 1 << 40


@dataclass(frozen=True)
class Trouble:
    """A planted trouble.

    Attributes:
        name: One of ``TROUBLES``.
        start: When it begins, simulated microseconds after the beginning of the network.
        length: How long it lasts, microseconds; a change of version lasts for ever.
        nodes: Indices of its nodes; empty for a trouble of the whole network.
    """

    name: str
    start: int
    length: int
    nodes: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """The time at which it ends."""
        return self.start + self.length


Change = Callable[[World, Sequence[Node]], None]


@dataclass(frozen=True)
class Kind:
    """A kind of trouble.

    Attributes:
        begin: Begins it.
        end: Ends it.
        of_nodes: Whether it is about nodes, not about the network.
        description: For the help of the command line.
    """

    description: str
    begin: Change
    end: Change
    of_nodes: bool = False


def plant(world: World, troubles: Sequence[Trouble]) -> None:
    """Let troubles begin and end in their time.

    Raises:
        ValueError: See ``check_trouble``.
    """
    for trouble in troubles:
        kind = check_trouble(trouble, len(world.nodes))
        world.start(_run(world, kind, trouble))


def check_trouble(trouble: Trouble, nodes: int) -> Kind:
    """Return the kind of a trouble of a network with that many nodes.

    Raises:
        ValueError: There is no such trouble, or no such node.
    """
    kind = TROUBLES.get(trouble.name)
    if kind is None:
        raise ValueError(f"no trouble {trouble.name!r}{did_you_mean(trouble.name, TROUBLES)}")
    if kind.of_nodes is not bool(trouble.nodes):
        needed = "needs a node" if kind.of_nodes else "is of the whole network, not of a node"
        raise ValueError(f"the trouble {trouble.name} {needed}")
    check_nodes(trouble.nodes, nodes)
    return kind


def check_nodes(indices: Iterable[int], nodes: int) -> None:
    """Check that a network with that many nodes has all of these.

    Raises:
        ValueError: It has not.
    """
    if any(not 0 <= index < nodes for index in indices):
        raise ValueError(f"the nodes of this network are 0 to {nodes - 1}")


def parse_trouble(text: str) -> Trouble:
    """Parse ``NAME[:NODE,…]@START+LENGTH``, such as ``node-silent:3@2m+5m``.

    Raises:
        ConfigError: The text is not of that form; node and name are not checked here.
    """
    about, at_sign, span = text.partition("@")
    name, colon, nodes = about.partition(":")
    start, plus, length = span.partition("+")
    try:
        if not at_sign or not plus:
            raise ValueError
        return Trouble(
            name.strip(),
            duration_us(start.strip()),
            duration_us(length.strip()),
            tuple(int(node) for node in nodes.split(",")) if colon else (),
        )
    except (ValueError, BadQuery):
        raise ConfigError(
            f"--trouble {text}: is not NAME[:NODE]@START+LENGTH, such as node-silent:3@2m+5m"
        ) from None


def _run(world: World, kind: Kind, trouble: Trouble) -> Process:
    nodes = [world.nodes[index] for index in trouble.nodes]
    yield trouble.start
    kind.begin(world, nodes)
    yield trouble.length
    kind.end(world, nodes)


# --- The changes ------------------------------------------------------------------------


def _set(name: str, value: object) -> Change:
    """Return a change of an attribute of the world's impediments."""

    def change(world: World, _nodes: Sequence[Node]) -> None:
        setattr(world.impediments, name, value)

    return change


def _force(kind: str, rate: float | None) -> Change:
    def change(world: World, _nodes: Sequence[Node]) -> None:
        world.chances.force(kind, rate)

    return change


def _each(act: Callable[[World, Node], None]) -> Change:
    def change(world: World, nodes: Sequence[Node]) -> None:
        for node in nodes:
            act(world, node)

    return change


def restart(world: World, node: Node) -> None:
    """Let the node's process start again: its connection ends, and it connects again."""
    node.reporter.disconnect()
    world.leaving.add(node.index)


def _leave(world: World, node: Node) -> None:
    world.away.add(node.index)
    restart(world, node)


def _return(world: World, node: Node) -> None:
    world.away.discard(node.index)


def _hang(_world: World, node: Node) -> None:
    node.reporter.hanging = True


def _recover(world: World, node: Node) -> None:
    """End a hanging process: it is started again, as an operator does."""
    node.reporter.hanging = False
    restart(world, node)


def _fall_behind(_world: World, node: Node) -> None:
    node.lagging_until = _NEVER


def _catch_up(_world: World, node: Node) -> None:
    node.lagging_until = 0


def _misset(world: World, node: Node) -> None:
    node.clock += _CLOCK_ERROR
    restart(world, node)


def _set_right(world: World, node: Node) -> None:
    node.clock -= _CLOCK_ERROR
    restart(world, node)


def _mangle(how: Mangling) -> Callable[[World, Node], None]:
    def act(_world: World, node: Node) -> None:
        node.reporter.mangling = how

    return act


def _lose(world: World, node: Node) -> None:
    world.losing.add(node.index)
    world.start(_losing(world, node))


def _losing(world: World, node: Node) -> Process:
    rng = random.Random(world.hash("losing", node.index))
    while node.index in world.losing:
        node.reporter.lose(rng.randint(5, 15))
        yield _LOSE_EVERY


def _keep(world: World, node: Node) -> None:
    world.losing.discard(node.index)


def _divide(world: World, nodes: Sequence[Node]) -> None:
    """Let the nodes be reached by no others, so that both sides have a chain of their own."""
    world.impediments.divided = True
    world.impediments.side = sum(1 << node.index for node in nodes)


def _reunite(world: World, _nodes: Sequence[Node]) -> None:
    world.impediments.side = 0
    world.start(_agree(world))


def _agree(world: World) -> Process:
    """Let blocks be finalized again, once all nodes are on one chain."""
    while world.impediments.side == 0 and not _on_one_chain(world):
        yield SECOND_US
    # A partition that began meanwhile ends later.
    world.impediments.divided = world.impediments.side != 0


def _on_one_chain(world: World) -> bool:
    """Return whether every node has the longest chain or a part of it."""
    heads = {node.best.hash: node.best for node in world.nodes}
    block: Block | None = max(heads.values(), key=lambda head: head.number)
    while heads and block is not None:
        heads.pop(block.hash, None)
        block = world.blocks.get(block.parent)
    return not heads


def _upgrade(world: World, node: Node) -> None:
    fake = node.reporter.fake
    fake.information = replace(fake.information, implementation_version=_NEW_VERSION)
    restart(world, node)


def _replace_implementation(world: World, nodes: Sequence[Node]) -> None:
    """Let every node with the version of the first change to one that other nodes have."""
    if not nodes:
        return
    left = _version(nodes[0])
    others = [node for node in world.nodes if _version(node) != left]
    for node in [each for each in world.nodes if _version(each) == left]:
        if others:
            name, version = _version(others[0])
            fake = node.reporter.fake
            fake.information = replace(
                fake.information, implementation_name=name, implementation_version=version
            )
            restart(world, node)


def _version(node: Node) -> tuple[str, str]:
    information = node.reporter.fake.information
    return information.implementation_name, information.implementation_version


def _lasts(_world: World, _nodes: Sequence[Node]) -> None:
    """Change nothing: the trouble has no end."""


def _of_network(description: str, name: str, value: object, usual: object) -> Kind:
    return Kind(description, _set(name, value), _set(name, usual))


def _of_nodes(
    description: str, begin: Callable[[World, Node], None], end: Callable[[World, Node], None]
) -> Kind:
    return Kind(description, _each(begin), _each(end), of_nodes=True)


def _failing(description: str, rate: str) -> Kind:
    return Kind(description, _force(rate, _FAILING_RATE), _force(rate, None))


TROUBLES: Mapping[str, Kind] = MappingProxyType(
    {
        "finality-stalls": _of_network(
            "no block is finalized", "finalizes", value=False, usual=True
        ),
        "blocks-stall": _of_network("no block is made", "authors", value=False, usual=True),
        "missed-slots": _of_network(
            "half of the slots have no block", "missing_slots", _MISSING_RATE, 0.0
        ),
        "forks": Kind("each slot has two blocks", _force("fork", 1.0), _force("fork", None)),
        "late-assurances": _of_network(
            "most assurances arrive after the next slot", "assurance_delay", _DELAY, 0
        ),
        "late-guarantees": _of_network(
            "guarantees are distributed after the next slot", "guarantee_delay", _DELAY, 0
        ),
        "failing-guarantees": _failing("sending guarantees often fails", "guarantee_send"),
        "failing-assurances": _failing("assurances are often refused", "assurance_receive"),
        "failing-shards": _failing("requests of shards often fail", "shard_request"),
        "partition": Kind(
            "no others reach these nodes, so that the chain has two branches",
            _divide,
            _reunite,
            of_nodes=True,
        ),
        "node-silent": _of_nodes("the node is connected and sends nothing", _hang, _recover),
        "node-disconnected": _of_nodes("the node has no connection", _leave, _return),
        "node-behind": _of_nodes("the node gets no blocks", _fall_behind, _catch_up),
        "node-clock": _of_nodes("the node's clock is 30 s fast", _misset, _set_right),
        "node-drops": _of_nodes("the node drops many events", _lose, _keep),
        "node-undecodable": _of_nodes(
            "the node's status events are cut short", _mangle(Mangling.CUT), _mangle(Mangling.NONE)
        ),
        "node-finding": _of_nodes(
            "the node's status events have bytes too many",
            _mangle(Mangling.LONGER),
            _mangle(Mangling.NONE),
        ),
        "version-appears": Kind(
            f"the node is upgraded to version {_NEW_VERSION}",
            _each(_upgrade),
            _lasts,
            of_nodes=True,
        ),
        "version-vanishes": Kind(
            "nodes with the version of the node change to another implementation",
            _replace_implementation,
            _lasts,
            of_nodes=True,
        ),
    }
)
