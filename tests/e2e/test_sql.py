"""SQL over all shards of a real server: the answers of one DuckDB with all rows."""

from __future__ import annotations

import json
import re
import socket

import duckdb
import httpx
import nanoarrow as na
import pytest

from tests.running import wait_for

pytestmark = pytest.mark.slow
ARROW = "application/vnd.apache.arrow.stream"
STATEMENTS = [
    "SELECT count(*), min(slot), max(slot), avg(slot), sum(event_id)::BIGINT FROM events",
    "SELECT event_type, count(*) AS n FROM events GROUP BY event_type HAVING n > 5 ORDER BY n, 1",
    "SELECT node_id, count(*) FILTER (WHERE event_type IN (41, 44, 46, 92)) * 100.0 / count(*) "
    "FROM events GROUP BY node_id HAVING count(*) > 10 ORDER BY 2 DESC, 1",
    "SELECT id, slot FROM events WHERE slot IS NOT NULL ORDER BY slot DESC, id LIMIT 7 OFFSET 2",
    "SELECT id, payload FROM events WHERE event_type = 42 ORDER BY id LIMIT 5",
    "SELECT DISTINCT event_name, core FROM events",
    "SELECT count(DISTINCT slot), median(slot) FROM events WHERE slot > 3",
    "SELECT a.event_type, count(*) FROM events a JOIN events b USING (slot) "
    "WHERE a.event_type = 42 AND b.event_type IN (11, 12) GROUP BY ALL",
    "WITH s AS (SELECT slot, count(*) AS n FROM events WHERE event_type = 42 GROUP BY slot) "
    "SELECT max(n), count(*) FROM s",
    "SELECT node_id, slot FROM events WHERE event_type = 42 "
    "QUALIFY row_number() OVER (PARTITION BY node_id ORDER BY slot, id) = 1",
    "SELECT event_name FROM events WHERE slot = (SELECT max(slot) FROM events) UNION SELECT 'none'",
    "SELECT date_trunc('minute', received_at) AS minute, count(*) FROM events GROUP BY ALL",
    "SELECT 1",
]


def post(truth, body, **more):
    return truth.system.http.post("/api/sql", json=body, **more)


@pytest.fixture
def one_database(truth):
    """All events in one database."""
    response = post(truth, {"query": "SELECT * FROM events"}, headers={"accept": ARROW})
    assert response.status_code == 200, response.text
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("feed", na.ArrayStream.from_readable(response.content).read_all())
        connection.execute("CREATE TABLE events AS FROM feed")
        yield connection


def test_answers_are_those_of_one_database_with_all_rows(truth, one_database):
    for sql in STATEMENTS:
        response = post(truth, {"query": sql}, headers={"accept": ARROW})
        assert response.status_code == 200, (sql, response.text)
        assert (
            response.headers["x-tart-shards"].split("/")[0]
            == (response.headers["x-tart-shards"].split("/")[1])
        )
        one_database.register("found", na.ArrayStream.from_readable(response.content).read_all())
        found = one_database.execute("SELECT * FROM found").fetchall()
        expected = one_database.execute(sql).fetchall()
        assert sorted(map(repr, found)) == sorted(map(repr, expected)), sql


def test_a_client_that_leaves_stops_the_work_everywhere(truth):
    """A cartesian product keeps the process busy; nothing of it runs a moment later."""
    endless = "SELECT count(*) FROM events a, events b, events c WHERE hash(a.id, b.id, c.id) = 1"
    url = httpx.URL(truth.system.api)
    body = json.dumps({"query": endless})
    head = f"POST /api/sql HTTP/1.1\r\nHost: {url.host}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((url.host, url.port)) as client:
        client.sendall((head + body).encode())
        wait_for(lambda: metric(truth, "tart_sql_statements"), "the statement")
    wait_for(lambda: not metric(truth, "tart_sql_statements"), "the end of the statement")
    wait_for(lambda: not metric(truth, "tart_queries_running"), "the end of its queries")
    assert post(truth, {"query": "SELECT 1 AS one"}).json()["rows"] == [[1]]


def metric(truth, name):
    """The sum of a metric over all processes."""
    text = truth.system.http.get("/metrics").text
    return sum(map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)))


def test_integers_of_any_size_are_exact_in_json(truth):
    query = (
        "SELECT sum(9007199254740993::HUGEINT) AS a, 9007199254740993 AS b, 1::BIGINT << 40 AS c, "
        "170141183460469231731687303715884105727::HUGEINT AS d, -(2::HUGEINT) AS e "
        "FROM (SELECT id FROM events LIMIT 1)"
    )
    (row,) = post(truth, {"query": query}).json()["rows"]
    assert [str(value) for value in row] == [
        *("9007199254740993", "9007199254740993", "1099511627776"),
        *("170141183460469231731687303715884105727", "-2"),
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"query": "SELECT 1", "map": "SELECT 1"}, "send either query, or map"),
        ({"reduce": "SELECT 1"}, "send map, too"),
        ({}, "the body needs a statement"),
        ({"query": "SELECT evnt_type FROM events"}, "did you mean event_type?"),
        ({"query": "SELECT 1 FROM eventz"}, "did you mean events?"),
        ({"query": "DELETE FROM events"}, "only SELECT statements run here; DELETE does not"),
        ({"map": "SELECT 1 AS one", "reduce": "SELECT two FROM partials"}, "it has one"),
        ({"map": "SELECT 1", "reduce": "SELECT 1 FROM events"}, "it reads the table partials only"),
    ],
)
def test_errors_name_the_wrong_word_and_the_right_one(truth, body, message):
    response = post(truth, body)
    assert response.status_code in (400, 422)
    assert message in response.json()["error"]["message"]


def test_a_result_explains_its_execution_on_demand(truth):
    split = "SELECT node_id, count(*) AS n FROM events GROUP BY node_id"
    whole = "SELECT count(*) AS n FROM authored a JOIN nodes n ON a.node_id = n.node_id"
    plain = post(truth, {"query": split}).json()
    assert "execution" not in plain
    response = post(truth, {"query": split}, params={"explain": "true"}).json()
    execution = response.pop("execution")
    assert sorted(response.pop("rows")) == sorted(plain.pop("rows"))
    assert response == plain
    assert execution["split"]
    assert "count" in execution["shard_statement"].lower()
    assert execution["read"] == []
    execution = post(truth, {"query": whole}, params={"explain": "true"}).json()["execution"]
    assert (execution["split"], execution["shard_statement"]) == (False, None)
    read = {table["table"]: table for table in execution["read"]}
    assert read.keys() == {"authored", "nodes"}
    assert read["authored"]["rows"] == truth.facts.counts()[42]
    assert read["authored"]["columns"] == ["node_id"]
    assert all(table["bytes"] > 0 for table in read.values())
    assert execution["elapsed_ms"] > 0
