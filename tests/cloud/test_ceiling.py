"""A limit of items under way gives itself away by one number; everything else does not, or not for long."""

from prepop.cloud.wire.ceiling import AGREED, LEAST, Suspicion


def test_refusals_that_leave_the_same_room_make_a_ceiling() -> None:
    """Whatever was sent at a time, fifty got in."""
    one = Suspicion()
    assert [one.refused(60, 10, 10), one.refused(72, 0, 22)] == [None, 50]
    assert one.refused(60, 10, 10) is None, "it begins anew"


def test_refusals_that_leave_another_room_each_time_do_not() -> None:
    """A bucket that is empty lets in whatever it has by chance."""
    one = Suspicion()
    assert [one.refused(80, 0, refused) for refused in (5, 60, 20, 55, 3)] == [None] * 5


def test_a_few_at_a_time_are_left_to_a_rate() -> None:
    """Below so many there is nothing to gain."""
    one = Suspicion()
    assert [one.refused(LEAST, 1, 1) for _ in range(5)] == [None] * 5
    assert [one.refused(LEAST + 1, 1, 1) for _ in range(2)] == [None, LEAST]


def test_a_few_of_many_are_chance() -> None:
    """Two of twenty, however often: a ceiling cuts through a request."""
    one = Suspicion()
    assert [one.refused(30, 18, 2) for _ in range(9)] == [None] * 9


def test_whoever_was_wrong_needs_twice_as_much() -> None:
    """So that chance, which looks alike now and then, costs less and less."""
    one = Suspicion()
    one.was_wrong()
    answers = [one.refused(60, 10, 10) for _ in range(2 * AGREED)]
    assert answers == [None] * (2 * AGREED - 1) + [50]
