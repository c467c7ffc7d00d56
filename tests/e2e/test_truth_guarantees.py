"""Every figure of guarantees and guarantors against what really happened."""

from __future__ import annotations

from collections import Counter, defaultdict

from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce
from tart.simulate.model.truth import SENT
from tests.e2e.packages_truth import later

TOTALS = {
    "built": 105,
    "sending": 106,
    "send_failed": 107,
    "sent": 108,
    "distributed": 109,
    "receiving": 110,
    "receive_failed": 111,
    "received": 112,
    "discarded": 113,
}


def test_totals_and_rates_are_of_events(truth):
    body, counts = truth.system.get("/api/guarantees"), truth.facts.counts()
    assert body["totals"] == {name: counts[number] for name, number in TOTALS.items()}
    assert counts[107]
    assert counts[111]
    assert body["success_rates"] == {
        "send_success_rate": f"{100 * counts[108] / (counts[108] + counts[107]):.2f}%",
        "receive_success_rate": f"{100 * counts[112] / (counts[112] + counts[111]):.2f}%",
    }


def test_every_node_has_the_guarantees_it_built(truth):
    found = truth.system.get("/api/guarantees")["by_node"]
    built = Counter(f["node"] for f in truth.facts.events("GuaranteeBuilt"))
    assert {each["node_id"]: each["guarantees_built"] for each in found} == dict(built)
    counts = [each["guarantees_built"] for each in found]
    assert counts == sorted(counts, reverse=True)


def test_the_newest_are_events_as_they_were_sent(truth, packages):
    found = truth.system.get("/api/guarantees")["recent"]
    assert len(found) == 50
    variants = ("GuaranteeBuilt", "GuaranteeReceived", "GuaranteeDiscarded")
    facts = [packages.event(f) for f in truth.facts.events(*variants)]
    names = ("node_id", "event_type", "timestamp", "data")
    stored = [{name: each[name] for name in names} for each in facts]
    assert all(each in stored for each in found)
    newest = sorted((each["received_at"] for each in facts), reverse=True)[:50]
    of = {str(one): each["received_at"] for one, each in zip(stored, facts, strict=True)}
    assert sorted((of[str(each)] for each in found), reverse=True) == newest


def test_a_guarantor_is_judged_by_its_own_attempts(truth, packages):
    body = truth.system.get("/api/guarantees/by-guarantor", **later())
    by_node = defaultdict(list)
    for attempt in packages.attempts:
        by_node[attempt.root["node"]].append(attempt)
    built = truth.facts.events("GuaranteeBuilt")
    nodes = {f["node"] for f in built}
    assert {each["node_id"] for each in body["guarantors"]} == nodes
    assert body["total_guarantors"] == len(nodes)
    for each in body["guarantors"]:
        node, attempts = each["node_id"], by_node[each["node_id"]]
        counts = truth.facts.counts(node)
        guaranteed = [a for a in attempts if "guaranteed" in a.steps]
        distributed = [a for a in guaranteed if "distributed" in a.steps]
        cores = Counter(a.core for a in guaranteed if a.core is not None)
        assert each["total_guarantees"] == each["guarantees_last_hour"] == counts[105]
        assert each["packages_guaranteed"] == len(guaranteed)
        assert each["packages_distributed"] == len(distributed)
        assert each["packages_signed"] == sum(1 for a in attempts if "signed" in a.steps)
        assert each["success_rate"] == rate(len(distributed), len(guaranteed))
        assert (each["sent"], each["send_failed"]) == (counts[108], counts[107])
        assert each["send_success_rate"] == rate(counts[108], counts[108] + counts[107])
        assert set(each["cores_active"]) == set(cores)
        assert [cores[core] for core in each["cores_active"]] == sorted(cores.values())[::-1]
        assert each["primary_core"] == (each["cores_active"] or [None])[0]
        last = max(a.steps["guaranteed"] for a in guaranteed) if guaranteed else None
        assert each["last_guarantee"] == (None if last is None else rfc3339_of_jce(last))


def rate(part, whole):
    return round(part / whole, 4) if whole else None


def test_the_best_and_the_worst_are_by_guarantees_built(truth):
    body = truth.system.get("/api/guarantees/by-guarantor")
    counts = [each["total_guarantees"] for each in body["guarantors"]]
    ids = [each["node_id"] for each in body["guarantors"]]
    assert counts == sorted(counts, reverse=True)
    assert (body["top_performers"], body["bottom_performers"]) == (ids[:5], ids[-5:])


def test_who_was_never_cut_off_before_the_end_scores_one(truth, packages):
    """Of each node whose attempts all reached their end, whatever others made of them."""
    complete = defaultdict(lambda: True)
    for fact in truth.facts.of("happened"):
        if 90 <= fact["type"] <= 109:
            complete[fact["node"]] &= fact["told"] == SENT
    for attempt in packages.attempts:
        if "guaranteed" in attempt.steps:
            complete[attempt.root["node"]] &= "distributed" in attempt.steps
    body = truth.system.get("/api/guarantees/by-guarantor", **later())
    for each in body["guarantors"]:
        if complete[each["node_id"]]:
            assert each["success_rate"] == 1.0


def test_outside_the_window_there_are_none_and_no_rates(truth):
    past = {"start": rfc3339(0), "end": rfc3339(1_000_000)}
    body = truth.system.get("/api/guarantees", **past)
    assert set(body["totals"].values()) == {0}
    assert body["success_rates"] == {"send_success_rate": None, "receive_success_rate": None}
    assert (body["by_node"], body["recent"]) == ([], [])
    assert truth.system.get("/api/guarantees/by-guarantor", **past)["guarantors"] == []
