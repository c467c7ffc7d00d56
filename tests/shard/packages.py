"""What guarantors and others say of one work-package, as a shard hears it."""

from __future__ import annotations

from typing import Any

HASH, REPORT, ROOT, SEGMENTS = (bytes([number]) * 32 for number in (0xC0, 0xD0, 0xE0, 0xF0))
_PEER = b"\x09" * 32
_OUTLINE = {
    "work_package_size": 10,
    "work_package_hash": HASH,
    "anchor": bytes(32),
    "lookup_anchor_slot": 1,
    "prerequisites": [],
    "work_items": [],
}
_REPORTED = {
    "work_report_hash": REPORT,
    "bundle_size": 10,
    "erasure_root": ROOT,
    "segments_root": SEGMENTS,
}
_GUARANTEE = {"work_report_hash": REPORT, "slot": 4, "guarantors": [0, 1]}


class Handling:
    """One connection of a node that speaks of the package."""

    def __init__(self, shard: Any, node: Any) -> None:
        self._shard, self._node = shard, node
        self.session = shard.session(node.connect())
        self.node_id = node.peer_id.hex()
        self.root = 0
        self._at = 1_000_000

    def say(self, variant: str, **fields: Any) -> int:
        """Send an event; its id."""
        self._at += 1_000
        event_id, frame = self._node.event(variant, self._at, **fields)
        self._shard.ingest.receive(self.session, frame)
        number: int = event_id
        return number

    def submit(self):
        self.root = self.say("WorkPackageSubmission", builder=_PEER, bundle=False)
        return self

    def share(self):
        self.root = self.say("WorkPackageBeingShared", primary=_PEER)
        return self

    def fail(self, reason: str):
        self.say("WorkPackageFailed", submission_or_share_id=self.root, reason=reason)
        return self

    def receive(self):
        told = {"submission_or_share_id": self.root, "core": 3, "outline": _OUTLINE}
        self.say("WorkPackageReceived", **told)
        return self

    def _build(self):
        self.say("WorkReportBuilt", submission_or_share_id=self.root, outline=_REPORTED)

    def sign(self):
        self._build()
        self.say("WorkReportSignatureSent", share_id=self.root)
        return self

    def guarantee(self):
        self._build()
        self._built = self.say("GuaranteeBuilt", submission_id=self.root, outline=_GUARANTEE)
        return self

    def send(self):
        sending = self.say("SendingGuarantee", built_id=self._built, recipient=_PEER)
        self.say("GuaranteeSent", sending_id=sending)
        return self

    def receive_guarantee(self):
        receiving = self.say("ReceivingGuarantee", sender=_PEER)
        self.say("GuaranteeReceived", receiving_id=receiving, outline=_GUARANTEE)
        return self

    def request_shard(self):
        asked = {"guarantor": _PEER, "erasure_root": ROOT, "shard": 1}
        self.say("ShardsTransferred", request_id=self.say("SendingShardRequest", **asked))
        return self

    def serve_shard(self):
        heard = self.say("ReceivingShardRequest", assurer=_PEER)
        self.say("ShardRequestReceived", request_id=heard, erasure_root=ROOT, shard=1)
        self.say("ShardRequestFailed", request_id=heard, reason="gone")
        return self

    def serve_bundle(self, auditor: bytes):
        heard = self.say("ReceivingBundleRequest", auditor=auditor)
        self.say("BundleRequestReceived", request_id=heard, erasure_root=ROOT)
        self.say("BundleTransferred", request_id=heard)
        return self
