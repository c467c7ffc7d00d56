"""``tart/protocol/interning.py``: equal byte strings get equal numbers, in order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.native.library import KernelFault, kernel
from tart.protocol.interning import intern, intern_natively, intern_plainly
from tests.native.kernels import needs_kernel

keys = st.lists(st.sampled_from([bytes(36), b"\1" * 36, bytes(32) + b"\1\0\0\0", bytes(range(36))]))


@given(keys, st.sampled_from([4, 32, 36]))
def test_numbers_are_dense_and_in_order_of_appearance(given_keys, width):
    data, positions = b"".join(given_keys), 36 * np.arange(len(given_keys))
    cut = [key[:width] for key in given_keys]
    order = list(dict.fromkeys(cut))
    interned = intern_plainly(data, positions, width)
    assert interned.numbers.tolist() == [order.index(key) for key in cut]
    assert interned.firsts.tolist() == [cut.index(key) for key in order]


@needs_kernel
@given(keys, st.sampled_from([4, 32, 36]))
def test_the_kernel_numbers_as_its_twin(given_keys, width):
    data, positions = b"".join(given_keys), 36 * np.arange(len(given_keys))
    plain, native = (
        intern_plainly(data, positions, width),
        intern_natively(kernel(), data, positions, width),
    )
    assert [column.tolist() for column in plain] == [column.tolist() for column in native]


def test_many_keys_are_numbered_alike_whoever_does_it():
    values = np.random.default_rng(1).integers(0, 300, 5_000)
    data = b"".join(int(value).to_bytes(32, "big") for value in values)
    interned = intern(data, 32 * np.arange(len(values)), 32)
    assert np.array_equal(values[interned.firsts][interned.numbers], values)
    assert len(interned.firsts) == len(set(values.tolist()))


@needs_kernel
@pytest.mark.parametrize(
    ("position", "width"), [(-1, 32), (33, 32), (0, 65), (0, 68), (0, 0), (0, 30)]
)
def test_a_position_outside_of_the_buffer_or_another_width_is_refused(position, width):
    with pytest.raises(KernelFault):
        intern_natively(kernel(), bytes(64), np.array([position]), width)
