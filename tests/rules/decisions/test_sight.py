"""What the reader saw in the last complete run and does not see now."""

from prepop.model import DirectoryReading, Holding, Method, Policy
from prepop.options import Limit, Remove
from prepop.rules.decisions.sight import held, nobody_has_any, vanished
from tests.rules.decisions.world import mobiles, person, rules

TENTH = Limit(share=0.1)
SALES, LAB = "ou=sales,dc=corp", "ou=lab,dc=corp"


def had(*counts: tuple[str, str, int, int]) -> tuple[Holding, ...]:
    """Attribute, unit, people, holders."""
    return tuple(Holding(*count) for count in counts)


def lost(before: tuple[Holding, ...], now: tuple[Holding, ...]) -> list[tuple[str, int, int]]:
    """Attribute, how many lost it, of how many."""
    return [(one.attribute, one.lost, one.had) for one in vanished(before, now, TENTH)]


def test_numbers_by_unit_and_attribute() -> None:
    """Each attribute of the mapping by the container that people stand in; no value is kept."""
    people = [person(n, mobile=mobiles()[n]) for n in range(3)] + [person(3)]
    reading = DirectoryReading("d", tuple(people), {})
    found = held([reading], rules(Policy.FILL, Remove.OWN, Method.MOBILE))
    assert sum(one.people for one in found if one.attribute == "mobile") == 4
    assert sum(one.holders for one in found if one.attribute == "mobile") == 3
    assert not any(number.strip("+ ") in repr(found) for number in mobiles())


def test_a_tenth_may_lose_a_value_and_no_more() -> None:
    """At the limit it passes, one more does not."""
    before = had(("mobile", SALES, 40, 40))
    assert lost(before, had(("mobile", SALES, 40, 36))) == []
    assert lost(before, had(("mobile", SALES, 40, 35))) == [("mobile", 5, 40)]


def test_four_of_a_few_are_no_finding() -> None:
    """In a pilot of eight, four numbers that were taken away are work of the day; five are not."""
    before = had(("mobile", SALES, 8, 8))
    assert lost(before, had(("mobile", SALES, 8, 4))) == []
    assert lost(before, had(("mobile", SALES, 8, 3))) == [("mobile", 5, 8)]


def test_who_left_took_the_value_along() -> None:
    """Leavers, and people who moved to another unit, did not lose it."""
    before = had(("mobile", SALES, 40, 40), ("mobile", LAB, 10, 10))
    assert lost(before, had(("mobile", SALES, 30, 30), ("mobile", LAB, 10, 10))) == []
    assert lost(before, had(("mobile", SALES, 30, 30), ("mobile", LAB, 20, 20))) == []


def test_a_whole_unit_is_no_chance() -> None:
    """Everybody of a unit of five, though it is a small share of all; of four it may be."""
    before = had(("mobile", SALES, 400, 400), ("mobile", LAB, 5, 5))
    (found,) = vanished(before, had(("mobile", SALES, 400, 400), ("mobile", LAB, 5, 0)), TENTH)
    assert (found.lost, found.units) == (5, (LAB,))
    before = had(("mobile", SALES, 400, 400), ("mobile", LAB, 4, 4))
    assert lost(before, had(("mobile", SALES, 400, 400), ("mobile", LAB, 4, 0))) == []


def test_another_mapping_is_not_compared() -> None:
    """An attribute or a unit that only one of the runs knows says nothing."""
    assert lost(had(("mobile", SALES, 40, 40)), had(("pager", SALES, 40, 0))) == []
    assert lost(had(("mobile", SALES, 40, 40)), had(("mobile", LAB, 40, 0))) == []


def test_nobody_has_anything() -> None:
    """People without a single value in any attribute are no reading to act on."""
    assert nobody_has_any(had(("mobile", SALES, 5, 0), ("mail", SALES, 5, 0)))
    assert not nobody_has_any(had(("mobile", SALES, 4, 0), ("mail", SALES, 4, 0))), "of a few it is no news"
    assert not nobody_has_any(had(("mobile", SALES, 5, 0), ("mail", SALES, 5, 1)))
    assert not nobody_has_any(())
