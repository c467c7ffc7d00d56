from base64 import b64encode
from hashlib import blake2b

from tart.chain.core.account_reader import LIST_SERVICES_US, AccountReader
from tart.chain.core.answers import CODE, SERVICE, SERVICES
from tart.chain.core.follower_state import FollowerState
from tart.chain.core.service_schedule import ServiceSchedule
from tart.rpc.service_data import ServiceData
from tests.chain.core.parts import NOW
from tests.chain.core.test_block_tree import key, line
from tests.chain.model_chain import CODE as CODE_BYTES

DIGEST = blake2b(CODE_BYTES, digest_size=32).digest()
ACCOUNT = ServiceData(DIGEST, 5, 1, 2, 3, 0, 4, 1, 2, 0)
BLOCK = b64encode(key(9)).decode()


def make(*, services=()):
    state = FollowerState(1)
    state.requests.connect(0)
    state.best = line(state.tree, 9)
    schedule = ServiceSchedule()
    schedule.record(services, 9)
    reader = AccountReader(state, schedule)
    # The list is not due.
    reader.receive_list([], NOW)
    return state, reader


def asked(state):
    """Send what is due, and answer it; return method and parameters."""
    sent = [request for _, request in state.requests.next_due(NOW).send]
    for request in sent:
        state.requests.resolve(request.number, 0)
    return [(request.method, request.parameters) for request in sent]


def services(state):
    actions = state.take_actions()
    return [change.service for action in actions for change in action.changes]


def test_services_are_listed_at_first_and_from_time_to_time():
    state, reader = make()
    reader.ask_next(NOW + LIST_SERVICES_US - 1)
    assert asked(state) == []
    reader.ask_next(NOW + LIST_SERVICES_US)
    assert asked(state) == [(SERVICES, (BLOCK,))]
    reader.ask_next(NOW + LIST_SERVICES_US)
    assert asked(state) == []
    # A clock that was set back must not stop it.
    reader.ask_next(NOW)
    assert asked(state) == [(SERVICES, (BLOCK,))]


def test_nothing_is_asked_before_a_head_is_known_or_while_something_else_waits():
    state, reader = make(services=[7])
    best, state.best = state.best, None
    reader.ask_next(NOW)
    reader.receive_list([8], NOW)
    assert asked(state) == []
    state.best = best
    state.requests.add("parameters", 0, only=0)
    reader.ask_next(NOW)
    assert asked(state) == [("parameters", ())]
    reader.ask_next(NOW)
    assert asked(state) == [(SERVICE, (BLOCK, 7))]


def test_listed_services_are_read_one_at_a_time():
    state, reader = make()
    reader.receive_list([3, 4], NOW)
    for service in (3, 4):
        reader.ask_next(NOW)
        assert asked(state) == [(SERVICE, (BLOCK, service))]
        reader.receive_account(service, None)
    reader.ask_next(NOW)
    assert asked(state) == []
    assert state.take_actions() == []


def test_an_account_is_stored_and_again_once_its_code_names_it():
    state, reader = make(services=[7])
    reader.ask_next(NOW)
    asked(state)
    reader.receive_account(7, ACCOUNT)
    (stored,) = services(state)
    assert (stored.service, stored.at_slot, stored.code_hash) == (7, 9, DIGEST.hex())
    assert stored.name is None
    reader.ask_next(NOW)
    assert asked(state) == [(CODE, (BLOCK, 7, b64encode(DIGEST).decode()))]
    reader.receive_code(CODE_BYTES)
    (named,) = services(state)
    assert named.name == "adder"
    # It is for the account that was asked for last, once.
    reader.receive_code(CODE_BYTES)
    assert state.take_actions() == []


def test_an_account_whose_code_is_not_there_stays_without_a_name():
    state, reader = make(services=[7])
    reader.ask_next(NOW)
    asked(state)
    reader.receive_account(7, ACCOUNT)
    reader.ask_next(NOW)
    asked(state)
    services(state)
    reader.receive_code(None)
    assert state.take_actions() == []
