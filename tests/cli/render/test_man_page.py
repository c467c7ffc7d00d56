from tart.cli.command_table import EXIT_CODES, SET_UP, Command, Example
from tart.cli.render.man_page import Manual
from tart.cli.render.syntax import OTHER, Argument, Syntax
from tart.config.schema import settings

MANUAL = Manual("1.2.3", "2026-11-20", EXIT_CODES)
ODD = 'It\'s -- a \\ "quote" `and` ^~ ü… in. .dots'


def page_of(text):
    argument = Argument(("--odd",), "A|B", OTHER, ("A", "B"), text, required=True, several=False)
    example = Example(f"tart odd {'word ' * 20}end", text)
    command = Command(
        "odd", SET_UP, "odd", module="none", description=f"{text}\n\nMore.", examples=[example]
    )
    syntax = Syntax(("odd",), "odd", "tart odd --odd A|B", (argument,), (), ())
    return MANUAL.command(command, syntax)


def test_no_text_is_taken_for_a_request_or_an_escape():
    page = page_of(ODD)
    escaped = "It\\(aqs \\-\\- a \\e \\(dqquote\\(dq \\(gaand\\(ga \\(ha\\(ti \\[u00FC]... in."
    assert escaped in page
    assert "\n\\&.dots" in page
    assert page.isascii()


def test_lines_are_short_and_a_long_tag_is_joined():
    page = page_of(ODD)
    assert max(map(len, page.splitlines())) <= 80
    assert "word \\\nword" in page


def test_a_page_has_its_release_and_its_parts_in_order():
    page = page_of("text")
    assert page.startswith('.TH TART\\-ODD 1 2026-11-20 "tart 1.2.3" "tart"\n')
    parts = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"]
    places = [page.index(part) for part in parts]
    assert places == sorted(places)
    assert "\\fB\\-\\-odd\\fR \\fIA|B\\fR\nText.\nAccepted: A, B.\nRequired.\n" in page


def test_settings_have_their_default_and_what_they_accept():
    page = MANUAL.settings(settings())
    assert '.SH "[api]"' in page
    assert "\\fBlevel\\fR = \\(dqinfo\\(dq" in page
    assert "Accepted: " in page


def test_a_page_with_verbs_has_a_part_for_each():
    value = Argument((), "ID", OTHER, (), "id of a toy", required=True, several=False)
    verb = Syntax(("toys", "break"), "break one", "tart toys break ID", (), (value,), ())
    own = Argument((), "FILE", OTHER, (), "", required=True, several=False)
    example = Example("tart toys break 1", "break it")
    command = Command(
        "toys", SET_UP, "toys", module="none", description="Toys.", examples=[example]
    )
    page = MANUAL.command(command, Syntax(("toys",), "toys", "tart toys", (), (own,), (verb,)))
    assert ".SH ARGUMENTS\n.TP\n\\fIFILE\\fR\n" in page
    assert '.SH "tart toys break"\nBreak one.\n.TP\n\\fIID\\fR\nId of a toy.\n' in page
    assert ".B tart toys break\nID\n" in page
    assert ".SH OPTIONS" not in page


def test_the_overview_has_groups_and_references():
    example = Example("tart toys", "play")
    command = Command(
        "toys", SET_UP, "play", module="none", description="Toys.", examples=[example]
    )
    page = MANUAL.overview([command], [SET_UP], [example])
    assert '.SS "Set up"\n.TP\n\\fBtart\\-toys\\fR(1)\nPlay.\n' in page
    assert page.endswith("\\fBtart\\-toys\\fR(1),\n\\fBtart\\-config\\fR(5)\n")
