"""Problems of alerting as sentences."""

from __future__ import annotations

from tart.gateway.alerting.problems import Faults, describe_problems


def test_all_is_well() -> None:
    assert describe_problems(Faults()) == ()


def test_each_fault_is_a_sentence_the_gravest_first() -> None:
    assert describe_problems(
        Faults(
            evaluation="control.sqlite is locked",
            rules={"A": "no column x", "B": "too late", "C": "too late"},
            refused={"D": 1},
            file=("alerts.toml:3: no such key",),
            dead_letters={"ops": 1, "pager": 3, "removed": 9},
            failures={"ops": 0, "pager": 4, "mail": 2},
            store="it is locked",
        )
    ) == (
        "alerts are not evaluated: control.sqlite is locked",
        "the rule file has 1 mistake and is not in force; the rules that were in force before stay",
        "alerts.toml:3: no such key",
        "channel pager takes no messages: 4 attempts in a row failed; 'tart alerts deliveries' has "
        "the reason",
        "channel ops: 1 message of the last day was given up",
        "channel pager: 3 messages of the last day were given up",
        "rule A cannot be evaluated: no column x",
        "2 rules cannot be evaluated: too late (B, C)",
        "rule D has too many alerts: 1 label set started none",
    )


def test_the_store_alone() -> None:
    assert describe_problems(Faults(store="it is locked")) == (
        "the state of messages is not known: it is locked",
    )


def test_many_rules_and_faults_are_cut() -> None:
    rules = {f"R{number}": "no shard answered" for number in range(300)}
    (sentence,) = describe_problems(Faults(rules=rules))
    assert (
        sentence
        == "300 rules cannot be evaluated: no shard answered (R0, R1, R2, R3, R4 and 295 more)"
    )
    assert len(describe_problems(Faults(rules={name: name for name in rules}))) == 20
