"""How views are found by name."""

import pytest

from tart.dash.core.model import Place, UnknownPlace
from tart.dash.core.views.table import VIEWS, parse_place, tabs

# Views whose argument is not a node.
ARGUMENTS = {
    "slot": "1001",
    "core": "1",
    "event": "768",
    "package": "9c" * 32,
    "failure": "0123456789abcdef",
    "finding": "truncated",
}


def test_names_and_aliases_are_unique():
    names = [name for view in VIEWS for name in (view.name, *view.aliases)]
    assert len(names) == len(set(names))


def test_views_that_need_an_argument_have_no_tab():
    assert all(view.title and not view.argument_required for view in tabs())


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_is_found_by_each_of_its_names(view):
    argument = ARGUMENTS.get(view.name, "3f2a") if view.argument_required else None
    for name in (view.name, *view.aliases):
        assert parse_place(f"{name.upper()} {argument or ''}") == Place(view.name, argument)


def test_a_typo_is_answered_with_the_nearest_name():
    with pytest.raises(UnknownPlace, match=r"no view is called netwrk; did you mean network\?"):
        parse_place("netwrk")
    with pytest.raises(UnknownPlace, match=r"no view is called qqq; there are network"):
        parse_place("qqq")
    with pytest.raises(UnknownPlace, match="the view network takes no argument"):
        parse_place("network 3f2a")


def test_an_argument_that_a_view_cannot_have():
    with pytest.raises(UnknownPlace, match="x is not a slot; it is a whole number"):
        parse_place("slot x")
    with pytest.raises(UnknownPlace, match=r"no condition is called cores; did you mean core\?"):
        parse_place("events cores=3")
