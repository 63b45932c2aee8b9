"""Which column names the person: the one that fits most rows, by whichever attribute."""

from dataclasses import replace

from prepop.model import ExtraReading, ExtraRow
from prepop.rules.extras.guessing import CANDIDATES, KeyGuess, guess
from tests.rules.extras.made import hr, staff


def _file(*rows: tuple[str, str]) -> ExtraReading:
    read = hr([ExtraRow(at, "", {"nr": key, "login": login}) for at, (key, login) in enumerate(rows, 2)])
    return replace(read, header=("Nr", "Login"))


def test_the_two_that_fit_most_rows() -> None:
    """Leading zeros aside, the most rows win; the likelier attribute where two fit as many."""
    people = staff("00417", "00418", "00419")
    both = _file(("417", "user0"), ("418", "user1"), ("500", "user9"))
    assert guess(both, people, CANDIDATES) == KeyGuess("Nr", "employeeID", 2, 3)
    more = _file(("417", "user0"), ("9", "user1"), ("8", "USER2"))
    assert guess(more, people, CANDIDATES) == KeyGuess("Login", "sAMAccountName", 3, 3)


def test_none_that_fits() -> None:
    """Nothing is guessed where no column names anybody."""
    assert guess(_file(("1", "x")), staff("2"), CANDIDATES) is None
