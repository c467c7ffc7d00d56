from tart.chain.core.actions import LogLine, Subscribe, Write
from tart.chain.core.answers import PARENT, SERVICES
from tart.chain.core.changes import PutParameters, SetStatus
from tart.chain.core.follower_state import FollowerState
from tests.chain.core.test_block_tree import key, line


def test_all_changes_of_an_event_are_one_write_behind_the_other_actions():
    state = FollowerState(1)
    state.store(PutParameters({"a": 1}))
    state.act(Subscribe(0, "subscribeBestBlock"))
    state.store(PutParameters({"a": 2}))
    state.log("info", "a line")
    assert state.take_actions() == [
        Subscribe(0, "subscribeBestBlock"),
        LogLine("info", "a line"),
        Write((PutParameters({"a": 1}), PutParameters({"a": 2}))),
    ]
    assert state.take_actions() == []


def test_a_request_about_a_block_goes_first_to_who_named_it():
    state = FollowerState(3)
    for index in range(3):
        state.requests.connect(index)
    node = line(state.tree, 5)
    node.claims = {2: 5}
    state.ask(PARENT, node)
    ((endpoint, request),) = state.requests.next_due(0).send
    assert endpoint == 2
    assert state.subject(request) is node


def test_a_request_may_be_about_no_block():
    state = FollowerState(1)
    state.requests.connect(0)
    state.requests.add(SERVICES, 7)
    ((_, request),) = state.requests.next_due(0).send
    assert state.subject(request) is None


def test_a_status_is_stored_of_blocks_that_are_stored():
    state = FollowerState(1)
    low, high = line(state.tree, 1), line(state.tree, 2)
    state.set_status("best", [low])
    assert state.take_actions() == []
    high.stored = True
    state.set_status("final", [low, high])
    assert (low.status, high.status) == ("final", "final")
    assert state.take_actions() == [Write((SetStatus("final", (high.hash.hex(),)),))]


def test_a_line_is_marked_up_to_the_first_block_with_the_status_or_that_is_final():
    state = FollowerState(1)
    head = line(state.tree, 1, 2, 3, 4)
    nodes = [state.tree.nodes[key(number)] for number in (1, 2, 3, 4)]
    nodes[1].status = "final"
    state.mark_line(head, "best")
    assert [node.status for node in nodes] == ["fork", "final", "best", "best"]
    nodes[2].status, nodes[3].status = "best", "fork"
    nodes[1].status = "fork"
    state.mark_line(head, "best")
    assert [node.status for node in nodes] == ["fork", "fork", "best", "best"]
