"""When two names are the same, and when they are two people's."""

import sys

import pytest

from prepop.model import Method
from prepop.rules.values.distinguished_names import rdns
from prepop.rules.values.keys import comparison_key, normal_key
from prepop.rules.values.names import ascii_case, other_case

TWO_PEOPLE = [
    ("straße", "strasse"),
    ("\u212aelvin", "kelvin"),
    ("\ufb01nn", "finn"),
    ("ma\u017fon", "mason"),
    ("\u212bngstrom", "ångstrom"),
]


@pytest.mark.parametrize(("first", "second"), TWO_PEOPLE)
def test_no_fold_of_unicode_makes_one_of_two(first: str, second: str) -> None:
    """Letters that only casefold makes equal are two names: in addresses, keys, parts of a DN."""
    assert first.casefold() == second.casefold()
    for same in (ascii_case, other_case):
        assert same(first) != same(second)
    email = Method.EMAIL
    assert comparison_key(email, f"{first}@example.org") != comparison_key(email, f"{second}@example.org")
    assert normal_key(email, f"{first}@example.org") != normal_key(email, f"{second}@example.org")
    assert rdns(f"OU={first},DC=x") != rdns(f"OU={second},DC=x")


def test_the_case_of_ascii_letters_says_nothing() -> None:
    """Either notion takes JANE for jane."""
    assert ascii_case("JANE@Example.ORG") == other_case("JANE@Example.ORG") == "jane@example.org"


def test_letters_with_one_other_case_are_found_by_it() -> None:
    """A name that somebody typed is found in capitals; whose account it is, is not decided by that."""
    assert other_case("MÜLLER Ω") == other_case("müller ω")
    assert ascii_case("MÜLLER") != ascii_case("müller")
    assert rdns("OU=BÜRO,DC=x") == rdns("ou=Büro,dc=X")


def test_no_letter_meets_another() -> None:
    """Of all characters, only a letter and its one other case come to the same."""
    seen: dict[str, str] = {}
    for number in range(sys.maxunicode + 1):
        letter = chr(number)
        before = seen.setdefault(other_case(letter), letter)
        assert before == letter or before.upper() == letter or letter.upper() == before, (before, letter)
        assert before == letter or before.lower() == letter or letter.lower() == before, (before, letter)
