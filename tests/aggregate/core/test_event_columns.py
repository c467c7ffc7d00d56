"""``tart/aggregate/core/event_columns.py``: rows of columns are taken by index."""

import numpy as np

from tart.aggregate.core.event_columns import EventColumns, array_types, view


def test_taken_rows_have_their_own_columns_of_the_declared_types():
    columns = EventColumns(
        **{name: np.arange(4).astype(dtype) for name, dtype in array_types(EventColumns).items()}
    )
    taken = columns.take(np.array([3, 1]))
    assert (len(columns), len(taken)) == (4, 2)
    assert taken.slot.tolist() == [3, 1]
    assert (taken.seq.dtype, taken.type.dtype) == (np.int64, np.uint8)
    taken.slot[0] = 9
    assert columns.slot.tolist() == [0, 1, 2, 3]


def test_a_view_reads_columns_of_any_byte_order_and_alignment():
    expected = [1, 2**63, 2**64 - 1]
    column = np.array(expected, np.uint64)
    declared = np.dtype(np.uint64).newbyteorder("<")
    shifted = np.frombuffer(b"\0" + column.astype(declared).tobytes(), np.uint8)[1:].view(declared)
    for each in (column, column.astype(declared), column.astype(">u8"), shifted, column[::-1]):
        assert list(view(each)) == each.tolist()
    assert np.shares_memory(np.asarray(view(column)), column), "native columns are not copied"
