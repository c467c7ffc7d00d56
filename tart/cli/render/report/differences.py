"""Sections of the report that have implementations side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.cli.render.report.markup import (
    Html,
    Section,
    Table,
    bullets,
    join,
    number_text,
    paragraph,
    table,
    tag,
)
from tart.cli.render.report.plots import interval_plot, range_plot, scale_of
from tart.cli.render.report.values import Report, measure_name
from tart.query.comparison.comparison import LEAST_NODES

if TYPE_CHECKING:
    from tart.client._generated import answers as api


_MAX_ROWS = 400
# Measures in a sentence.
_MAX_NAMED = 6
_MAX_LISTED = 12
_UNITS = {"ms": " ms", "ns": " ns", "bytes": " B", "share": " %", "1/s": " /s", "1/h": " /h"}


def difference_section(report: Report) -> Section:
    """Return the section of what differs between groups, and what cannot be told."""
    answer = report.comparison
    if answer is None:
        return Section("differences", "Differences", Html(""))
    measures = {measure["name"]: measure for measure in answer["measures"]}
    body = join(
        (
            _introduction(answer),
            bullets(describe_worse(answer)),
            _significant(answer, measures),
            _undecided(answer, measures),
            _missing(answer),
        )
    )
    return Section("differences", "Differences", body)


def _introduction(answer: api.ImplementationComparison) -> Html:
    level = number_text(100 * answer["level"])
    groups = "versions with the one before" if answer["by"] == "version" else "implementations"
    text = (
        f"{answer['comparisons']:,} comparisons of {groups}. The unit is the node: intervals and "
        "p-values come from the scatter between nodes, not from the number of events. They are "
        f"corrected together: with a probability of {level} % none of these claims is false. "
        "A difference between implementations is one between their nodes, machines included."
    )
    return paragraph(text)


def describe_worse(answer: api.ImplementationComparison) -> list[Html]:
    """Return a sentence for each group that is significantly worse, better or different.

    Of a measure in which one group differs from several others, the sentence is about this one.
    """
    measures = {measure["name"]: measure for measure in answer["measures"]}
    collected: dict[tuple[str, str], list[tuple[str, list[api.ComparedPair]]]] = defaultdict(list)
    significant = [pair for pair in answer["differences"] if pair["significant"]]
    for name, pairs in _by_measure(significant):
        for (group, verdict), about in _verdicts(pairs).items():
            collected[group, verdict].append((name, about))
    sentences = []
    for (group, verdict), by_measure in sorted(collected.items()):
        by_measure.sort(key=lambda item: (-len(item[1]), item[1][0]["p"] or 0.0, item[0]))
        parts = [
            f"{measure_name(name)} ({_against(group, pairs, measures[name])})"
            for name, pairs in by_measure[:_MAX_NAMED]
        ]
        more = len(by_measure) - _MAX_NAMED
        rest = f", and in {plural(more, 'more measure')}" if more > 0 else ""
        sentences.append(
            tag("span", tag("strong", group), f" {verdict} in {'; '.join(parts)}{rest}.")
        )
    return sentences


def _verdicts(
    pairs: Sequence[api.ComparedPair],
) -> dict[tuple[str, str], list[api.ComparedPair]]:
    """Return the pairs of one measure by the group that stands out, and how it does."""
    common = set.intersection(*({pair["a"], pair["b"]} for pair in pairs))
    odd = min(common) if len(pairs) > 1 and len(common) == 1 else None
    verdicts: dict[tuple[str, str], list[api.ComparedPair]] = defaultdict(list)
    for pair in pairs:
        worse = pair["worse"]
        if worse is None:
            verdicts[odd or pair["b"], "differs"].append(pair)
        elif odd is None or odd == worse:
            verdicts[worse, "is worse"].append(pair)
        else:
            verdicts[odd, "is better"].append(pair)
    return verdicts


def _against(group: str, pairs: Sequence[api.ComparedPair], measure: api.ComparedMeasure) -> str:
    """Return how a group compares with others, such as ``1.5 × alpha``."""
    texts = []
    for pair in pairs:
        is_b = pair["b"] == group
        other = pair["a"] if is_b else pair["b"]
        ratio, difference = pair["ratio"], pair["difference"]
        if ratio:
            texts.append(f"{number_text(ratio if is_b else 1 / ratio)} × {other}")
        elif difference is not None:
            shown = _amount(difference if is_b else -difference, measure["unit"])
            texts.append(f"{'' if shown.startswith('-') else '+'}{shown} against {other}")
    return ", ".join(texts)


def _amount(value: float, unit: str) -> str:
    scaled = 100 * value if unit == "share" else value
    return number_text(scaled) + _UNITS.get(unit, f" {unit}")


def _significant(
    answer: api.ImplementationComparison, measures: Mapping[str, api.ComparedMeasure]
) -> Html:
    pairs = [pair for pair in answer["differences"] if pair["significant"]]
    if not pairs and not answer["comparisons"]:
        return paragraph("No two groups have enough data to be compared.")
    if not pairs:
        return paragraph(
            "No difference is significant. That does not show that there is none: below is which "
            "differences are still possible."
        )
    order = {name: place for place, name in enumerate(measures)}
    chosen = sorted(pairs, key=lambda pair: pair["p"] or 0.0)[:_MAX_ROWS]
    chosen.sort(key=lambda pair: (order[pair["measure"]], pair["a"], pair["b"]))
    rows: list[tuple[object, ...]] = []
    groups: list[tuple[int, object]] = []
    for name, of_measure in _by_measure(chosen):
        measure = measures[name]
        groups.append((len(rows), _heading(measure)))
        reference = 1.0 if measure["effect"] == "ratio" else 0.0
        scale = scale_of(_ends(of_measure), reference=reference)
        for pair in of_measure:
            effect = _effect(pair)
            plot = (
                interval_plot(scale, reference, effect, pair["low"], pair["high"]) if scale else ""
            )
            worse = pair["worse"] or "neither"
            rows.append(
                (f"{pair['b']} against {pair['a']}", effect, pair["low"], pair["high"],
                 pair["p"], worse, plot)
            )  # fmt: skip
    heads = ("Groups", "#Ratio or difference", "#Low", "#High", "#p", "Worse", "Interval")
    parts = [table(Table("Significant differences", heads, rows, groups))]
    if len(pairs) > _MAX_ROWS:
        parts.append(
            paragraph(
                f"{len(pairs) - _MAX_ROWS:,} more, with greater p, are in "
                "/api/implementations/compare."
            )
        )
    return join(parts)


def _heading(measure: api.ComparedMeasure) -> Html:
    what = "ratio of b to a" if measure["effect"] == "ratio" else f"difference in {measure['unit']}"
    return tag(
        "span",
        measure_name(measure["name"]),
        " ",
        tag("small", f"{measure['description']} ({what})"),
    )


def _effect(pair: api.ComparedPair) -> float | None:
    return pair["difference"] if pair["ratio"] is None else pair["ratio"]


def _ends(pairs: Iterable[api.ComparedPair]) -> list[float | None]:
    return [value for pair in pairs for value in (pair["low"], pair["high"], _effect(pair))]


def _by_measure(
    pairs: Iterable[api.ComparedPair],
) -> Iterable[tuple[str, list[api.ComparedPair]]]:
    collected: dict[str, list[api.ComparedPair]] = defaultdict(list)
    for pair in pairs:
        collected[pair["measure"]].append(pair)
    return collected.items()


def _undecided(
    answer: api.ImplementationComparison, measures: Mapping[str, api.ComparedMeasure]
) -> Html:
    """Return the measures of which pairs do not differ, and how much they may differ still."""
    rows = []
    pairs = [pair for pair in answer["differences"] if pair["state"] == "not_different"]
    for name, of_measure in _by_measure(pairs):
        measure = measures[name]
        reference = 1.0 if measure["effect"] == "ratio" else 0.0
        lows = [pair["low"] for pair in of_measure if pair["low"] is not None]
        highs = [pair["high"] for pair in of_measure if pair["high"] is not None]
        low, high = min(lows, default=None), max(highs, default=None)
        scale = scale_of((low, high), reference=reference)
        plot = interval_plot(scale, reference, None, low, high) if scale else ""
        kind = "ratio" if measure["effect"] == "ratio" else measure["unit"]
        rows.append((measure_name(name), len(of_measure), kind, low, high, plot))
    heads = ("Measure", "#Pairs", "Unit", "#Least possible", "#Greatest possible", "Range")
    caption = "Pairs without a shown difference, and the differences that are still possible"
    return table(Table(caption, heads, rows))


def _missing(answer: api.ImplementationComparison) -> Html:
    """Return what cannot be compared: a row for all measures that lack the same nodes."""
    short: dict[str, list[str]] = defaultdict(list)
    for group in answer["groups"]:
        if group["nodes"] < LEAST_NODES:
            short[group["measure"]].append(f"{group['group']} {group['nodes']}")
    collected: dict[str, list[api.ComparedPair]] = defaultdict(list)
    for pair in answer["differences"]:
        if pair["state"] == "not_enough_data":
            lacking = ", ".join(short[pair["measure"]])
            collected[lacking or pair["reason"] or "unknown"].append(pair)
    rows = []
    for lacking, pairs in collected.items():
        names = list(dict.fromkeys(measure_name(pair["measure"]) for pair in pairs))
        listed = "; ".join(names[:_MAX_LISTED] + ["…"] * bool(names[_MAX_LISTED:]))
        rows.append((lacking, len(names), len(pairs), listed))
    heads = ("Nodes with enough events", "#Measures", "#Pairs", "Measures")
    caption = f"Not enough data: a comparison needs {LEAST_NODES} nodes of each group"
    return table(Table(caption, heads, rows[:_MAX_ROWS]))


def distribution_section(report: Report) -> Section:
    """Return the section of the distributions of steps and metrics by group."""
    answer = report.comparison
    if answer is None:
        return Section("steps", "Steps and metrics", Html(""))
    parts = [
        paragraph(
            "Steps are measured by each node's own clock. A row's plot has a band from the lowest "
            "to the highest value of a node, a dot for p50, a ring for p95, a line for p99 of all "
            "events; of metrics a dot for the value of the group. Rows of one measure have the "
            "same scale, which is logarithmic if all values are above 0. Percentiles are within "
            "10 %."
        )
    ]
    for kind, caption in (("step", "Steps"), ("metric", "Metrics")):
        rows, headings = _distribution_rows(answer, kind)
        heads = (
            "Group", "#Nodes", "#Too few events", "#Events", "#Value", "#Lowest node",
            "#Median node", "#Highest node", "#p50, ms", "#p95, ms", "#p99, ms", "Plot",
        )  # fmt: skip
        parts.append(table(Table(caption, heads, rows, headings)))
    return Section("steps", "Steps and metrics", join(parts))


def _distribution_rows(
    answer: api.ImplementationComparison, kind: str
) -> tuple[list[tuple[object, ...]], list[tuple[int, object]]]:
    by_measure: dict[str, list[api.ComparedGroup]] = defaultdict(list)
    for group in answer["groups"]:
        by_measure[group["measure"]].append(group)
    rows: list[tuple[object, ...]] = []
    headings: list[tuple[int, object]] = []
    for measure in answer["measures"]:
        groups = by_measure[measure["name"]]
        if measure["kind"] != kind or not groups:
            continue
        small = tag("small", f"{measure['unit']}. {measure['description']}")
        headings.append((len(rows), tag("span", measure_name(measure["name"]), " ", small)))
        scale = scale_of(value for group in groups for value in _values(group))
        for group in groups:
            low, high, *dots = _values(group)
            plot = range_plot(scale, low, high, dots) if scale else ""
            rows.append(
                (group["group"], group["nodes"], group["nodes_left_out"], group["events"],
                 group["value"], group["node_min"], group["node_median"], group["node_max"],
                 group["p50_ms"], group["p95_ms"], group["p99_ms"], plot)
            )  # fmt: skip
    return rows, headings


def _values(group: api.ComparedGroup) -> list[float | None]:
    dots = [group["p50_ms"], group["p95_ms"], group["p99_ms"]]
    if dots[0] is None:
        dots = [group["value"]]
    return [group["node_min"], group["node_max"], *dots]
