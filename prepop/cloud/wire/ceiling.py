"""Whether a quota counts items under way at once, and not items a second.

Sending more slowly helps against such a limit too, but wastes what it admits: a rate cannot follow a limit
that is met by the latency of the moment. It gives itself away by one number: whatever the rate, the items
that were under way less those that were refused come to the same. `AGREED` refusals in a row that do so are
enough to try. Then a `Flow` learns how many may be under way as it learns a rate: as items a round trip.
Where that many turn out to be very few, or fewer are refused as much, it was a rate all the same: that one
goes on from where it was, and twice as much must agree before the next try.

Pure, as `flow` is.
"""

from dataclasses import dataclass, field

from prepop.ports import BATCH

LEAST = 8  # items at a time: fewer are as well served by a rate
UNLIKELY = 0.4  # share of refusals that fewer at a time do not lessen: a rate would
MANY = 0.25  # share of a request that is refused where it meets a ceiling; chance hardly refuses as many ...
FULL = 2 * BATCH  # ... and where so many are under way a ceiling takes little away
AGREE = 0.1  # how far apart numbers may be that are the same ...
AGREED = 2  # ... and so many of them are needed


@dataclass(slots=True)
class Suspicion:
    """What refusals have in common."""

    _rooms: list[int] = field(default_factory=list)
    _needed: int = AGREED

    def refused(self, under_way: int, admitted: int, refused: int) -> int | None:
        """One request got so many items in and was refused so many, when so many were under way with it.

        The answer is how many may be, where this and the ones before agree.
        """
        if refused < MANY * (admitted + refused) and under_way < FULL:
            return None
        self._rooms = [*self._rooms[1 - self._needed :], under_way - refused]
        low, high = min(self._rooms), max(self._rooms)
        if len(self._rooms) < self._needed or low < LEAST or high - low > max(1, AGREE * high):
            return None
        self._rooms.clear()
        return low

    def was_wrong(self) -> None:
        """It was tried, and was none."""
        self._needed *= 2
