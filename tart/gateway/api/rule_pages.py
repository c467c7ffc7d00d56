"""HTML pages of the conformance rules: the list, and a page for each rule.

Pure. Rendered from ``protocol.rules``; findings of ``/api/conformance`` link to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tart.gateway.api import docs
from tart.gateway.api.html import html, relative
from tart.protocol.rules import RULES, SCOPES, SEVERITIES, SEVERITY_MEANINGS, Rule
from tart.query.topics.conformance import RULE_PAGES, rule_page


def rule_list() -> str:
    """Return the page with all rules."""
    return html("tart: rules", _list())


def rule_text(code: str) -> str:
    """Return the page of one of ``RULES``."""
    return html(f"tart: {code}", _rule(RULES[code]))


def _list() -> Iterator[str]:
    yield "<h1>Conformance rules</h1>"
    yield (
        "<p>Messages of nodes are checked against JIP-3. <code>/api/conformance</code> lists the "
        "findings for all nodes, <code>/api/nodes/{id}/conformance</code> those for one node. "
        "Events are stored byte for byte, with all errors. "
        f'<a href="{_link(docs.PATH)}">All routes</a>.</p><dl>'
    )
    for severity, meaning in SEVERITY_MEANINGS.items():
        yield f"<dt><code>{severity}</code></dt><dd>{escape(meaning)}</dd>"
    yield "</dl>"
    for scope, outcome in SCOPES.items():
        yield f"<h2>{scope.capitalize()}s</h2><p>{escape(outcome)}</p>"
        yield "<table><tr><th>Rule</th><th>Severity</th><th>Explanation</th></tr>"
        for rule in sorted(_of(scope), key=lambda each: SEVERITIES.index(each.severity)):
            yield (
                f'<tr><td><a href="{_link(rule_page(rule.code))}"><code>{rule.code}</code></a>'
                "</td>"
                f"<td>{rule.severity}</td><td>{escape(rule.explanation)}</td></tr>"
            )
        yield "</table>"


def _link(path: str) -> str:
    """Return a link for the page with all rules."""
    return relative(path, RULE_PAGES)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"<h1><code>{rule.code}</code></h1>"
    yield f"<p><strong>{escape(rule.explanation)}</strong></p><table>"
    for name, value, meaning in (
        ("Severity", rule.severity, SEVERITY_MEANINGS[rule.severity]),
        ("Scope", rule.scope, SCOPES[rule.scope]),
        ("Unit of counts", rule.counted, _EXAMPLES[rule.scope]),
    ):
        yield f"<tr><th>{name}</th><td><code>{value}</code></td><td>{escape(meaning)}</td></tr>"
    all_rules = relative(RULE_PAGES, rule_page(rule.code))
    yield f'</table><p><a href="{all_rules}">All rules</a></p>'


# Contents of a finding's examples.
_PLACE = "Examples have the message in hex, the offset and field in it, and what was expected."
_EXAMPLES = {scope: _PLACE for scope in SCOPES} | {
    "connection": "Examples have the beginning of the message in hex, and what was expected.",
    "conversation": "Examples have the event and what was expected. Findings over a long time, "
    "such as wrong clocks and missing Status events, have no examples.",
}


def _of(scope: str) -> Iterator[Rule]:
    return (rule for rule in RULES.values() if rule.scope == scope)
