"""Whatever is asked of a tart that knows a network: no fault of ours, nothing undocumented.

Requests are made from the contract itself, route by route: values that fit, values at the
edge, and texts that nobody would send on purpose. ``make soak`` asks a thousand of each.
"""

from __future__ import annotations

import json
import os
from string import hexdigits
from typing import Any, is_typeddict
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.openapi import statuses
from tart.gateway.api.parameters import Choice, Duration, EventTypes, Hash, Integer, NodeId, Time
from tests.e2e.truth import network, tell
from tests.gateway.json_schema import SCHEMAS, violations
from tests.running import running_system

pytestmark = pytest.mark.slow

# Event streams and the WebSocket have no end.
ENDING = [each for each in ROUTES if each.success != 101 and "event-stream" not in each.media_type]
FEW, MANY = 4, 1000
# One address asks more than anybody would.
ENVIRON = {"TART_API_REQUESTS_PER_SECOND": "1000000", "TART_API_BURST_REQUESTS": "1000000"}
DURATIONS = ["5m", "1h", "24h", "90s", "1s", "30d", "0s", "99999999d", "1w", "-5m", "5M", ""]
TIMES = ["2026-11-21T00:00:00Z", "2026-11-21T00:00:00.123456+02:00", "2262-01-01T00:00:00Z"]
TIMES += ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-02-30T00:00:00Z", "now"]
TYPES = ["11", "42,43", "0", "255", "256", "1,,2", " 11 , 12 ", "-1", "11;12"]
NUMBERS = [0, 1, -1, 59, 60, 255, 256, 1000, 65_535, 65_536, 2**31, 2**32, 2**53, 2**63, 2**64]
STATEMENTS = ["SELECT 1", "SELECT * FROM best_block_changed", "", ";", "DROP TABLE x", "SELECT"]
STATEMENTS += ["SELECT * FROM read_csv('/etc/passwd')", "ATTACH 'x'", "PRAGMA version", "\0"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A tart of two shards that knows the troubled network; afterwards it must be well."""
    data = tmp_path_factory.mktemp("fuzz") / "data"
    with running_system(data, environ=ENVIRON) as system:
        tell(system, network())
        yield system
        health = system.get("/api/health/detailed")
        assert (health["status"], health["summary"]["unhealthy_components"]) == ("Healthy", 0)
        lines = system.process.errors().splitlines()
        logged = [json.loads(line) for line in lines if line[:1] == "{"]
        assert [line for line in logged if line["level"] == "error"] == []


def known(kind: type) -> list[str]:
    """Ids and hashes that the network has."""
    facts = network().facts
    if kind is NodeId:
        return [each["node"] for each in facts.of("node")]
    blocks, packages = facts.of("block"), facts.of("package")
    return [each["block"] for each in blocks] + [each["package"] for each in packages]


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["null", "NaN", "1e9", "0x10", "١", "%00", "' OR 1=1 --", "../../etc/passwd"]),
    st.integers(20, 400).map(lambda digits: "9" * digits),
    st.binary(max_size=20),
)


def fitting(kind: Any) -> st.SearchStrategy[str]:
    """Texts as such a parameter takes them, and some at the edge."""
    match kind:
        case Integer():
            edges = [kind.low, kind.high, kind.low - 1, kind.high + 1, *NUMBERS]
            return st.sampled_from(edges).map(str) | st.integers(kind.low, kind.high).map(str)
        case Choice():
            return st.sampled_from(kind.words)
        case NodeId() | Hash():
            hashes = st.sampled_from(known(type(kind)))
            return hashes | st.text(hexdigits, min_size=64, max_size=64) | hashes.map(str.upper)
        case Duration():
            return st.sampled_from(DURATIONS)
        case Time():
            return st.sampled_from(TIMES)
        case EventTypes():
            return st.sampled_from(TYPES)
    return st.text("abcdef0123456789_-", min_size=1, max_size=60)


@st.composite
def requests(draw: Any, route: Any) -> tuple[str, str, dict[str, Any]]:
    """Method, URL and what else of a request."""
    path, query = route.path, []
    for each in route.parameters:
        text = draw(fitting(each.kind) | fitting(each.kind) | HOSTILE)
        escaped = quote_from_bytes(text, "") if isinstance(text, bytes) else quote(text, "")
        if each.where == "path":
            # What is empty, or a dot, is another path.
            path = path.replace(f"{{{each.name}}}", escaped if escaped.strip(".") else "x")
        elif draw(st.booleans()):
            query.append(f"{each.name}={escaped}")
    if query and draw(st.integers(0, 9)) == 0:
        query.append(query[0])
    url = path + ("?" + "&".join(query) if query else "")
    return route.method, url, draw(bodies(route)) if route.body else {}


@st.composite
def bodies(draw: Any, route: Any) -> dict[str, Any]:
    """A body and its type: mostly JSON of the right members."""
    values = (
        st.sampled_from(STATEMENTS)
        | st.none()
        | st.integers()
        | st.lists(st.sampled_from([*known(Hash)[:3], "zz", ""]) | st.integers(), max_size=3)
    )
    right: st.SearchStrategy[Any] = st.lists(values, max_size=4)
    if is_typeddict(route.body):
        names = list(SCHEMAS[route.body.__name__]["properties"])
        right = st.fixed_dictionaries({}, optional={name: values for name in names})
    else:
        right |= st.lists(st.sampled_from(known(Hash)), max_size=4)
    right = right.map(json.dumps)
    content = draw(right | right | right | st.text(max_size=30) | st.just("[]"))
    kind = draw(st.sampled_from(["application/json"] * 4 + ["text/plain", "application/xml"]))
    return {"content": content.encode("utf-8", "replace"), "headers": {"Content-Type": kind}}


def check(system: Any, route: Any, request: tuple[str, str, dict[str, Any]]) -> None:
    """Ask, and hold the answer against the contract."""
    method, url, more = request
    response = system.http.request(method, url, **more)
    # A path that is none, or a body that is too long, is refused before a route is found.
    allowed = {*statuses(route), 400, 404} if "{" in route.path else {*statuses(route)}
    assert response.status_code in allowed, (response.status_code, response.text[:300])
    if response.status_code >= 400 and route.name != "detailed_health":
        error = response.json()["error"]
        assert error.keys() <= {"code", "message", "param", "data"}
        assert error["message"]
        assert "Traceback" not in response.text
    elif response.status_code == route.success and is_typeddict(route.answer) and is_json(response):
        assert violations(response.json(), SCHEMAS[route.answer.__name__]) == []


def is_json(response: Any) -> bool:
    return str(response.headers["content-type"]).startswith("application/json")


def ask(system: Any, route: Any, count: int) -> None:
    """So many requests of one route."""

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(route))
    def asked(request: tuple[str, str, dict[str, Any]]) -> None:
        check(system, route, request)

    asked()


@pytest.mark.parametrize("route", ENDING, ids=lambda route: route.name)
def test_any_request_gets_an_answer_of_the_contract(told, route):
    ask(told, route, FEW)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("route", ENDING, ids=lambda route: route.name)
def test_a_thousand_requests_likewise(told, route):
    ask(told, route, int(os.environ.get("TART_FUZZ_REQUESTS", MANY)))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "TRACE", "NONSENSE"])
def test_other_methods_are_refused_in_the_same_shape(told, method):
    response = told.http.request(method, "/api/nodes")
    assert response.status_code == 405
    assert response.json()["error"]["code"] == "method_not_allowed"
