import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.alerting.rules.templates import MAX_TEXT, check_template, render

LABELS = {"node": "ab" * 32, "core": "3", "alertname": "NodeSilent"}


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("no braces", 1.0, "no braces"),
        ("{{ $labels.core }}: {{ $value }}", 60.0, "3: 60"),
        ("{{$labels.core}}{{$value}}", 0.333333333, "30.333333"),
        ("{{- $value -}}", 2.5, "2.5"),
        ("{{ $labels.node | short }}", 1.0, "abababab"),
        ("{{ $labels.gone }}.", 1.0, "."),
        ("{{ $value | humanizeDuration }}", None, "no value"),
        ("{{ humanize $value }}", 1234567.0, "1.235M"),
        ("{{ $labels.node | humanize }}", 1.0, "ab" * 32),
        ("{{ $labels.core | humanizePercentage }}", 1.0, "300%"),
    ],
)
def test_templates_show_labels_and_the_value(template, value, text):
    assert render(template, LABELS, value) == text


# The cases of Prometheus' own tests: template/template_test.go.
@pytest.mark.parametrize(
    ("formatter", "cases"),
    [
        (
            "humanize",
            {0.0: "0", 1.0: "1", 1234567.0: "1.235M", 0.12: "120m", 1e30: "1e+06Y", 999.0: "999"},
        ),
        (
            "humanize1024",
            {0.0: "0", 1.0: "1", 1048576.0: "1Mi", 1e12: "931.3Gi", 0.12: "0.12"},
        ),
        (
            "humanizeDuration",
            {
                0.0: "0s",
                1.0: "1s",
                60.0: "1m 0s",
                3600.0: "1h 0m 0s",
                86400.0: "1d 0h 0m 0s",
                86400.0 + 3600: "1d 1h 0m 0s",
                -(86400.0 * 2 + 3600 * 3 + 60 * 4 + 5): "-2d 3h 4m 5s",
                899.99: "14m 59s",
                0.1: "100ms",
                0.0001: "100us",
                0.12345: "123.5ms",
                60.1: "1m 0s",
                12.34567: "12.35s",
            },
        ),
        ("humanizePercentage", {-0.22222: "-22.22%", 0.0: "0%", 0.1234567: "12.35%", 1.23: "123%"}),
    ],
)
def test_formatters_are_those_of_prometheus(formatter, cases):
    for value, text in cases.items():
        assert render(f"{{{{ $value | {formatter} }}}}", {}, value) == text
    for value in ("nan", "inf"):
        assert render(f"{{{{ $value | {formatter} }}}}", {}, float(value)).startswith(value)


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ $labels.noed }}", "the alerts have no label noed; did you mean node?"),
        ("{{ $labels.zzz }}", "the alerts have no label zzz; they have node, core, alertname"),
        ("{{ $value | humanise }}", "there is no formatter humanise; did you mean humanize?"),
        ("{{ $value | }}", "there is no formatter without a name; there are humanize"),
        ("{{ $value", "a pair of braces {{ … }} is not closed or not opened"),
        ("$value }}", "a pair of braces {{ … }} is not closed or not opened"),
        ("{{ .Labels.node }}", "{{ .Labels.node }} is not supported; write {{ $value }}"),
        ('{{ query "up" | first }}', "is not supported"),
        ("{{ __import__('os') }}", "is not supported"),
        ("{{ }}", "is not supported"),
    ],
)
def test_mistakes_of_a_template_are_sentences(template, sentence):
    (found,) = check_template(template, LABELS)
    assert sentence in found


def test_labels_are_not_checked_where_they_are_not_known():
    assert not list(check_template("{{ $labels.anything }}", None))


@given(st.text(alphabet="{}$ |labelsvaluehumanize.node-"), st.floats())
def test_no_template_fails_at_night(template, value):
    assert len(render(template, LABELS, value)) <= MAX_TEXT
    list(check_template(template, LABELS))


@given(st.floats())
def test_every_number_has_every_form(value):
    for formatter in (
        "humanize",
        "humanize1024",
        "humanizeDuration",
        "humanizePercentage",
        "short",
    ):
        assert render(f"{{{{ $value | {formatter} }}}}", {}, value)
