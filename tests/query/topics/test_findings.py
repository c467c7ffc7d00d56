"""``tart/query/topics/findings.py``: the matrix of rules and nodes, and examples."""

from __future__ import annotations

from tart.query.topics.conformance import ConformanceInput
from tart.query.topics.findings import conformance_examples, conformance_matrix, nodes_of
from tart.units import HOUR_US

A, B, C = "aa" * 32, "bb" * 32, "cc" * 32


def node(node_id, name, version="1"):
    return {
        "node_id": node_id,
        "implementation_name": name,
        "implementation_version": version,
        "is_connected": True,
    }


NODES = [node(A, "zeta"), node(B, "alpha", "2"), node(C, "alpha")]


def broken(node_id, rule, count=1):
    return {"node": node_id, "rule": rule, "count": count, "first_at": 1, "last_at": HOUR_US}


def connection(node_id):
    return {
        "node": node_id,
        "protocol_version": 1,
        "params_layout": "gp-0.7",
        "sessions": 1,
        "first_at": 1,
        "last_at": 2,
        "connected_us": 5,
        "shed": 0,
    }


def matrix(*counts):
    rows = ConformanceInput(
        counts=counts,
        connections=[connection(A), connection(B)],
        clocks=[],
        events=[{"node": A, "count": 7}, {"node": B, "count": 3}],
        status=[],
        examples=[],
    )
    return conformance_matrix(NODES, rows)


def test_cells_refer_to_rules_and_nodes():
    body = matrix(broken(A, "events_dropped", 3), broken(B, "truncated"), broken(A, "truncated", 2))
    assert [(each["name"], each["version"]) for each in body["implementations"]] == [
        ("alpha", "2"),
        ("zeta", "1"),
    ]
    assert [row["node_id"] for row in body["nodes"]] == [B, A]
    assert [rule["code"] for rule in body["rules"]] == ["truncated", "events_dropped"]
    cells = [(cell["rule"], cell["node"], cell["count"]) for cell in body["cells"]]
    assert cells == [(0, 0, 1), (0, 1, 2), (1, 1, 3)]
    rule = body["rules"][0]
    assert (rule["count"], rule["nodes"], rule["severity"]) == (3, 2, "error")
    assert (body["verdict"], body["event_count"]) == ("error", 10)
    assert [each["verdict"] for each in body["implementations"]] == ["error", "error"]


def test_without_findings_the_nodes_that_were_checked_are_named():
    body = matrix()
    assert (body["rules"], body["cells"], body["verdict"]) == ([], [], "conformant")
    assert [row["event_count"] for row in body["nodes"]] == [3, 7]


def test_connections_without_a_node_are_counted_apart():
    body = matrix(broken(None, "node_information", 4))
    assert (body["unidentified"], body["cells"]) == (4, [])
    assert body["rules"][0]["nodes"] == 0


def test_an_implementation_that_is_not_known_comes_last():
    rows = ConformanceInput([], [connection(A), connection(B)], [], [], [], [])
    body = conformance_matrix([node(A, None, None), node(B, "beta")], rows)
    assert [each["name"] for each in body["implementations"]] == ["beta", None]


def test_nodes_are_selected_by_implementation_and_version():
    assert nodes_of(NODES, None, None) is None
    assert nodes_of(NODES, "alpha", None) == [B, C]
    assert nodes_of(NODES, "alpha", "2") == [B]
    assert nodes_of(NODES, None, "1") == [A, C]
    assert nodes_of(NODES, "beta", None) == []


def example(frame="00112233", offset=2, rule="truncated", node_id=A):
    return {
        "at": 5,
        "node": node_id,
        "session": 1,
        "id": 2,
        "event_id": 3,
        "type": 11,
        "rule": rule,
        "byte_offset": offset,
        "field": "slot",
        "expectation": "4 bytes",
        "frame": frame,
        "size": len(frame) // 2,
    }


def test_an_example_has_what_was_found_at_its_offset():
    body = conformance_examples([example(), example(offset=4, node_id=None)], NODES, 9)
    first, second = body["examples"]
    assert (first["found"], first["hex"], first["offset"]) == ("0x2233", "0x00112233", 2)
    assert (first["code"], first["event_name"]) == ("truncated", "BestBlockChanged")
    assert (first["implementation_name"], first["implementation_version"]) == ("zeta", "1")
    assert (second["found"], second["node_id"], second["implementation_name"]) == (None,) * 3
    assert body["has_more"] is False


def test_examples_are_cut_and_rules_of_other_releases_have_no_page():
    body = conformance_examples([example(rule="of_old"), example()], [], 1)
    (only,) = body["examples"]
    assert (only["docs"], only["severity"], body["has_more"]) == (None, "warning", True)
