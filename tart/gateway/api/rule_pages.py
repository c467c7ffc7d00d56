"""``/api/docs/rules``: what nodes are judged by, and a page for each rule.

Pure. Rendered from ``protocol.rules``; findings of ``/api/conformance`` lead here.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tart.gateway.api import docs
from tart.gateway.api.html import html, relative
from tart.protocol.rules import RULES, SCOPES, SEVERITIES, SEVERITY_MEANINGS, Rule
from tart.query.topics.conformance import RULE_PAGES, rule_page


def index() -> str:
    """All rules."""
    return html("tart: rules", _index())


def page_of(code: str) -> str:
    """The page of one of ``RULES``."""
    return html(f"tart: {code}", _rule(RULES[code]))


def _index() -> Iterator[str]:
    yield "<h1>What nodes are judged by</h1>"
    yield (
        "<p>What a node says is held against JIP-3. What is found is shown by "
        "<code>/api/conformance</code> of all nodes and by "
        "<code>/api/nodes/{id}/conformance</code> of one. Events are kept byte for byte, "
        f'whatever is wrong with them. <a href="{_linked(docs.PATH)}">All routes</a>.</p><dl>'
    )
    for severity, meaning in SEVERITY_MEANINGS.items():
        yield f"<dt><code>{severity}</code></dt><dd>{escape(meaning)}</dd>"
    yield "</dl>"
    for scope, outcome in SCOPES.items():
        yield f"<h2>{scope.capitalize()}s</h2><p>{escape(outcome)}</p>"
        yield "<table><tr><th>Rule</th><th>Severity</th><th>What is wrong</th></tr>"
        for rule in sorted(_of(scope), key=lambda each: SEVERITIES.index(each.severity)):
            yield (
                f'<tr><td><a href="{_linked(rule_page(rule.code))}"><code>{rule.code}</code></a>'
                "</td>"
                f"<td>{rule.severity}</td><td>{escape(rule.explanation)}</td></tr>"
            )
        yield "</table>"


def _linked(path: str) -> str:
    """A link of the page of all rules."""
    return relative(path, RULE_PAGES)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"<h1><code>{rule.code}</code></h1>"
    yield f"<p><strong>{escape(rule.explanation)}</strong></p><table>"
    for name, value, meaning in (
        ("Severity", rule.severity, SEVERITY_MEANINGS[rule.severity]),
        ("Judged is the", rule.scope, SCOPES[rule.scope]),
        ("Counted are", rule.counted, _SHOWN[rule.scope]),
    ):
        yield f"<tr><th>{name}</th><td><code>{value}</code></td><td>{escape(meaning)}</td></tr>"
    all_rules = relative(RULE_PAGES, rule_page(rule.code))
    yield f'</table><p><a href="{all_rules}">All rules</a></p>'


# What examples of a finding have.
_PLACE = "Examples have the message in hex, the offset and field in it, and what was expected."
_SHOWN = {scope: _PLACE for scope in SCOPES} | {
    "connection": "Examples have the beginning of the message in hex, and what was expected.",
    "conversation": "Examples have the event they were found at, and what was expected; what is "
    "of the long run, such as clocks and Status that never comes, has none.",
}


def _of(scope: str) -> Iterator[Rule]:
    return (rule for rule in RULES.values() if rule.scope == scope)
