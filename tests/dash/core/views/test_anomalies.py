"""The view of what differs, from made answers."""

from tart.dash.core.model import Place
from tests.dash.core.views.samples import NODE, anomalies_answers, figures, show, texts
from tests.dash.pages import find_table


def test_figures():
    minute = anomalies_answers()["anomalies"]["minute"]
    assert figures(show("anomalies")) == {
        "Minute": ("1 min ago", minute, ""),
        "Compared": ("6", 6, ""),
        "Differ": ("3", 3, ""),
        "Node score": ("12", 12.0, "warning"),
        "Network score": ("6.5", 6.5, ""),
    }


def test_a_node_opens_with_the_figure_in_which_it_differs_most():
    table = find_table(show("anomalies"), "Nodes")
    (row,) = texts(table)
    assert (row["version"], row["score"], row["figure"]) == ("sim 0.1.0", "12", "peers")
    assert (row["value"], row["median"]) == ("2", "8")
    assert table.rows[0].opens == Place("node", NODE)


def test_groups_and_the_network():
    (group,) = texts(find_table(show("anomalies"), "Implementations and versions"))
    assert (group["name"], group["kind"], group["value"]) == ("sim 0.1.0", "version", "80.2")
    blocks, share = texts(find_table(show("anomalies"), "The network against its past"))
    assert (blocks["figure"], blocks["value"], blocks["usual"]) == ("blocks authored", "3", "9.8")
    assert (share["value"], share["usual"]) == ("9.32 %", "2 %")


def test_before_the_first_comparison():
    nothing = {"minute": None, "nodes_compared": 0, "nodes": [], "nodes_truncated": 0}
    answer = anomalies_answers()["anomalies"] | nothing | {"groups": [], "network": []}
    page = show("anomalies", anomalies=answer)
    assert find_table(page, "Nodes").note == "Not compared yet, or fewer than five nodes."
    assert figures(page)["Minute"][1:] == (None, "")
    compared = show("anomalies", anomalies=answer | {"nodes_compared": 6})
    assert find_table(compared, "Nodes").note == "No node differs."
