from tart.cli.command_table import COMMANDS, EXAMPLES, EXIT_CODES, GROUPS, Example
from tart.cli.render.help_text import epilog, example_lines, exit_codes, overview
from tart.style import PLAIN, Style


def test_the_overview_fits_a_terminal_and_has_the_groups_in_order():
    text = overview(COMMANDS.values(), GROUPS, EXAMPLES, PLAIN)
    assert max(map(len, text.splitlines())) <= 100
    places = [text.index(f"\n{group}:\n") for group in GROUPS]
    assert places == sorted(places)
    assert all(example.line in text for example in EXAMPLES)


def test_headings_are_bold_where_colours_are_on():
    bold = overview(COMMANDS.values(), GROUPS, EXAMPLES, Style(enabled=True))
    assert "\x1b[1mRun:\x1b[0m" in bold


def test_the_end_of_a_help_has_examples_and_exit_codes():
    status = COMMANDS["status"]
    text = epilog(status.examples, status.exit_codes, PLAIN)
    assert text.startswith("examples:\n  tart status\n")
    assert "exit codes:\n  0  Healthy\n  1  no server" in text
    assert "exit codes" not in epilog(status.examples, {}, PLAIN)
    assert epilog([], status.exit_codes, PLAIN).startswith("exit codes:\n")


def test_exit_codes_of_a_command_replace_the_common_ones():
    codes = exit_codes(COMMANDS["status"], EXIT_CODES)
    assert codes[0] == "Healthy"
    assert codes[2] == EXIT_CODES[2]
    assert list(codes) == sorted(codes)


def test_the_text_of_a_long_example_is_below_it():
    short, long = Example("tart a", "one"), Example("tart " + "b" * 60, "two")
    assert example_lines([short, short]) == "  tart a  one\n  tart a  one"
    assert example_lines([short, long]).splitlines()[1] == "      one"
