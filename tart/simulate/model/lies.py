"""Lies of nodes about their work, planted into a simulated network, each for a span of time.

Pure. A node that lies tells of work that it does not do, keeps quiet about work that it does, or
tells other figures than the chain has. Its events are valid JIP-3 all the same: every reference
names an event of its connection. Lies about what others would have to tell, too, change nothing
else in the network: they draw from a source of randomness of their own. The truth has each lie with
its nodes and its span (``lie``), and the objects that were lied about (``told_lie``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from tart.errors import BadQuery, ConfigError
from tart.protocol.events import EventKind
from tart.query.core.windows import duration_us
from tart.simulate.model.execution import authorization_cost, refine_costs
from tart.simulate.model.packages import SERVICES, core_of, guarantors_of, outline
from tart.simulate.model.records import Block, Guarantee, Report, WorkItem
from tart.simulate.model.reporter import HIDDEN
from tart.simulate.model.schedule import MILLISECOND, Process
from tart.simulate.model.troubles import check_nodes
from tart.simulate.model.world import SLOT, Node, World
from tart.suggestions import did_you_mean

# Of the slots: a node that claims too much would be found by its numbers alone.
_CLAIMED_SHARE = 0.4
_FALSE_GAS_FACTOR = 2
_FALSE_PREIMAGE_BYTES = 1_000


@dataclass(frozen=True)
class Lie:
    """A planted lie.

    Attributes:
        name: One of ``LIES``.
        nodes: Indices of the nodes that tell it.
        start: When it begins, simulated microseconds after the beginning of the network.
        length: How long it lasts, microseconds.
    """

    name: str
    nodes: tuple[int, ...]
    start: int = 0
    length: int = 1 << 50

    @property
    def end(self) -> int:
        """The time at which it ends."""
        return self.start + self.length


class Claims:
    """A node's false claims: their chances, apart from those of the network.

    Attributes:
        rng: Seeded by the network's seed, the lie and the node.
    """

    def __init__(self, world: World, node: Node, lie: str) -> None:
        self.rng = random.Random(world.hash("lie", lie, node.index))
        self.world = world
        self.node = node

    def between(self, low: int, high: int) -> int:
        """Return a random number of microseconds from ``low`` to below ``high``."""
        return low + int((high - low) * self.rng.random())

    def hash(self, kind: str) -> bytes:
        """Return 32 bytes, other ones for each slot."""
        return self.world.hash(f"claimed {kind}", self.node.index, self.world.slot)


class Draft(NamedTuple):
    """An event that a node is about to tell.

    Attributes:
        world: The network.
        node: The node.
        kind: The event type.
        about: The objects that it is about.
        fields: Its fields; a lie may change them.
        lies: Whether the lie lasts now; it may refer to events from before.
    """

    world: World
    node: Node
    kind: EventKind
    about: Any
    fields: dict[str, Any]
    lies: bool

    def record(self, lie: str, **members: object) -> None:
        """Record what is lied about."""
        _record(self.world, lie, self.node, self.about, **members)


Claim: TypeAlias = Callable[[Claims], Process]
# Returns whether the event is told.
Edit: TypeAlias = Callable[[Draft], bool]


@dataclass(frozen=True)
class Kind:
    """A kind of lie.

    Attributes:
        description: For the help of the command line.
        claim: A false claim, made in some slots.
        edit: Hides events or changes them.
        withholds: Whether assurances that are told are not sent.
    """

    description: str
    claim: Claim | None = None
    edit: Edit | None = None
    withholds: bool = False


def plant_lies(world: World, lies: Sequence[Lie]) -> None:
    """Let nodes lie in their time.

    Raises:
        ValueError: See ``check_lie``.
    """
    by_node: dict[int, list[tuple[Lie, Kind]]] = {}
    start = world.schedule.now
    for lie in lies:
        kind = check_lie(lie, len(world.nodes))
        if world.truth is not None:
            world.truth.add_lie(lie.name, lie.start, lie.length, lie.nodes)
        for index in lie.nodes:
            by_node.setdefault(index, []).append((lie, kind))
            node = world.nodes[index]
            if kind.withholds:
                world.start(_withhold(node, lie))
            if kind.claim is not None:
                world.start(_claim(Claims(world, node, lie.name), kind.claim, lie))
    for index, of_node in by_node.items():
        node = world.nodes[index]
        edits = [(lie, kind.edit) for lie, kind in of_node if kind.edit is not None]
        if edits:
            node.censor = _Censor(world, node, start, edits).permit


def check_lie(lie: Lie, nodes: int) -> Kind:
    """Return the kind of a lie in a network with that many nodes.

    Raises:
        ValueError: There is no such lie, or no such node.
    """
    kind = LIES.get(lie.name)
    if kind is None:
        raise ValueError(f"no lie {lie.name!r}{did_you_mean(lie.name, LIES)}")
    if not lie.nodes:
        raise ValueError(f"the lie {lie.name} needs a node")
    check_nodes(lie.nodes, nodes)
    return kind


def parse_lie(text: str) -> Lie:
    """Parse ``NAME:NODE[,NODE…][@START+LENGTH]``, such as ``hides-blocks:3@2m+5m``.

    Raises:
        ConfigError: The text is not of that form; node and name are not checked here.
    """
    about, at_sign, span = text.partition("@")
    name, colon, nodes = about.partition(":")
    start, plus, length = span.partition("+")
    try:
        if not colon or bool(at_sign) is not bool(plus):
            raise ValueError
        indices = tuple(int(node) for node in nodes.split(","))
        if not at_sign:
            return Lie(name.strip(), indices)
        begin = start.strip()
        return Lie(
            name.strip(),
            indices,
            0 if begin in ("0", "0s") else duration_us(begin),
            duration_us(length.strip()),
        )
    except (ValueError, BadQuery):
        raise ConfigError(
            f"--lie {text}: is not NAME:NODE or NAME:NODE@START+LENGTH, such as "
            "hides-blocks:3@2m+5m"
        ) from None


class _Censor:
    """The events of a node that it does not tell, or tells otherwise."""

    def __init__(
        self, world: World, node: Node, start: int, edits: Sequence[tuple[Lie, Edit]]
    ) -> None:
        self._world = world
        self._node = node
        self._start = start
        self._edits = edits

    def permit(self, kind: EventKind, about: object, fields: dict[str, Any]) -> bool:
        """Return whether the node tells an event, and change its fields where it lies."""
        since_start = self._world.schedule.now - self._start
        for lie, edit in self._edits:
            lies = lie.start <= since_start < lie.end
            if not edit(Draft(self._world, self._node, kind, about, fields, lies)):
                return False
        return True


def _withhold(node: Node, lie: Lie) -> Process:
    yield lie.start
    node.withholds_assurances = True
    yield lie.length
    node.withholds_assurances = False


def _claim(claims: Claims, claim: Claim, lie: Lie) -> Process:
    """Make a claim in some slots of the span."""
    world = claims.world
    start = world.schedule.now
    yield lie.start
    while world.schedule.now < start + lie.end:
        # After the author of the slot has begun, before its block arrives.
        yield SLOT - world.schedule.now % SLOT + claims.between(25 * MILLISECOND, 60 * MILLISECOND)
        if world.schedule.now < start + lie.end and claims.rng.random() < _CLAIMED_SHARE:
            world.start(claim(claims))


# --- Claims of work that is not done -----------------------------------------------------


def _claim_block(claims: Claims) -> Process:
    """Tell of a block that does not exist, in a slot in which the node makes none."""
    world, node, slot = claims.world, claims.node, claims.world.slot
    if node.authoring_slot == slot:
        return
    parent = node.best
    if slot <= parent.slot:
        return
    block = Block(slot, parent.number + 1, claims.hash("block"), parent.hash, node.index)
    root = world.emit(node, EventKind.AUTHORING, {"slot": slot}, slot=slot, parent=parent.hash)
    yield claims.between(60 * MILLISECOND, 300 * MILLISECOND)
    _record(world, "claims-blocks", node, block)
    world.emit(node, EventKind.AUTHORED, block, authoring_id=root, outline=block.outline())
    yield claims.between(30 * MILLISECOND, 250 * MILLISECOND)
    executed = {"authoring_or_importing_id": root, "accumulate_costs": []}
    world.emit(node, EventKind.BLOCK_EXECUTED, block, **executed)


def _claim_guarantee(claims: Claims) -> Process:
    """Tell of a guarantee of a report that does not exist, as the primary of its core."""
    world, node, slot = claims.world, claims.node, claims.world.slot
    core = core_of(world, node, slot)
    others = [each for each in guarantors_of(world, core, slot) if each is not node]
    if not others:
        return
    secondaries = claims.rng.sample(others, min(2, len(others)))
    signed = tuple(sorted(each.index for each in (node, *secondaries)))
    report = _claimed_report(claims, core)
    report.primary, report.guarantors = node.index, signed
    builder = {"builder": claims.hash("builder"), "bundle": False}
    root = world.emit(node, EventKind.WORK_PACKAGE_SUBMISSION, {"core": core}, **builder)
    of_root = {"submission_or_share_id": root}
    yield claims.between(10 * MILLISECOND, 50 * MILLISECOND)
    described = {"core": core, "outline": outline(report, node.finalized)}
    world.emit(node, EventKind.WORK_PACKAGE_RECEIVED, report, **of_root, **described)
    yield claims.between(2 * MILLISECOND, 20 * MILLISECOND)
    cost = authorization_cost(claims)
    world.emit(node, EventKind.AUTHORIZED, report, **of_root, cost=cost)
    for kind in (EventKind.EXTRINSIC_DATA_RECEIVED, EventKind.IMPORTS_RECEIVED):
        yield 10 * MILLISECOND
        world.emit(node, kind, report, **of_root)
    costs = refine_costs(claims, report)
    yield sum(each["total"]["elapsed_ns"] for each in costs) // 1_000
    world.emit(node, EventKind.REFINED, report, **of_root, costs=costs)
    yield claims.between(30 * MILLISECOND, 120 * MILLISECOND)
    world.emit(node, EventKind.WORK_REPORT_BUILT, report, **of_root, outline=report.outline())
    for secondary in secondaries:
        to = {"submission_id": root, "secondary": secondary.peer_id}
        for kind in (
            EventKind.SHARING_WORK_PACKAGE,
            EventKind.BUNDLE_SENT,
            EventKind.WORK_REPORT_SIGNATURE_RECEIVED,
        ):
            world.emit(node, kind, report, **to)
            yield claims.between(10 * MILLISECOND, 100 * MILLISECOND)
    guarantee = Guarantee(report, slot, signed)
    _record(world, "claims-guarantees", node, guarantee)
    built = {"submission_id": root, "outline": guarantee.outline()}
    built_id = world.emit(node, EventKind.GUARANTEE_BUILT, guarantee, **built)
    yield from _claim_distribution(claims, guarantee, {"built_id": built_id})
    world.emit(node, EventKind.GUARANTEES_DISTRIBUTED, report, submission_id=root)


def _claim_distribution(claims: Claims, guarantee: Guarantee, of: dict[str, Any]) -> Process:
    world, node = claims.world, claims.node
    for peer in world.others(node):
        to = {**of, "recipient": peer.peer_id}
        sending = world.emit(node, EventKind.SENDING_GUARANTEE, guarantee, **to)
        yield claims.between(MILLISECOND, 20 * MILLISECOND)
        world.emit(node, EventKind.GUARANTEE_SENT, guarantee, sending_id=sending)


def _claimed_report(claims: Claims, core: int) -> Report:
    rng = claims.rng
    item = WorkItem(rng.choice(SERVICES), rng.randrange(50_000_000, 400_000_000), 1_000_000)
    return Report(
        slot=claims.world.slot,
        core=core,
        package_hash=claims.hash("package"),
        hash=claims.hash("report"),
        erasure_root=claims.hash("erasure"),
        segments_root=claims.hash("segments"),
        bundle_size=rng.randrange(20_000, 2_000_000),
        items=(item,),
        exported_segments=0,
    )


# --- Work that is not told, or told otherwise ---------------------------------------------


def _record(world: World, lie: str, node: Node, about: object, **members: object) -> None:
    if world.truth is not None:
        world.truth.record_lie(lie, node, about, **members)


def _hide_block(draft: Draft) -> bool:
    """Hide the event with which authoring begins, and the block's announcements."""
    if draft.kind is EventKind.AUTHORED and draft.fields["authoring_id"] == HIDDEN:
        draft.record("hides-blocks")
    if not draft.lies:
        return True
    if draft.kind is EventKind.BLOCK_ANNOUNCED:
        is_own: bool = draft.about.author == draft.node.index
        return not is_own
    return draft.kind is not EventKind.AUTHORING


def _hide_guarantee(draft: Draft) -> bool:
    """Hide the event with which a node's part in a package begins; all others refer to it."""
    # The last deeds of the primary and of a secondary.
    deeds = {
        EventKind.GUARANTEE_BUILT: "submission_id",
        EventKind.WORK_REPORT_SIGNATURE_SENT: "share_id",
    }
    if draft.fields.get(deeds.get(draft.kind, "")) == HIDDEN:
        draft.record("hides-guarantees")
    begins = (EventKind.WORK_PACKAGE_SUBMISSION, EventKind.WORK_PACKAGE_BEING_SHARED)
    return not (draft.lies and draft.kind in begins)


def _hide_assurance(draft: Draft) -> bool:
    if not draft.lies or draft.kind is not EventKind.DISTRIBUTING_ASSURANCE:
        return True
    draft.record("hides-assurances")
    return False


def _falsify_outline(draft: Draft) -> bool:
    if draft.lies and draft.kind is EventKind.AUTHORED:
        true = draft.fields["outline"]
        most = draft.world.parameters["max_tickets_per_block"]
        false = {
            **true,
            "num_tickets": (true["num_tickets"] + 1) % (most + 1),
            "num_preimages": true["num_preimages"] + 1,
            "total_preimages_size": true["total_preimages_size"] + _FALSE_PREIMAGE_BYTES,
        }
        draft.fields["outline"] = false
        draft.record("wrong-outline", told=false, true=true)
    return True


def _falsify_gas(draft: Draft) -> bool:
    costs = draft.fields.get("accumulate_costs")
    if draft.lies and costs:
        true = {service: cost["total"]["gas_used"] for service, cost in costs}
        false = {service: _FALSE_GAS_FACTOR * gas for service, gas in true.items()}
        draft.fields["accumulate_costs"] = [
            (service, {**cost, "total": {**cost["total"], "gas_used": false[service]}})
            for service, cost in costs
        ]
        draft.record("wrong-gas", told=_by_service(false), true=_by_service(true))
    return True


def _by_service(gas: Mapping[int, int]) -> dict[str, int]:
    return {str(service): amount for service, amount in sorted(gas.items())}


LIES: Mapping[str, Kind] = MappingProxyType(
    {
        "claims-blocks": Kind("tells of blocks that do not exist", _claim_block),
        "hides-blocks": Kind("makes blocks and tells nothing of them", edit=_hide_block),
        "claims-guarantees": Kind("tells of guarantees that do not exist", _claim_guarantee),
        "hides-guarantees": Kind("signs reports and tells nothing of it", edit=_hide_guarantee),
        "claims-assurances": Kind("tells of assurances and sends none", withholds=True),
        "hides-assurances": Kind("sends assurances and tells nothing of it", edit=_hide_assurance),
        "wrong-outline": Kind(
            "tells other numbers of tickets and preimages than its blocks have",
            edit=_falsify_outline,
        ),
        "wrong-gas": Kind("tells twice the gas that accumulation used", edit=_falsify_gas),
    }
)
