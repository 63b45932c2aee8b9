"""What would put right the values that are left alone, found by trying."""

import re

from prepop.reasons import Reason
from prepop.rules.summary.remedies import remedies
from prepop.rules.values.phones.regions import NO_COUNTRY
from tests.reports import samples


def no_country(*raws: str) -> tuple[str, ...]:
    """The sentences for numbers without a country."""
    left = [samples.alone(n, Reason.PHONE_NO_COUNTRY, raw=raw) for n, raw in enumerate(raws)]
    return remedies(left, ["GB"]).get(Reason.PHONE_NO_COUNTRY, ())


def test_default_region_is_tried() -> None:
    """The best region is named with how many of how many it makes valid."""
    (sentence,) = no_country("07400 123456", "07400 123457", "01632 960983", "020 7946 0958", "0")
    assert re.match(r'[34] of these 5 numbers become valid with region.default = "GB"', sentence)
    assert "a stranger's" in sentence


def test_singular() -> None:
    """One number is spoken of as one."""
    (sentence,) = no_country("07400 123456")
    assert sentence.startswith('This number becomes valid with region.default = "GB"')
    (sentence,) = no_country("07400 123456", "0")
    assert sentence.startswith("1 of these 2 numbers becomes valid")


def test_same_text_counts_for_each_who_has_it() -> None:
    """Counted are values of people, not distinct texts."""
    (sentence,) = no_country("07400 123456", "07400 123456", "07400 123456")
    assert sentence.startswith("3 of these 3 numbers")


def test_rivals_are_named() -> None:
    """Where other countries would do as well the sentence says so, and the usual one leads."""
    left = [samples.alone(1, Reason.PHONE_NO_COUNTRY, raw="07400 123456")]
    for usual in (["GB", "IN"], ["IN", "GB"]):
        (sentence,) = remedies(left, usual)[Reason.PHONE_NO_COUNTRY]
        assert f'region.default = "{usual[0]}", and as many with {usual[1]}, ' in sentence
        assert "the texts alone cannot tell" in sentence


def test_regions_of_one_country_code_are_no_rivals() -> None:
    """Jersey and Guernsey read a number as Britain does: they are not named beside it."""
    (sentence,) = no_country("07400 123456")
    assert not any(region in sentence for region in ("GG", "JE", "IM"))


def test_very_many_are_sampled() -> None:
    """Beyond a bound the sentence says how many were tried."""
    (sentence,) = no_country(*(f"07400 {number:06d}" for number in range(100_000, 102_001)))
    assert " of 2,000 tried, of these 2,001 numbers, become valid" in sentence


def test_nothing_helps() -> None:
    """Where no region makes any number valid nothing is proposed."""
    assert no_country("0") == ()
    assert no_country("") == ()
    assert remedies([]) == {}


def test_no_default_is_proposed_where_a_country_is_stated() -> None:
    """A country that is stated and not understood is named, with how many; a default would not count."""
    left = [
        samples.alone(
            n, Reason.PHONE_NO_COUNTRY, raw="07400 123456", detail=f'co says "{text}", {NO_COUNTRY}; 11'
        )
        for n, text in enumerate(("Narnia", "Narnia", "EMEA"))
    ]
    (sentence,) = remedies(left, ["GB"])[Reason.PHONE_NO_COUNTRY]
    assert 'co says "Narnia" (2 numbers), co says "EMEA" (1 number)' in sentence
    assert "region.default" not in sentence


def test_other_remedies() -> None:
    """Countries to be allowed are counted; several values are told how they would be taken up."""
    left = [
        samples.alone(1, Reason.PHONE_COUNTRY_NOT_ALLOWED, raw="x", region="FR"),
        samples.alone(2, Reason.PHONE_COUNTRY_NOT_ALLOWED, raw="x", region="DE"),
        samples.alone(3, Reason.PHONE_COUNTRY_NOT_ALLOWED, raw="x", region="FR"),
        samples.alone(4, Reason.VALUE_SEVERAL, raw="x"),
        samples.alone(5, Reason.PHONE_COUNTRY_NOT_ALLOWED, raw="+44 7400 123456"),
        samples.alone(6, Reason.PHONE_COUNTRY_NOT_ALLOWED, raw="x", detail="a mobile number of FR"),
    ]
    found = remedies(left)
    assert found[Reason.PHONE_COUNTRY_NOT_ALLOWED] == (
        '3 numbers: add "FR" to trust.countries',
        '1 number: add "DE" to trust.countries',
        '1 number: add "GB" to trust.countries',
    )
    assert found[Reason.VALUE_SEVERAL] == ('It would be taken up with several = "first"',)
