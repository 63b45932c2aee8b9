"""Regions and distinguished names: how directories say where somebody belongs."""

import phonenumbers
import pycountry
import pytest
from babel import Locale
from hypothesis import given, settings

from prepop.rules.values.distinguished_names import ancestors, rdns
from prepop.rules.values.phones.regions import (
    REGION_NAMES,
    known_region,
    names_none,
    near_region,
    region_named,
)
from tests.rules.values.make_region_names import TABLE, table
from tests.rules.values.numbers import any_text


def test_every_region_has_a_name_and_is_found_by_it() -> None:
    """Each region with a numbering plan is understood by its code, in any case, and by its English name."""
    assert set(REGION_NAMES) == set(phonenumbers.SUPPORTED_REGIONS)
    for code, name in REGION_NAMES.items():
        assert known_region(code)
        assert region_named(code.lower()) == code
        assert region_named(name) == code
        assert region_named(f" {name.upper()} ") == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("UK", "GB"),
        ("Great Britain", "GB"),
        ("USA", "US"),
        ("United States", "US"),
        ("U.S.A.", "US"),
        ("The Netherlands", "NL"),
        ("Korea, Republic of", "KR"),
        ("Côte d’Ivoire", "CI"),
        ("COTE D'IVOIRE", "CI"),
        ("Hong Kong SAR", "HK"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Czech Republic", "CZ"),
        ("St. Lucia", "LC"),
        ("Antigua & Barbuda", "AG"),
        ("Macedonia, FYRO", "MK"),
        ("Niger", "NE"),
        ("Guinea-Bissau", "GW"),
        ("Congo (DRC)", "CD"),
    ],
)
def test_names_as_directories_write_them(text: str, code: str) -> None:
    """What Windows and people write in `co` is understood."""
    assert region_named(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Narnia",
        "EMEA",
        "999",
        "DEX",
        "ZZ",
        "001",
        "United",
        "Korea, North South",
        "DE / CH",
        "Kongo DR",
        "2766",
    ],
)
def test_what_names_no_region_is_not_guessed(text: str) -> None:
    """Reading a person's country never takes the nearest name."""
    assert region_named(text) is None


@pytest.mark.parametrize(
    ("code", "near"),
    [("UK", "GB"), ("gb", "GB"), ("Germny", "DE"), ("EL", "GR"), ("England", "GB"), ("QQ", "")],
)
def test_a_mistaken_code_is_explained(code: str, near: str) -> None:
    """Settings refuse a code that is not known, and can say which one was meant."""
    assert not known_region(code)
    assert near_region(code) == near


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("OU=Berlin,DC=corp,DC=example", "ou=BERLIN, dc=Corp , DC = example"),
        (r"OU=a\,b,DC=x", r"OU=a\2Cb,DC=x"),
        (r"OU=a\+b,DC=x", r"OU=a\2bb,DC=x"),
        (r"OU=M\C3\BCnchen,DC=x", "OU=München,DC=x"),
        (r"OU=a\ ,DC=x", r"OU=a\20,DC=x"),
    ],
)
def test_distinguished_names_are_compared_by_meaning(one: str, other: str) -> None:
    """Case, blanks and the way of escaping make no difference."""
    assert rdns(one) == rdns(other)


def test_escaped_commas_part_nothing() -> None:
    """A comma in somebody's name is not the end of an OU's, nor is an escaped backslash an escape."""
    assert len(rdns(r"CN=Doe\, Jane,OU=a\\,DC=x")) == 3
    assert list(ancestors(r"CN=Doe\, Jane,OU=Berlin,DC=x")) == [("ou=berlin", "dc=x"), ("dc=x",)]
    assert list(ancestors("")) == []
    assert rdns("OU=Berlin,DC=x") != rdns("OU=Berlin 2,DC=x")


@settings(deadline=None)
@given(any_text)
def test_any_text_has_an_answer(text: str) -> None:
    """Hostile names and countries end in an answer."""
    assert region_named(text) is None or known_region(region_named(text) or "")
    assert near_region(text) == "" or known_region(near_region(text))
    assert all(len(above) > 0 for above in ancestors(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DEU", "DE"),
        ("che", "CH"),
        ("RUS", "RU"),
        ("276", "DE"),
        ("756", "CH"),
        ("040", "AT"),
        ("40", "AT"),  # countryCode is a number: its zeros are gone
        ("8", "AL"),
        ("Schweiz", "CH"),
        ("SUISSE", "CH"),
        ("Svizzera", "CH"),
        ("Österreich", "AT"),
        ("España", "ES"),
        ("Россия", "RU"),
        ("日本", "JP"),
        ("भारत", "IN"),
        ("Swiss Confederation", "CH"),
        ("Federal Republic of Germany", "DE"),
        ("Kingdom of Spain", "ES"),
        ("DE - Germany", "DE"),
        ("Germany (DE)", "DE"),
    ],
)
def test_countries_in_any_code_and_language(text: str, code: str) -> None:
    """A stated country is understood as alpha-2, alpha-3, number, or by its name in a language of CLDR."""
    assert region_named(text) == code


def test_the_table_of_names_is_the_one_that_the_script_makes() -> None:
    """Nobody edits the table by hand: the sources of the pinned versions give it again, byte for byte."""
    assert TABLE.read_text(encoding="utf-8") == table()


def test_every_region_is_known_by_all_its_codes_and_names() -> None:
    """Each code of ISO 3166-1, and each name that CLDR has for one region alone, means that one."""
    for country in pycountry.countries:
        if known_region(country.alpha_2):
            assert region_named(country.alpha_3) == country.alpha_2
            assert region_named(country.numeric) == country.alpha_2
    understood = 0
    for language in ("de", "fr", "es", "it", "pt", "ru", "pl", "tr", "ja", "zh", "ar", "hi", "nl", "sv"):
        for code, name in Locale(language).territories.items():
            if known_region(code):
                assert region_named(name) in (code, None), (language, name)
                understood += region_named(name) == code
    assert understood > 3_300  # of 3,500; the others are the names of two regions, in different languages


@pytest.mark.parametrize("text", ["", " ", "0", "000"])
def test_no_country_is_not_a_strange_one(text: str) -> None:
    """`countryCode` is 0 where nobody set a country."""
    assert names_none(text)
    assert not names_none("756")
    assert not names_none("Narnia")
