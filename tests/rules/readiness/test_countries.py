"""What `check` says of the countries that the directory states."""

import uuid
from datetime import UTC, datetime

from prepop.model import Method, Person, Privileged
from prepop.options import CloudOptions, MappingRules, MethodRule, Region, Scope, Trust
from prepop.rules.readiness import directory
from prepop.rules.readiness.facts import ReadinessFacts
from prepop.rules.readiness.population import population
from prepop.rules.readiness.words import Answer, State, Unread

_MAPPING = MappingRules(Region(("co",), (), "DE"), (MethodRule(Method.MOBILE, ("mobile",)),))


def said(*countries: str) -> Answer:
    """What is said of people with these countries, who all have a German mobile."""
    people = [
        Person(
            "corp",
            f"CN={n},DC=x",
            f"anchor{n}",
            str(uuid.UUID(int=n + 1)),
            values={"co": (country,), "mobile": (mobile,)},
        )
        for n, country in enumerate(countries)
        for mobile in (f"0151 2481579{n}",)
    ]
    counted = population(people, (), _MAPPING, Scope(), Trust(), frozenset(), Privileged({}), {})
    cloud = CloudOptions("contoso.onmicrosoft.com")
    now = datetime(2026, 11, 22, tzinfo=UTC)
    whole = ReadinessFacts(now, _MAPPING, Scope(), cloud, (), Unread("no tenant here"), counted)
    return next(one for one in directory.answers(whole) if one.id == "directory-countries")


def test_countries_that_are_not_understood_are_counted() -> None:
    """Each such text is named with how many people have it, and what to write instead."""
    answer = said("Narnia", "Deutschland", "Narnia", "EMEA")
    assert answer.answer is State.PARTLY
    assert "3 people with a country that is not understood" in answer.says
    assert 'co says "Narnia", which names no country that is known (2)' in answer.says
    assert 'co says "EMEA", which names no country that is known (1)' in answer.says
    assert "ISO code" in answer.fix


def test_countries_that_are_understood_raise_no_doubt() -> None:
    """A country in another language is no strange one."""
    assert said("Deutschland", "Allemagne", "276").answer is State.YES
