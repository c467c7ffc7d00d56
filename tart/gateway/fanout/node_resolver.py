"""Resolver of node ids in requests: a prefix becomes the whole id of the one node that has it.

The registry knows nearly all nodes. A node that it does not know may have connected a moment ago
or be too old for it, so the shards are asked before a request is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from tart.gateway.fanout.queries import QueryClient
from tart.query.core import node_ids
from tart.query.shard_queries.nodes import Nodes


class NodeResolver:
    """Resolves node ids."""

    def __init__(self, queries: QueryClient) -> None:
        self._queries = queries

    async def resolve(self, text: str, parameter: str, *, may_come: bool = False) -> str:
        """Return the whole id of a node.

        Args:
            text: A whole id, or a prefix of one.
            parameter: The name of the parameter, for errors.
            may_come: Accept the whole id of a node that has never connected: it may connect
                while a stream is open.

        Raises:
            BadQuery: The text is not a node id.
            Ambiguous: More than one node has the prefix.
            NotFound: No node has it.
            Busy, ShardUnavailable: No shard could be asked for a node that is not known here.
        """
        prefix = node_ids.node_prefix(text, parameter)
        registry = self._queries.registry
        if len(prefix) == node_ids.LENGTH and (may_come or prefix in registry):
            return prefix
        if node := node_ids.matching_node(prefix, registry.ids(), parameter):
            return node
        known = await self._stored_ids(prefix)
        if node := node_ids.matching_node(prefix, known, parameter):
            return node
        raise node_ids.unknown_node(prefix, {*known, *registry.ids()}, parameter)

    async def resolve_all(
        self, written: str | Sequence[str], parameter: str, *, may_come: bool = False
    ) -> str | list[str]:
        """Return the whole id of a node, or those of a list of nodes; see ``resolve``."""
        if isinstance(written, str):
            return await self.resolve(written, parameter, may_come=may_come)
        nodes = [await self.resolve(text, parameter, may_come=may_come) for text in written]
        return sorted(set(nodes))

    async def resolve_filter(self, document: Any) -> Any:
        """Return a valid live filter with the whole ids of its nodes; see ``resolve``."""
        return node_ids.resolve_filter(
            document,
            {
                text: await self.resolve(text, "filter.node_id", may_come=True)
                for text in node_ids.filter_nodes(document)
            },
        )

    async def _stored_ids(self, prefix: str) -> Collection[str]:
        """Return the ids of the shards' nodes: of the one with this id, or of all."""
        node = prefix if len(prefix) == node_ids.LENGTH else None
        nodes, _ = await self._queries.ask(Nodes(node=node))
        return nodes.keys()
