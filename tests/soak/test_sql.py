"""Ten thousand generated statements, and all hostile ones through a server; ``make soak``."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.running import fake_node, running_system, wait_for
from tests.sandbox.statements import SHARDS, Databases, Statements, check
from tests.sandbox.test_child import hostile_statements

pytestmark = [pytest.mark.soak, pytest.mark.slow]

STATEMENTS = 10_000
# Statements over the same rows.
_ROUND = 250
_ENDLESS = Path(__file__).parents[1] / "sandbox" / "endless_statements.sql"


@pytest.mark.timeout(7200)
def test_ten_thousand_statements_have_the_answer_of_one_database():
    done = answered = split = 0
    while done < STATEMENTS:
        for shards in SHARDS:
            random = Random(done)
            databases = Databases(random, shards)
            statements = Statements(random)
            for _ in range(_ROUND):
                answered += check(databases, statements.next())
            done += _ROUND
            split += databases.split
            databases.close()
    assert answered > 0.9 * done
    assert split > 0.4 * done


@pytest.mark.timeout(1800)
def test_hostile_statements_are_refused_and_cost_nobody_else(tmp_path):
    endless = [
        line.replace("{deep}", "(" * 1000 + "1" + ")" * 1000).replace("{long}", "x" * 35_000)
        for line in _ENDLESS.read_text().splitlines()
        if not line.startswith("--")
    ]
    environ = {"TART_API_SQL_SECONDS": "3"}
    with running_system(tmp_path / "data", shards=2, environ=environ) as system:
        node = fake_node(1)
        with system.connect() as connection:
            connection.sendall(node.connect())
            for number, sql in enumerate([*hostile_statements(tmp_path), *endless]):
                connection.sendall(
                    node.event("BestBlockChanged", number, slot=1, hash=bytes(32))[1]
                )
                response = system.http.post("/api/sql", json={"query": sql}, timeout=60)
                assert response.status_code in (400, 413, 422, 504), (sql[:200], response.text)
                assert response.json()["error"]["message"], sql
                counted = system.http.post(
                    "/api/sql", json={"query": "SELECT count(*) FROM events"}, timeout=60
                )
                assert counted.json()["rows"][0][0] <= number + 1
            wait_for(lambda: len(system.events(node.peer_id)) == number + 1, "all events")
