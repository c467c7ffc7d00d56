"""The follower against fake nodes: in the end the stored chain is the true one."""

from __future__ import annotations

import random
from base64 import b64encode

import pytest

from tart.chain.core.actions import Ask, Write
from tart.chain.core.changes import KnownBlock, PutUndecodable, RecoveredChain
from tart.chain.core.follower import Follower
from tart.chain.core.follower_state import Limits
from tart.chain.core.request_queue import RETRY_US, ROUNDS
from tart.query.chain_queries.chain import ChainBlock
from tart.rpc.fake_node import RPC_DIALECTS
from tart.rpc.readings import RpcFault
from tests.chain.core.driver import SLOT_US, Driver
from tests.chain.core.parts import NOW
from tests.chain.core.test_block_tree import key as block_hash
from tests.chain.model_chain import ModelChain, View


def make(count: int = 2, blocks: int = 20, **options: object) -> tuple[ModelChain, Driver]:
    """A chain of so many blocks, of which the last two are not final, and a driver."""
    chain = ModelChain()
    head = chain.grow(chain.genesis, blocks)
    final = chain.line(head)[2]
    driver = Driver([View(chain, head, final) for _ in range(count)], **options)
    return chain, driver


def assert_true(chain: ModelChain, driver: Driver, head: bytes, final: bytes) -> None:
    """The stored chain is that of the model, with its figures."""
    store = driver.store
    on_chain = chain.line(head)
    assert store.status("final") == set(chain.line(final))
    assert store.status("best") == set(on_chain) - set(chain.line(final))
    for key, put in store.puts.items():
        model = chain.blocks[bytes.fromhex(key)]
        block = put.block
        assert (block.slot, block.parent) == (model.slot, model.parent and model.parent.hex())
        if block.author is not None:
            assert block.irregularity is None
            assert block.author == model.author
            assert dict(put.validators) == dict(model.gains)


def test_the_chain_before_the_head_is_found_and_has_its_figures():
    chain, driver = make()
    driver.connect_all()
    driver.settle()
    view = driver.views[0]
    assert_true(chain, driver, view.best_hash, view.final_hash)
    blocks = driver.store.blocks
    # Genesis has no parent to subtract.
    assert sum(block.author is None for block in blocks.values()) <= 1
    assert len(blocks) == 21


def test_a_service_is_named_by_its_code_which_is_asked_for_once():
    _, driver = make()
    driver.connect_all()
    driver.settle()
    assert driver.store.services[7].name == "adder"
    calls = [call for node in driver.nodes.values() for call in node.calls]
    (code,) = [parameters for method, parameters in calls if method == "servicePreimage"]
    assert code[1] == 7


def test_each_block_is_asked_for_once_whichever_endpoints_name_it():
    _, driver = make(count=3)
    driver.connect_all()
    driver.settle(5)
    asked = [
        call[1][0]
        for node in driver.nodes.values()
        for call in node.calls
        if call[0] == "statistics"
    ]
    assert len(asked) == len(set(asked)) == 21


def test_new_heads_and_finality_are_followed():
    chain, driver = make()
    driver.connect_all()
    driver.settle(5)
    for _ in range(30):
        for view in driver.views:
            view.best_hash = (
                chain.extend(view.best_hash)
                if view is driver.views[0]
                else (driver.views[0].best_hash)
            )
            view.final_hash = chain.line(view.best_hash)[2]
        for index in range(2):
            driver.announce(index)
        driver.settle(2)
    assert_true(chain, driver, driver.views[0].best_hash, driver.views[0].final_hash)
    assert driver.store.reorganisations == []


def test_heads_that_coalesce_are_filled_by_parents():
    chain, driver = make()
    driver.connect_all()
    driver.settle(5)
    head = chain.grow(driver.views[0].best_hash, 50)
    for index, view in enumerate(driver.views):
        view.best_hash = head
        driver.announce(index)
    driver.settle(20)
    assert_true(chain, driver, head, driver.views[0].final_hash)


def test_a_reorganisation_is_recorded_with_the_blocks_that_were_left():
    chain, driver = make(count=1)
    driver.connect_all()
    driver.settle(5)
    view = driver.views[0]
    old, common = view.best_hash, chain.line(view.best_hash)[1]
    left = [old]
    view.best_hash = chain.grow(common, 3)
    driver.announce(0)
    driver.settle(5)
    assert_true(chain, driver, view.best_hash, view.final_hash)
    (reorganisation,) = driver.store.reorganisations
    assert reorganisation.left == [key.hex() for key in left]
    assert reorganisation.common_slot == chain.blocks[common].slot
    assert driver.store.blocks[old.hex()].status == "fork"


def test_statistics_that_one_endpoint_lacks_come_from_the_next():
    chain, driver = make(count=2)
    driver.views[0].stateless = set(chain.blocks)
    driver.connect_all()
    driver.settle(20)
    blocks = driver.store.blocks.values()
    assert len(blocks) == 21
    assert all(block.reports is not None for block in blocks)


def test_a_block_whose_statistics_are_nowhere_is_stored_without_them_and_counted():
    chain, driver = make(count=2)
    lost = chain.line(driver.views[0].best_hash)[5]
    for view in driver.views:
        view.stateless = {lost}
    driver.connect_all()
    driver.settle(20)
    block = driver.store.blocks[lost.hex()]
    assert block.reports is None
    assert block.author is None
    child: ChainBlock = driver.store.blocks[chain.line(driver.views[0].best_hash)[4].hex()]
    assert child.author is None
    assert child.reports is not None
    assert driver.follower.state.counts["missing_statistics"] == 1


def test_an_endpoint_that_does_not_answer_is_passed_over():
    chain, driver = make(count=2)
    driver.silent = {0}
    driver.connect_all()
    driver.settle(60)
    view = driver.views[1]
    assert_true(chain, driver, view.best_hash, view.final_hash)


def test_after_a_restart_the_gap_is_filled_and_no_block_is_stored_twice():
    chain, driver = make()
    driver.connect_all()
    driver.settle(5)
    head = chain.grow(driver.views[0].best_hash, 40)
    for view in driver.views:
        view.best_hash, view.final_hash = head, chain.line(head)[3]
    driver.start()
    driver.connect_all()
    driver.settle(20)
    assert_true(chain, driver, head, driver.views[0].final_hash)


def test_a_crash_while_the_past_is_read_leaves_no_hole():
    chain, driver = make(count=1, blocks=60)
    driver.connect_all()
    while len(driver.store.blocks) < 15:
        assert driver.deliver(0)
    driver.start()
    driver.connect_all()
    driver.settle(20)
    view = driver.views[0]
    assert_true(chain, driver, view.best_hash, view.final_hash)
    assert len(driver.store.blocks) == 61


def test_blocks_beyond_the_depth_are_left_out_and_the_log_says_so():
    _, driver = make(blocks=50, limits=Limits(depth=10))
    driver.connect_all()
    driver.settle(10)
    assert len(driver.store.blocks) == 11 + 2
    assert any("too far back" in line for line in driver.lines)


def test_a_gap_that_is_too_long_is_left_open():
    chain, driver = make(limits=Limits(depth=10))
    driver.connect_all()
    driver.settle(5)
    before = len(driver.store.blocks)
    head = chain.grow(driver.views[0].best_hash, 50)
    for view in driver.views:
        view.best_hash, view.final_hash = head, chain.line(head)[2]
    driver.start()
    driver.connect_all()
    driver.settle(20)
    assert driver.follower.state.counts["gaps"] == 1
    assert driver.store.blocks[head.hex()].status == "best"
    assert len(driver.store.blocks) > before
    assert any("are left out" in line for line in driver.lines)
    # The chain goes on beyond the gap, and becomes final there; after a restart, too.
    for restart in (False, True):
        head = chain.grow(head, 5)
        for view in driver.views:
            view.best_hash, view.final_hash = head, chain.line(head)[2]
        if restart:
            driver.start()
            driver.connect_all()
        driver.settle(40)
        assert driver.store.blocks[head.hex()].status == "best"
        assert driver.store.blocks[chain.line(head)[2].hex()].status == "final"
        assert driver.follower.state.best.hash == head
        assert driver.follower.state.final.hash == chain.line(head)[2]
    assert not [block for block in driver.store.blocks.values() if block.status == "fork"]
    assert driver.follower.state.counts["gaps"] == 0


def test_the_last_of_too_many_heads_is_followed_a_moment_later():
    chain, driver = make(count=1)
    driver.connect_all()
    driver.settle(1)
    view = driver.views[0]
    for _ in range(100):
        view.best_hash = chain.grow(view.best_hash, 1)
        driver.announce(0)
        driver.drain()
    refused = driver.follower.state.counts["heads_refused"]
    assert refused > 50
    assert driver.follower.state.best.hash != view.best_hash
    # Before the next poll, and without counting it again.
    driver.settle(4)
    assert driver.follower.state.best.hash == view.best_hash
    assert driver.follower.state.counts["heads_refused"] == refused


@pytest.mark.parametrize("dialect", sorted(RPC_DIALECTS))
def test_every_dialect_is_followed(dialect):
    chain, driver = make(count=1, dialect=dialect)
    driver.connect_all()
    driver.settle(10)
    view = driver.views[0]
    view.best_hash = chain.grow(view.best_hash, 3)
    driver.announce(0)
    driver.settle(10)
    blocks = driver.store.blocks
    assert blocks[view.best_hash.hex()].status in ("best", "final")


def test_a_lower_head_of_a_node_that_lags_changes_nothing():
    chain, driver = make(count=2)
    driver.connect_all()
    driver.settle(5)
    driver.views[0].best_hash = chain.grow(driver.views[0].best_hash, 5)
    driver.announce(0)
    driver.settle(5)
    assert driver.follower.state.best.hash == driver.views[0].best_hash
    driver.disconnect(0)
    driver.settle(5)
    assert driver.follower.state.best.hash == driver.views[0].best_hash
    assert driver.store.reorganisations == []


def test_a_lying_endpoint_does_not_move_what_is_final():
    chain, driver = make(count=3)
    liar = ModelChain(seed=99)
    fake = liar.grow(liar.genesis, 30)
    driver.views[0] = View(liar, fake, liar.line(fake)[1])
    for index in (1, 2, 0):
        driver.connect(index)
    driver.settle(120)
    view = driver.views[1]
    assert driver.store.status("final") == set(chain.line(view.final_hash))
    assert driver.follower.state.best.hash == view.best_hash
    assert set(driver.store.blocks) == {key.hex() for key in chain.blocks}


def test_made_up_heads_that_fill_the_memory_do_not_stop_the_chain():
    chain, driver = make(count=3, blocks=10, limits=Limits(blocks=50, final_slots=20))
    honest = (1, 2)
    for index in honest:
        driver.connect(index)
    driver.settle(20)
    for index in honest:
        driver.disconnect(index)
    # The chain grows meanwhile, and its nodes are slow while that is read.
    head = chain.grow(driver.views[1].best_hash, 25)
    driver.connect(0)
    for index in honest:
        driver.views[index].best_hash = head
        driver.views[index].final_hash = chain.line(head)[2]
        driver.connect(index)
    for number in range(150):
        made_up = {"header_hash": b64encode(number.to_bytes(32, "big")).decode(), "slot": 900}
        driver.update(0, "subscribeBestBlock", made_up)
        driver.tick(0.2)
        for index in range(3):
            driver.deliver(index)
    assert driver.follower.state.counts["blocks_forgotten"] > 0
    driver.settle(60)
    assert_true(chain, driver, head, chain.line(head)[2])


def test_an_endpoint_that_contradicts_what_is_final_is_counted_and_logged_once():
    chain, driver = make(count=3)
    driver.connect_all()
    driver.settle(5)
    fork = chain.grow(chain.line(driver.views[0].final_hash)[2], 6)
    driver.views[0].best_hash = driver.views[0].final_hash = fork
    driver.announce(0)
    driver.settle(60)
    view = driver.views[1]
    assert driver.store.status("final") == set(chain.line(view.final_hash))
    assert driver.follower.state.counts["contradictions"] == 1
    assert len([line for line in driver.lines if "contradicts" in line]) == 1


def test_a_chain_that_most_endpoints_are_on_replaces_the_one_that_was_followed():
    chain, driver = make(count=3)
    driver.connect_all()
    driver.settle(5)
    old = driver.views[0].best_hash
    new = chain.grow(chain.line(driver.views[0].final_hash)[5], 12)
    for index in (0, 1):
        driver.views[index].best_hash = new
        driver.views[index].final_hash = chain.line(new)[1]
        driver.announce(index)
    driver.disconnect(2)
    driver.settle(120)
    assert_true(chain, driver, new, chain.line(new)[1])
    assert driver.store.blocks[old.hex()].status == "fork"
    assert driver.follower.state.counts["replaced_chains"] == 1


def test_a_network_that_began_again_is_followed():
    chain, driver = make(count=2)
    driver.connect_all()
    driver.settle(5)
    other = ModelChain(seed=5, first_slot=10)
    head = other.grow(other.genesis, 30)
    for index in (0, 1):
        driver.disconnect(index)
        driver.views[index].chain = other
        driver.views[index].best_hash = head
        driver.views[index].final_hash = other.line(head)[2]
        driver.connect(index)
    driver.settle(120)
    assert {bytes.fromhex(k) for k in driver.store.blocks} == set(chain.blocks) | set(other.blocks)
    assert driver.follower.state.best.hash == head
    assert driver.store.status("best") == set(other.line(head)[:2])


def connected(**options):
    """A follower of one endpoint, and what it asked: method to the number of the request."""
    follower = Follower(["ws://node0"], **options)
    actions = follower.connected(0, NOW)
    return follower, {each.method: each.number for each in actions if isinstance(each, Ask)}


def head(number):
    return {"header_hash": b64encode(block_hash(number)).decode(), "slot": number}


def asked(actions):
    return [each.method for each in actions if isinstance(each, Ask)]


def test_an_update_without_a_block_is_asked_for():
    follower, numbers = connected()
    follower.answered(0, numbers["bestBlock"], head(5), NOW)
    assert asked(follower.updated(0, "subscribeBestBlock", {"slot": 6}, NOW)) == ["bestBlock"]


@pytest.mark.parametrize("fails", [False, True])
def test_heads_are_asked_for_every_slot_where_a_subscription_fails(fails):
    follower, numbers = connected()
    for kind in ("bestBlock", "finalizedBlock"):
        follower.answered(0, numbers[kind], head(5), NOW)
    if fails:
        follower.subscription_failed(0, "subscribeFinalizedBlock", NOW)
    heads = {"bestBlock", "finalizedBlock"}
    assert not heads & set(asked(follower.tick(NOW + SLOT_US - 1)))
    assert (heads <= set(asked(follower.tick(NOW + SLOT_US)))) == fails


def test_an_answer_that_cannot_be_read_is_counted_and_asked_again():
    follower, numbers = connected()
    actions = follower.answered(0, numbers["bestBlock"], 7, NOW)
    assert follower.state.counts["unreadable_answers"] == 1
    assert follower.endpoint_states()[0].error is not None
    assert not any(isinstance(action, Write) for action in actions)
    assert asked(follower.tick(NOW + RETRY_US)) == ["bestBlock"]


def test_statistics_that_cannot_be_read_are_stored_as_they_came():
    follower, numbers = connected()
    follower.answered(0, numbers["parameters"], {"core_count": 2}, NOW)
    actions = follower.answered(0, numbers["bestBlock"], head(5), NOW)
    (number,) = [
        each.number for each in actions if isinstance(each, Ask) and each.method == "statistics"
    ]
    value = b64encode(b"junk").decode()
    actions = follower.answered(0, number, value, NOW)
    (write,) = [action for action in actions if isinstance(action, Write)]
    (change,) = write.changes
    assert isinstance(change, PutUndecodable)
    assert (change.hash, change.statistics) == (block_hash(5), b"junk")


def test_an_answer_that_is_not_waited_for_changes_nothing():
    follower, _ = connected()
    assert follower.answered(0, 999, head(5), NOW) == []


def test_the_state_of_an_endpoint_has_the_reason_of_its_last_failure():
    follower, numbers = connected()
    follower.failed(0, numbers["bestBlock"], None, NOW)
    assert follower.endpoint_states()[0].error == "no answer in time"
    follower.failed(0, numbers["finalizedBlock"], RpcFault(1, "not now"), NOW)
    assert follower.endpoint_states()[0].error == "error 1: not now"


def test_nothing_is_asked_or_chosen_while_the_store_does_not_keep_up():
    follower, numbers = connected()
    follower.tick(NOW, can_store=False)
    assert follower.answered(0, numbers["bestBlock"], head(5), NOW) == []
    assert follower.state.best is None
    assert {"parent", "statistics"} <= set(asked(follower.tick(NOW)))
    assert follower.state.best.slot == 5


def test_a_head_that_memory_cannot_have_is_not_followed():
    files = RecoveredChain([KnownBlock(block_hash(100), 100, None, "final")])
    follower, numbers = connected(recovered=files, limits=Limits(final_slots=10))
    follower.answered(0, numbers["bestBlock"], head(5), NOW)
    assert follower.state.counts["blocks_refused"] == 1
    assert follower.endpoint_states()[0].best_slot == 5
    assert len(follower.state.tree) == 1


def test_a_parent_that_cannot_be_is_asked_of_another_and_ends_the_line_in_the_end():
    follower, numbers = connected()
    actions = follower.answered(0, numbers["bestBlock"], head(5), NOW)
    now = NOW
    for _ in range(ROUNDS):
        (number,) = [
            each.number for each in actions if isinstance(each, Ask) and each.method == "parent"
        ]
        follower.answered(0, number, head(9), now)
        now += RETRY_US
        actions = follower.tick(now)
    assert follower.state.counts["wrong_parents"] == ROUNDS
    assert follower.state.best.is_root


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_the_stored_chain_is_the_true_one_in_the_end(seed):
    rng = random.Random(seed)
    chain = ModelChain(seed)
    head = chain.grow(chain.genesis, 5)
    final = chain.genesis
    views = [View(chain, head, final) for _ in range(3)]
    driver = Driver(views)
    heads = [head]

    def grow() -> None:
        nonlocal head
        # Forks begin at blocks that are not final.
        free = [key for key in chain.line(head) if chain.blocks[key].slot >= final_slot()]
        parent = head if rng.random() < 0.7 else rng.choice(free)
        head = chain.extend(parent, rng.choice((1, 1, 1, 2, 3)))
        heads.append(head)

    def final_slot() -> int:
        return chain.blocks[final].slot

    def finalize() -> None:
        nonlocal final
        line = chain.line(head)
        if final in line:
            final = (
                line[min(len(line) - 1, rng.randrange(1, 6))]
                if (final in chain.line(line[min(len(line) - 1, 5)]))
                else final
            )

    def show() -> None:
        view = rng.choice(views)
        if final in chain.line(head):
            view.best_hash = head
            view.final_hash = final
        driver.announce(views.index(view))

    steps = [grow] * 6 + [finalize, show, show, show]
    steps += [lambda: driver.connect(rng.randrange(3))] * 2
    steps += [lambda: driver.disconnect(rng.randrange(3))]
    steps += [lambda: driver.deliver(rng.randrange(3))] * 30
    steps += [driver.tick] * 5
    for _ in range(600):
        rng.choice(steps)()
        if rng.random() < 0.003:
            driver.start()
    while final not in chain.line(head):
        head = chain.extend(final)
    # In the end all nodes agree on a head above all others.
    head = chain.extend(
        head, max(b.slot for b in chain.blocks.values()) - chain.blocks[head].slot + 1
    )
    for view in views:
        view.best_hash, view.final_hash = head, final
    driver.connect_all()
    for index in range(3):
        driver.announce(index)
    driver.settle(120, rng)
    assert_true(chain, driver, head, final)
    wanting = [key for key in chain.line(head) if key.hex() not in driver.store.blocks]
    assert wanting == []
