"""How many accounts that cannot be read a night leaves alone."""

import pytest

from prepop.errors import Incomplete
from prepop.options import Limit, Limits
from prepop.rules.decisions.unreadable import bound, refuse_too_many

WHY = "reading its phones: Graph answered 403 accessDenied"


@pytest.mark.parametrize(
    ("limit", "in_scope", "most"),
    [
        (Limit(10, 0.01), 20, 10),  # below min_population the number alone counts
        (Limit(10, 0.01), 60, 1),  # 0.6 accounts are one account
        (Limit(10, 0.01), 500, 5),
        (Limit(10, 0.01), 5000, 10),
        (Limit(0, 0.01), 60, 0),
        (Limit(None, 0.0), 60, 0),
        (Limit(0, None), 60, 0),
        (Limit(None, None), 60, None),
    ],
)
def test_bound(limit: Limit, in_scope: int, most: int | None) -> None:
    """The smaller of number and share; one bad account stops nobody, unless none at all is allowed."""
    assert bound(Limits(unreadable=limit), in_scope) == most


def test_at_the_limit_passes_and_one_more_ends_the_reading() -> None:
    """The error says how many of how many, the limit, and what Graph said of one of them."""
    limits = Limits(unreadable=Limit(2, None))
    refuse_too_many({}, limits, 100)
    refuse_too_many(dict.fromkeys("ab", WHY), limits, 100)
    with pytest.raises(Incomplete, match=r"3 of 100 accounts .* allows 2; account a: .*403 accessDenied"):
        refuse_too_many(dict.fromkeys("abc", WHY), limits, 100)
