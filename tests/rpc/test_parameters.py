import pytest
from hypothesis import given

from tart.protocol.node_information import PARAMETER_LAYOUTS
from tart.rpc.data_error import RpcDataError
from tart.rpc.parameters import MEMBERS, ChainParameters, Figure, read_parameters
from tart.testing import FULL_PARAMETERS, TINY_PARAMETERS
from tests.rpc.strategies import JSON


def test_parameters_of_gray_paper_0_7_have_all_members():
    parameters = read_parameters({"V1": dict(TINY_PARAMETERS)})
    assert parameters.members == TINY_PARAMETERS
    assert parameters.cores == 2
    assert parameters.validators == Figure(6, "parameters")
    assert parameters.slot_seconds == Figure(6, "parameters")
    assert (parameters.epoch_slots, parameters.epoch(25)) == (12, 2)


def test_parameters_of_gray_paper_0_8_have_no_number_of_validators():
    names = [name for name, _ in PARAMETER_LAYOUTS["gp-0.8"].fields]
    parameters = read_parameters({"V1": {name: FULL_PARAMETERS[name] for name in names}})
    assert parameters.val_count is None
    assert parameters.validators == Figure(1023, "derived")


def test_an_empty_object_has_no_parameters_but_the_length_of_a_slot():
    parameters = read_parameters({"V1": {}})
    assert parameters == ChainParameters()
    assert parameters.slot_seconds == Figure(6, "specification")
    assert (parameters.cores, parameters.validators) == (None, None)
    assert (parameters.epoch_slots, parameters.epoch(3)) == (None, None)


def test_members_without_v1_members_of_others_and_text_are_read():
    parameters = read_parameters({"core_count": "341", "max_refine_memory": 7, "other": 8})
    assert parameters.members == {"core_count": 341, "max_refine_memory": 7}


def test_members_that_are_no_numbers_count_as_missing_and_are_named():
    parameters = read_parameters({"V1": {"val_count": "six", "core_count": -1, "max_input": None}})
    assert parameters.members == {}
    assert parameters.unreadable == ("core_count", "val_count")


def test_a_slot_begins_at_its_time_of_the_common_era():
    assert ChainParameters().slot_start(10) == (1_735_732_800 + 60) * 1_000_000
    assert ChainParameters({"slot_period_sec": 2}).slot_start(10) == 1_735_732_820_000_000
    assert ChainParameters({"slot_period_sec": 0}).slot_seconds == Figure(6, "specification")


def test_parameters_are_completed_by_those_of_another_node():
    one = ChainParameters({"core_count": 2}, ("val_count",))
    merged = one.merge(ChainParameters({"core_count": 3, "epoch_period": 12}))
    assert merged == ChainParameters({"core_count": 2, "epoch_period": 12}, ("val_count",))


@given(JSON)
def test_any_json_is_parameters_or_an_error(value):
    try:
        parameters = read_parameters(value)
    except RpcDataError:
        return
    assert parameters.members.keys() <= MEMBERS


def test_parameters_that_are_no_object_are_an_error():
    for value in (None, [], {"V1": [1]}):
        with pytest.raises(RpcDataError, match="is no object"):
            read_parameters(value)
