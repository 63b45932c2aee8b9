"""What of the mapping fits nobody."""

from dataclasses import replace

from prepop.model import DirectoryReading, Method, Person
from prepop.options import MappingRules, MethodRule, Region
from prepop.rules.decisions.unused import unused
from tests.rules.decisions.world import person

UNITS = Region(
    ("c",), (("OU=Staff,DC=example,DC=org", "DE"), ("OU=Z\u00fcrich, OU=Staff,DC=example,DC=org", "CH"))
)
RULES = MappingRules(UNITS, (MethodRule(Method.MOBILE, ("mobile", "otherMobile")),))


def reading(*people: Person, kind: str = "csv") -> DirectoryReading:
    return DirectoryReading("corp", people, {"kind": kind})


def at(dn: str, **values: str) -> Person:
    return replace(person(1, **values), dn=dn)


def test_each_entry_that_fits_nobody_is_named() -> None:
    """A unit without people and attributes without values, as they are written in the mapping."""
    assert unused([reading(at("CN=A,OU=Team,OU=staff,DC=example,DC=org", mobile="1"))], RULES) == (
        '[region] ou "OU=Z\u00fcrich, OU=Staff,DC=example,DC=org" (nobody stands in it)',
        "c (nobody has a value)",
        "otherMobile (nobody has a value)",
    )


def test_what_fits_anybody_is_not_named() -> None:
    """One person of any directory is enough, whatever the case and the blanks of a name."""
    one = at("CN=A,ou=Z\u00fcrich,OU=Staff, DC=example,DC=org", mobile="1", c="CH")
    two = at("CN=B,DC=other", othermobile="2")
    assert unused([reading(one), reading(two)], RULES) == ()


def test_nobody_read() -> None:
    """Where nobody was read nothing follows: `source-empty` says what there is."""
    assert unused([reading()], RULES) == ()
    assert unused([], RULES) == ()


def test_an_empty_directory_beside_another() -> None:
    """People of one directory speak for all."""
    assert unused([reading(), reading(at("CN=B,OU=X", mobile="1"))], MappingRules(Region(), RULES.rules)) == (
        "otherMobile (nobody has a value)",
    )


def test_lost_letters() -> None:
    """A question mark in names that are ASCII to the last is what an ASCII export makes of other letters."""
    rules = MappingRules(Region(), ())
    lost = at("CN=J?rgen,OU=Z?rich,DC=example,DC=org")
    (told,) = unused([reading(lost, at("CN=B,OU=Staff,DC=example,DC=org"))], rules)
    assert "1 person in corp" in told
    assert "OU=Z?rich,DC=example,DC=org" in told
    assert "J?rgen" not in told
    assert unused([reading(lost, at("CN=J\u00f6rg,DC=example,DC=org"))], rules) == ()
    assert unused([reading(lost, kind="ldap")], rules) == ()
