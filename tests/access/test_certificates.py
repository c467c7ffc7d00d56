"""The validity of certificates, as a certificate authority wrote it."""

from datetime import UTC, datetime

import pytest
import trustme
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tart.access.certificates import Validity, read_validities
from tests.cases import examples

AUTHORITY = trustme.CA()
MOMENTS = st.integers(-600_000_000, 32_000_000_000).map(
    lambda second: datetime.fromtimestamp(second, UTC)
)


def issue(begins, ends):
    return AUTHORITY.issue_cert("tart.example", not_before=begins, not_after=ends)


@examples(0.2)
@given(MOMENTS, MOMENTS)
def test_the_times_are_those_of_the_certificate(one, other):
    begins, ends = sorted((one, other))
    (pem,) = issue(begins, ends).cert_chain_pems

    assert read_validities(pem.bytes().decode()) == [Validity(begins, ends)]


def test_each_certificate_of_a_chain_is_read_and_other_text_is_not():
    """As another implementation reads them."""
    leaf = issue(datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC))
    text = "a comment\n" + leaf.private_key_and_cert_chain_pem.bytes().decode()
    text += AUTHORITY.cert_pem.bytes().decode()
    root = x509.load_pem_x509_certificate(AUTHORITY.cert_pem.bytes())

    first, second = read_validities(text)

    assert first == Validity(datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC))
    assert second == Validity(root.not_valid_before_utc, root.not_valid_after_utc)
    assert read_validities("nothing") == []


@examples(0.5)
@given(st.data())
def test_damaged_certificates_are_read_or_refused(data):
    pem = AUTHORITY.cert_pem.bytes().decode().splitlines()
    line = data.draw(st.integers(1, len(pem) - 2))
    pem[line] = data.draw(st.text("ABCabc123+/=é", max_size=64))
    try:
        validities = read_validities("\n".join(pem))
    except ValueError as error:
        damaged = str(error)
    else:
        assert all(isinstance(moment, datetime) for row in validities for moment in row)
        return
    assert damaged == "a certificate in it cannot be read"


@pytest.mark.parametrize("content", ["", "MAA=", "MIICxx", "AAAA", "MAQwAgIA"])
def test_what_is_no_certificate_is_refused(content):
    with pytest.raises(ValueError, match="cannot be read"):
        read_validities(f"-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----")
