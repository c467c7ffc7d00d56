"""The rules as a rule file of Prometheus, for those who evaluate and route alerts there. Pure.

``/metrics`` and ``/metrics/network`` are scraped as in ``systemd/prometheus/prometheus.yml``. A
rule whose figure they do not have stands in the file as a comment with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tart.alerting.rules.durations import format_duration
from tart.alerting.rules.figures import FIGURES, LOWEST_REFERENCE
from tart.alerting.rules.model import FigureCondition, Rule, RuleFile
from tart.alerting.rules.templates import Action, Template, TemplateError, parse_template
from tart.units import JCE_UNIX_SECONDS

# Seconds of a slot (Gray Paper, appendix I.4.4: P).
_SLOT_SECONDS = 6
_NETWORK = "tart_network_"
_ALL_SHARDS = f'{_NETWORK}shards{{state="missing"}} == 0'
_PAUSES = 'tart_ingest_pauses_total{reason=~"buffer|disk|memory"}'


def _count_new(counter: str) -> str:
    """Return the increase of a counter that has no sample before it first counts.

    To Prometheus the first sample is no increase.
    """
    return f"sum by (instance) (increase({counter}[W]) > 0 or {counter} unless {counter} offset W)"


# PromQL by figure and label. [W] stands for the window, which is moved by ``against``.
EXPRESSIONS: Mapping[tuple[str, str | None], str] = {
    ("nodes_connected", None): f"{_NETWORK}connected_nodes",
    ("nodes_disconnected_share", None): (
        f"1 - {_NETWORK}connected_nodes / (max_over_time({_NETWORK}connected_nodes[W]) > 0)"
        f" and on (instance) {_ALL_SHARDS}"
    ),
    ("finality_lag_slots", None): f"{_NETWORK}best_slot - {_NETWORK}finalized_slot",
    ("best_block_age_seconds", None): (
        f"time() - ({JCE_UNIX_SECONDS} + {_SLOT_SECONDS} * {_NETWORK}best_slot)"
    ),
    ("finalized_block_age_seconds", None): (
        f"time() - ({JCE_UNIX_SECONDS} + {_SLOT_SECONDS} * {_NETWORK}finalized_slot)"
    ),
    ("missed_slots_share", None): (
        f"1 - increase({_NETWORK}block_interval_seconds_count[W])"
        f" / (delta({_NETWORK}best_slot[W]) >= 10)"
    ),
    ("step_failure_share", "pipeline"): (
        f"sum by (instance, pipeline) (increase({_NETWORK}failures_total[W]))"
        f" / (sum by (instance, pipeline) (increase({_NETWORK}attempts_total[W])) >= 100)"
    ),
    ("version_appeared_nodes", "version"): (
        f'{_NETWORK}nodes{{version!="other"}} unless max_over_time({_NETWORK}nodes[7d] offset W)'
        f" and on (instance) {_NETWORK}connected_nodes offset W"
    ),
    ("version_vanished_nodes", "version"): (
        f'max_over_time({_NETWORK}nodes{{version!="other"}}[W]) unless {_NETWORK}nodes'
        f" and on (instance) {_ALL_SHARDS}"
    ),
    ("shards_missing", None): "sum by (instance) (1 - tart_shard_up)",
    ("memory_free_share", None): "tart_host_memory_available_bytes / tart_host_memory_bytes",
    ("write_latency_seconds", None): (
        "max by (instance) (histogram_quantile(0.99, "
        "sum by (instance, shard, le) (rate(tart_commit_seconds_bucket[W]))))"
    ),
    ("ingest_pauses", None): _count_new(_PAUSES),
    ("derived_failures", None): _count_new("tart_derived_failures_total"),
    ("descriptors_used_share", None): (
        "max by (instance) (tart_process_open_fds / tart_process_max_fds)"
    ),
}
# In which way an expression is not quite the figure.
NOTES: Mapping[str, str] = {
    "nodes_disconnected_share": "of the most that were connected at once in the window",
    "best_block_age_seconds": "by the block's slot instead of its arrival",
    "finalized_block_age_seconds": "by the block's slot instead of the time of its finalization",
    "version_appeared_nodes": "the label version is the node's text, beside implementation",
    "version_vanished_nodes": "the label version is the node's text, beside implementation",
}
_BY_NODE = "the metrics have no label for each node, since thousands of series would follow"
_NOT_EXPORTED = "the metrics do not have this figure"
# The reason why a figure has no expression.
REASONS: Mapping[tuple[str, str | None], str] = {
    **{
        (name, "node"): _BY_NODE
        for name, figure in FIGURES.items()
        if "node" in figure.by and (name, "node") not in EXPRESSIONS
    },
    ("step_failure_share", "implementation"): "failures are not counted by implementation there",
    ("core_guarantees", "core"): "events are not counted by core there",
    ("core_failure_share", "core"): "events are not counted by core there",
    ("network_anomaly_score", "figure"): "scores are computed by tart",
    ("new_findings_nodes", "rule"): "tart_network_findings_total counts findings, not nodes",
    ("validators_without_telemetry", None): "the chain and telemetry are compared by tart alone",
    ("failure_groups_new", "fingerprint"): "groups of failures are known to tart alone",
    ("failure_groups_regressed", "fingerprint"): "groups of failures are known to tart alone",
}


def write_prometheus_rules(file: RuleFile, *, source: str) -> str:
    """Return a rule file of Prometheus.

    Args:
        file: The rules; those that are switched off are left out.
        source: Where they come from, for the first line.
    """
    rules = [_Written(rule) for rule in file.enabled_rules]
    expressed = [rule for rule in rules if rule.expression is not None]
    others = [rule for rule in rules if rule.expression is None]
    lines = [
        f"# The alerting rules of {source}, written by 'tart alerts prometheus'.",
        "# They expect the jobs tart (/metrics) and tart-network (/metrics/network).",
    ]
    if others:
        lines += ["#", "# Rules that tart evaluates alone:"]
        lines += [f"# {rule.alert}: {rule.reason}" for rule in others]
    # A file with an empty list of groups is valid, one with an empty group is not.
    lines += ["groups:", "  - name: tart-rules", "    rules:"] if expressed else ["groups: []"]
    for index, rule in enumerate(expressed):
        lines += [""] * (index > 0)
        lines += [f"      {line}" for line in rule.lines()]
    return "\n".join(lines) + "\n"


class _Written:
    """A rule and its form in Prometheus.

    Attributes:
        expression: In PromQL; ``None`` if there is none.
        reason: Why there is none.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self.alert = _single_line(rule.alert)
        self.expression: str | None = None
        self.reason = "its condition is a statement in SQL"
        if isinstance(rule.condition, FigureCondition):
            self.expression = _express(rule.condition)
            self.reason = _reason(rule.condition)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the rule."""
        rule = self._rule
        if isinstance(rule.condition, FigureCondition) and rule.condition.figure in NOTES:
            yield f"# {rule.condition.figure}: {NOTES[rule.condition.figure]}."
        yield f"- alert: {_quote(rule.alert)}"
        yield "  expr: |-"
        yield f"    {self.expression}"
        if rule.for_us:
            yield f"  for: {format_duration(rule.for_us)}"
        if rule.keep_firing_for_us:
            yield f"  keep_firing_for: {format_duration(rule.keep_firing_for_us)}"
        yield from _mapping("labels", {"severity": rule.severity, **rule.labels})
        if rule.annotations:
            yield from _mapping(
                "annotations", {name: _convert(text) for name, text in rule.annotations.items()}
            )


def _express(condition: FigureCondition) -> str | None:
    label = FIGURES[condition.figure].label(condition.by)
    expression = EXPRESSIONS.get((condition.figure, label))
    if expression is None:
        return None
    window_us = condition.window_us or FIGURES[condition.figure].window_us
    window = format_duration(window_us) if window_us else ""
    value = expression.replace("[W]", f"[{window}]").replace("offset W", f"offset {window}")
    if condition.against_us is not None:
        moved = f"[{window}] offset {format_duration(condition.against_us)}"
        earlier = expression.replace("[W]", moved)
        value = f"({value}) / clamp_min({earlier}, {LOWEST_REFERENCE})"
    if condition.above is not None:
        return f"({value}) > {condition.above:.15g}"
    return f"({value}) < {condition.below or 0.0:.15g}"


def _reason(condition: FigureCondition) -> str:
    label = FIGURES[condition.figure].label(condition.by)
    return f"{condition.figure}: {REASONS.get((condition.figure, label), _NOT_EXPORTED)}"


def _convert(text: str) -> str:
    """Return a template in Prometheus' form."""
    try:
        template: Template = parse_template(text)
    except TemplateError:
        return text
    return "".join(part if isinstance(part, str) else _action(part) for part in template)


def _action(action: Action) -> str:
    operand = "$value" if action.label is None else f"$labels.{action.label}"
    parts = [operand]
    for name in action.formatters:
        parts.append('printf "%.8s"' if name == "short" else name)
    return f"{{{{ {' | '.join(parts)} }}}}"


def _mapping(name: str, values: Mapping[str, str]) -> Iterator[str]:
    yield f"  {name}:"
    for key, value in values.items():
        yield f"    {key}: {_quote(value)}"


def _quote(text: str) -> str:
    """Return text as YAML, of which JSON is a subset."""
    return json.dumps(text, ensure_ascii=False)


def _single_line(text: str) -> str:
    return " ".join(text.split())
