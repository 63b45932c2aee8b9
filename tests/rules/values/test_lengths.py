"""Texts that are too long are cut where they enter, and mean nothing afterwards."""

import pytest

from prepop.rules.values.distinguished_names import ancestors, rdns
from prepop.rules.values.emails import EmailAddress, email
from prepop.rules.values.lengths import LONGEST, bounded
from prepop.rules.values.phones import PhoneNumber, phone


def test_a_text_that_fits_is_left_as_it_is() -> None:
    """Up to the limit nothing changes."""
    text = "x" * LONGEST
    assert bounded(text) is text


def test_texts_that_differ_still_do() -> None:
    """Two long names that have both ends in common are not one name."""
    first, second = (f"{'x' * LONGEST}{middle}{'x' * LONGEST}" for middle in "ab")
    assert bounded(first) != bounded(second)
    assert bounded(first) == bounded("".join(first))
    assert len(bounded(first * 1000)) < LONGEST + 40


@pytest.mark.parametrize("filler", [" ", "\t", "-", ".", "(", ")", "\u200b", "/", ";", ",", "0", "'"])
@pytest.mark.parametrize("at", ["front", "end", "both"])
def test_what_is_left_of_a_long_text_is_no_number_and_no_address(filler: str, at: str) -> None:
    """Cutting never makes a number or an address out of something that was none."""
    for value in ("+44 7911 123456", "jane@example.org"):
        text = {
            "front": value + filler * 10_000,
            "end": filler * 10_000 + value,
            "both": value + filler * 10_000 + value,
        }[at]
        assert not isinstance(phone(bounded(text), "GB"), PhoneNumber)
        assert not isinstance(email(bounded(text)), EmailAddress)


def test_a_long_distinguished_name_keeps_where_it_is() -> None:
    """The region of an [region] ou entry is found by the end of the name."""
    dn = "CN=" + "x\\," * 5000 + ",OU=Staff,DC=corp,DC=example"
    assert rdns("OU=Staff,DC=corp,DC=example") in set(ancestors(bounded(dn)))
