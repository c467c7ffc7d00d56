"""Places, and completion after a colon."""

from tart.dash.core.model import Place
from tart.dash.core.navigation import History, common_prefix, completions
from tart.dash.core.views.table import tabs

NODES, NODE = Place("nodes"), Place("node", "3f2a")


def test_back_returns_and_stays_at_the_first_place():
    history = History(Place("network"))
    history.open(NODES)
    history.open(NODE)
    history.open(NODE)
    assert history.back()
    assert history.place == NODES
    assert history.back()
    assert not history.back()
    assert history.place == Place("network")


def test_a_tab_begins_a_new_history():
    history = History(Place("network"))
    history.open(NODES)
    history.switch(Place("network"))
    assert not history.back()


def test_the_oldest_places_are_forgotten():
    history = History(Place("network"))
    for number in range(200):
        history.open(Place("node", str(number)))
    count = 0
    while history.back():
        count += 1
    assert count == 50


def test_tabs_are_a_ring():
    names = [view.name for view in tabs()]
    history = History(Place(names[-1]))
    assert history.neighbour(1) == Place(names[0])
    history.switch(Place(names[0]))
    assert history.neighbour(-1) == Place(names[-1])
    history.open(NODE)
    assert history.neighbour(1) == Place(names[1 % len(names)])
    assert History(NODE).neighbour(1) == Place(names[0])


def test_names_and_arguments_are_completed():
    assert completions("netw", ()) == ["network"]
    assert completions("qu", ()) == ["quit"]
    assert completions("zz", ()) == []
    assert completions("zz 1", ()) == []
    assert completions("network 1", ("12",)) == []


def test_the_common_prefix():
    assert common_prefix(["node 3f2a", "node 3f7b"]) == "node 3f"
    assert common_prefix(["net"]) == "net"
    assert common_prefix(["net", "network"]) == "net"
    assert common_prefix([]) == ""
