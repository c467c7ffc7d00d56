from tart.rpc.model import ServiceRecord, ValidatorRecord


def test_a_record_without_values_is_that_of_no_work():
    assert not any(ValidatorRecord())
    assert not any(ServiceRecord())
