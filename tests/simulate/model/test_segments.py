from __future__ import annotations

from collections import Counter

from tests.simulate.played import Played


def test_only_packages_that_import_recover_segments(told: Played):
    mapped = {(e.node, e.fields["submission_id"]) for e in told.of("SegmentsRootMapped")}
    imports = {}
    for each in told.of("WorkPackageReceived"):
        items = each.fields["outline"]["work_items"]
        imports[each.node, each.fields["submission_or_share_id"]] = items[0]["imports"]
    assert mapped
    assert all(imports[key] for key in mapped)


def test_roots_mapped_are_those_of_a_package_reported_before(told: Played):
    built = {}
    for each in told.emissions:
        if each.variant == "WorkReportBuilt":
            outline = each.fields["outline"]
            built[outline["segments_root"]] = outline["erasure_root"]
        elif each.variant == "SegmentsRootMapped":
            assert built[each.fields["segments_root"]] == each.fields["erasure_root"]


def test_a_mapped_package_hash_belongs_to_an_earlier_package(told: Played):
    received = set()
    for each in told.emissions:
        if each.variant == "WorkPackageReceived":
            received.add(each.fields["outline"]["work_package_hash"])
        elif each.variant == "WorkPackageHashMapped":
            assert each.fields["work_package_hash"] in received


def test_segments_are_verified_before_imports_are_complete(told: Played):
    verified = {(e.node, e.fields["submission_id"]) for e in told.of("SegmentsVerified")}
    complete = {(e.node, e.fields["submission_or_share_id"]) for e in told.of("ImportsReceived")}
    assert verified <= complete | {
        (e.node, e.fields["submission_id"]) for e in told.of("SegmentsVerified")[-1:]
    }


def test_reconstruction_needs_enough_shards(told: Played):
    arrived = Counter()
    for each in told.emissions:
        if each.variant == "SegmentShardsTransferred":
            origin = told.origin(each, "request_id")
            if origin.variant == "SendingSegmentShardRequest":
                arrived[each.node, origin.fields["submission_id"]] += 1
        elif each.variant == "ReconstructingSegments":
            assert arrived[each.node, each.fields["submission_id"]] >= 2


def test_a_reconstruction_ends_one_way(told: Played):
    ended = Counter(
        (each.node, each.fields["reconstructing_id"])
        for variant in ("SegmentsReconstructed", "SegmentReconstructionFailed")
        for each in told.of(variant)
    )
    assert set(ended.values()) == {1}
