"""The validator index of each node, epoch by epoch, by evidence.

Pure. Neither telemetry nor the RPC says which node is which validator. Evidence does:

- ``blocks``: the node says to have authored a block of which the chain knows the author's index.
- ``guarantees``: one index alone is among the guarantors of all guarantees that the node says to
  have built and that the chain has, and these guarantors differ.
- ``other_epoch``: the index of the nearest epoch with evidence, while no node of the window ever
  changed its index, and the node is a validator in this epoch, too: it assured or guaranteed.

Contradictory evidence is evidence for nothing: it is returned, and the nodes remain unmatched.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeAlias

from tart.query.answers.reconcile import EvidenceKind
from tart.query.reconcile.chain_view import ChainView
from tart.query.reconcile.claims import AuthoredBlock

# Nodes with evidence of their own in an epoch, so that those without may have kept their index.
_UNCHANGED_NODES = 2
_DIFFERENT_GUARANTEES = 2


@dataclass(frozen=True)
class Match:
    """A node and its validator index in an epoch.

    Attributes:
        count: Blocks or guarantees that show it; of another epoch its distance in epochs.
    """

    node: str
    validator: int
    evidence: EvidenceKind
    count: int


@dataclass(frozen=True)
class Contradiction:
    """Evidence of an epoch that cannot all be true.

    Attributes:
        nodes: Those concerned.
        validators: The indices for which there is evidence.
        blocks: Hashes of the blocks.
    """

    epoch: int
    nodes: Sequence[str]
    validators: Sequence[int]
    blocks: Sequence[str]


@dataclass
class EpochMatches:
    """The matches of an epoch, by node and by index."""

    nodes: dict[str, Match] = field(default_factory=dict)
    validators: dict[int, Match] = field(default_factory=dict)

    def add(self, match: Match) -> None:
        """Add a match, unless its node or its index has one."""
        if match.node not in self.nodes and match.validator not in self.validators:
            self.nodes[match.node] = self.validators[match.validator] = match


@dataclass(frozen=True)
class Matching:
    """The matches of all epochs.

    Attributes:
        epochs: By epoch.
        contradictions: In order of epochs.
    """

    epochs: Mapping[int, EpochMatches]
    contradictions: Sequence[Contradiction]

    def node_of(self, epoch: int, validator: int | None) -> str | None:
        """Return the node that is a validator in an epoch; ``None`` if it is not known."""
        matches = self.epochs.get(epoch)
        if matches is None or validator is None:
            return None
        match = matches.validators.get(validator)
        return None if match is None else match.node

    def validator_of(self, epoch: int, node: str) -> int | None:
        """Return the index of a node in an epoch; ``None`` if it is not known."""
        matches = self.epochs.get(epoch)
        match = None if matches is None else matches.nodes.get(node)
        return None if match is None else match.validator


@dataclass(frozen=True)
class GuarantorSets:
    """The guarantors of guarantees that nodes built and the chain has, by epoch and node."""

    sets: Mapping[int, Mapping[str, Sequence[frozenset[int]]]] = field(default_factory=dict)


def match_nodes(
    view: ChainView,
    authored: Iterable[AuthoredBlock],
    guarantors: GuarantorSets,
    active: Mapping[int, Set[str]],
) -> Matching:
    """Return the matches of each epoch of the range.

    Args:
        view: The chain.
        authored: Claims of authors.
        guarantors: Those of guarantees on chain.
        active: By epoch the nodes that say to have done the work of a validator.
    """
    votes = _votes(view, authored)
    epochs = sorted({view.epoch(block) for block in view.blocks.values()} | votes.keys())
    matches = {epoch: EpochMatches() for epoch in epochs}
    contradictions: list[Contradiction] = []
    excluded: defaultdict[int, set[str]] = defaultdict(set)
    for epoch in epochs:
        by_blocks, against = _match_by_blocks(epoch, votes.get(epoch, {}))
        contradictions += against
        excluded[epoch] = {node for each in against for node in each.nodes}
        for match in by_blocks:
            matches[epoch].add(match)
        for match in _match_by_guarantees(guarantors.sets.get(epoch, {})):
            if match.node not in excluded[epoch]:
                matches[epoch].add(match)
    _match_by_other_epochs(matches, excluded, active)
    return Matching(matches, contradictions)


Votes: TypeAlias = Mapping[tuple[str, int], Sequence[str]]


def _votes(view: ChainView, authored: Iterable[AuthoredBlock]) -> dict[int, Votes]:
    """Return by epoch the hashes of blocks for each pair of node and author's index.

    A block that two nodes claim is evidence for neither.
    """
    claimants: defaultdict[str, set[str]] = defaultdict(set)
    for block in authored:
        claimants[block.hash].add(block.node)
    votes: defaultdict[int, dict[tuple[str, int], list[str]]] = defaultdict(dict)
    for header_hash, nodes in claimants.items():
        known = view.blocks.get(header_hash)
        if known is None or known.author is None or len(nodes) > 1 or known.irregularity:
            continue
        pair = next(iter(nodes)), known.author
        votes[view.epoch(known)].setdefault(pair, []).append(header_hash)
    return dict(votes)


def _match_by_blocks(epoch: int, votes: Votes) -> tuple[list[Match], list[Contradiction]]:
    """Return the pairs that nothing contradicts, and the contradictions."""
    indices: defaultdict[str, set[int]] = defaultdict(set)
    nodes: defaultdict[int, set[str]] = defaultdict(set)
    for node, validator in votes:
        indices[node].add(validator)
        nodes[validator].add(node)
    matches = []
    contradictions: dict[tuple[tuple[str, ...], tuple[int, ...]], Contradiction] = {}
    for (node, validator), blocks in votes.items():
        if len(indices[node]) == 1 and len(nodes[validator]) == 1:
            matches.append(Match(node, validator, "blocks", len(blocks)))
            continue
        group = tuple(sorted(nodes[validator])), tuple(sorted(indices[node]))
        hashes = [
            header_hash
            for pair, some in votes.items()
            if pair[0] in group[0] and pair[1] in group[1]
            for header_hash in some
        ]
        contradictions[group] = Contradiction(epoch, *group, hashes)
    return matches, list(contradictions.values())


def _match_by_guarantees(sets: Mapping[str, Sequence[frozenset[int]]]) -> list[Match]:
    matches = []
    for node, some in sets.items():
        common = frozenset.intersection(*some) if some else frozenset()
        if len(common) == 1 and len(set(some)) >= _DIFFERENT_GUARANTEES:
            matches.append(Match(node, next(iter(common)), "guarantees", len(some)))
    # Two nodes cannot have one index.
    counts = Counter(match.validator for match in matches)
    return [match for match in matches if counts[match.validator] == 1]


def _match_by_other_epochs(
    matches: Mapping[int, EpochMatches],
    excluded: Mapping[int, Set[str]],
    active: Mapping[int, Set[str]],
) -> None:
    """Match nodes that were active with their index of the nearest epoch.

    Nothing is matched if a node or an index of the window has two partners: the set has changed
    then, and the index of another epoch says nothing.
    """
    index_of: dict[str, int] = {}
    node_of: dict[int, str] = {}
    evidence: defaultdict[str, list[int]] = defaultdict(list)
    for epoch, known in matches.items():
        for match in known.nodes.values():
            if index_of.setdefault(match.node, match.validator) != match.validator:
                return
            if node_of.setdefault(match.validator, match.node) != match.node:
                return
            evidence[match.node].append(epoch)
    for epoch, known in matches.items():
        if len(known.nodes) < _UNCHANGED_NODES:
            continue
        for node, epochs in evidence.items():
            if node in active.get(epoch, ()) and node not in excluded[epoch]:
                distance = min(abs(epoch - other) for other in epochs)
                known.add(Match(node, index_of[node], "other_epoch", distance))
