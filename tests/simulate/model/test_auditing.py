from __future__ import annotations

from collections import Counter

from tests.simulate.played import Played

AUDITS = (
    "SendingBundleShardRequest",
    "ReconstructingBundle",
    "BundleReconstructed",
    "SendingBundleRequest",
)


def test_an_audit_refers_to_a_block_the_auditor_executed(told: Played):
    executed = {
        (each.node, each.fields["authoring_or_importing_id"]) for each in told.of("BlockExecuted")
    }
    audits = [each for variant in AUDITS for each in told.of(variant)]
    assert audits
    for each in audits:
        assert (each.node, each.fields["audit_id"]) in executed


def test_requested_bundles_belong_to_built_reports(told: Played):
    built = {each.fields["outline"]["erasure_root"] for each in told.of("WorkReportBuilt")}
    for variant in ("BundleRequestReceived", "BundleShardRequestReceived"):
        assert {each.fields["erasure_root"] for each in told.of(variant)} <= built


def test_a_bundle_is_reconstructed_from_enough_shards(told: Played):
    arrived = Counter()
    for each in told.emissions:
        if each.variant == "BundleShardTransferred":
            origin = told.origin(each, "request_id")
            if origin.variant == "SendingBundleShardRequest":
                arrived[each.node, origin.fields["audit_id"]] += 1
        elif each.variant == "ReconstructingBundle":
            assert arrived[each.node, each.fields["audit_id"]] >= 2


def test_auditors_are_all_kinds_of_nodes(told: Played):
    assert {each.node for each in told.of("ReconstructingBundle")} == set(range(6))
