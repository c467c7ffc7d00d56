"""Lines above the tables: figures, sparklines, notes."""

from hypothesis import given
from hypothesis import strategies as st

from tart.dash.core.lines import figure_lines, lead_lines, note_lines, spark_blocks, spark_line
from tart.dash.core.model import Figure, Page, Spark
from tart.text_width import display_width

FIGURES = (
    Figure("Best slot", "1,000", 1000),
    Figure("Health", "healthy", 1.0, "good"),
    Figure("Alerts", "2", 2, "warning"),
)


def test_figures_stand_in_columns():
    assert [line.text for line in figure_lines(FIGURES, 80)] == [
        "Best slot 1,000   Health healthy   Alerts 2"
    ]
    assert [line.text for line in figure_lines(FIGURES, 36)] == [
        "Best slot 1,000   Health healthy",
        "Alerts    2    ",
    ]
    assert figure_lines(FIGURES, 8)[0].text.startswith("Best slot")
    assert figure_lines((), 80) == []


def test_a_figure_s_tone_is_its_paint():
    paints = {span.text.strip(): span.paint for span in figure_lines(FIGURES, 80)[0].spans}
    assert paints["healthy"] == "good"
    assert paints["1,000"] == "strong"
    assert paints["Alerts"] == "dim"


@given(
    st.lists(st.builds(Figure, st.text(max_size=12), st.text(max_size=30), st.none()), max_size=9),
    st.integers(40, 200),
)
def test_figures_fit_the_width(figures, width):
    lines = figure_lines(figures, width)
    assert all(display_width(line.text) <= width for line in lines)


def test_blocks_are_as_high_as_their_share():
    assert spark_blocks((0.0, 50.0, None, 100.0)) == "▁▅ █"
    assert spark_blocks((0.0, 0.0)) == "▁▁"
    assert spark_blocks(()) == ""


def test_a_narrow_sparkline_has_the_newest_values():
    spark = Spark("rate", tuple(float(number) for number in range(100)), "99/s")
    text = spark_line(spark, 30).text
    assert display_width(text) == 30
    assert text.endswith("█ 99/s")
    assert spark_line(spark, 5).text == "rate  99/s"


def test_notes_are_wrapped_and_marked():
    assert [line.text for line in note_lines("alerts: the server answers 503", 20)] == [
        "! alerts: the server",
        "  answers 503",
    ]


def test_the_lead_is_figures_sparklines_notes():
    page = Page("x", figures=FIGURES, sparks=(Spark("s", (1.0,)),), notes=("a note",))
    assert [line.text.split()[0] for line in lead_lines(page, 80)] == ["Best", "s", "!"]
