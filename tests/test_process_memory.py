"""``tart/process_memory.py``: sizes as the kernel reports them."""

from tart.process_memory import process_memory

SIZE = 64 << 20


def test_used_memory_is_resident_and_in_the_address_space():
    before = process_memory()
    taken = bytearray(b"x") * SIZE
    after = process_memory()
    assert after.resident - before.resident > SIZE // 2
    assert after.resident < after.virtual
    assert len(taken) == SIZE
