from hashlib import blake2b

from tart.chain.core.service_names import MAX_NAME, MAX_OCTETS, ServiceNames
from tart.query.chain_queries.chain import StoredService
from tests.chain.model_chain import CODE


def account(code=CODE, service=7, octets=1000):
    return StoredService(
        service=service,
        at_slot=100,
        code_hash=blake2b(code, digest_size=32).hexdigest(),
        balance=1,
        min_item_gas=1,
        min_memo_gas=1,
        octets=octets,
        items=1,
    )


def test_a_service_is_named_by_its_code_which_is_read_once():
    names = ServiceNames()
    assert names.complete(account()).name is None
    assert names.take() == account()
    assert names.take() is None
    assert names.resolve(account(), CODE).name == "adder"
    assert names.complete(account(service=8)).name == "adder"
    assert len(names) == 0


def test_code_without_a_name_is_read_once():
    names = ServiceNames()
    for code in (b"", b"\xff code", CODE.replace(b"adder", b"     ")):
        names.complete(account(code))
        assert names.resolve(names.take(), code) is None
        assert names.complete(account(code)).name is None
        assert len(names) == 0


def test_code_that_is_not_there_yet_or_is_another_is_read_again():
    names = ServiceNames()
    for answer in (None, CODE + b"other"):
        names.complete(account())
        assert names.resolve(names.take(), answer) is None
    assert len(names) == 0
    names.complete(account())
    assert len(names) == 1


def test_code_that_may_be_too_large_for_a_message_is_not_asked_for():
    names = ServiceNames()
    names.complete(account(octets=MAX_OCTETS + 1))
    assert len(names) == 0
    names.complete(account(octets=MAX_OCTETS))
    assert len(names) == 1


def test_a_long_name_is_cut():
    name = b"a" * 127
    code = b"\x80\x88\0\x7f" + name + b"\x011\x03MIT\0"
    assert ServiceNames().resolve(account(code), code).name == "a" * MAX_NAME


def test_codes_are_bounded():
    names = ServiceNames(limit=2)
    codes = [CODE + bytes([number]) for number in range(3)]
    for code in codes:
        names.complete(account(code))
    assert len(names) == 2
    for code in codes:
        names.resolve(account(code), code)
    assert names.complete(account(codes[0])).name is None
    assert names.complete(account(codes[2])).name == "adder"
