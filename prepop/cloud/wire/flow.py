"""What one quota seems to admit, learned from what was admitted and what was refused.

Nobody tells the limit (GRAPH section 6), and "too many requests" has more causes than one: a bucket
that is empty, too many at a time, another program that drinks from the same bucket, and chance. They look
alike in one answer. They differ in one thing: **what comes of sending more slowly.** A limit then refuses
less; chance refuses the same share as before. So every cut is an experiment, and its outcome is the lesson:

    watch    Refusals are counted against the share that is known to be chance. A few more than that could
             be luck; the sum of what is more (CUSUM, Page 1954) tells when it no longer is, and since when.
    cut      The rate goes to nine tenths of what was admitted while it was too much: rate x (1 - refused
             share), as BBR paces by what was delivered. One batch is little proof: a small sample is
             believed a little. What was sent before the cut says nothing of it (one lesson for all
             requests that were under way together).
    trial    At the lower rate so many items are watched as tell the one from the other.
             Fewer refused: it is a limit, and the rate stays. The same share: it is chance, its share is
             noted, and the rate goes back to where it was. More: the limit is lower still; cut again.
    grow     By the item, not by the second: slowly up to where the limit was, then faster and faster (CUBIC).
             So the price of knowing the limit is two or three refused items in some hundred, at any rate.
             What a bucket saves while the rate is below it is spent while it is above: nothing is lost.
    again    Chance, too, is asked again after some thousand items, since it ends as it came.

A rate, not only a window: a limit of 20 a second leaves room for four items under way in 200 ms; a window
of one batch would be refused sixteen of twenty. The size of a batch follows the rate for the same reason.
Only where items at a time are what is counted a window is right; `ceiling` tells, and then this learns the
window, as items a round trip.

Sources: AIMD (Chiu and Jain 1989); BBR (Cardwell et al., ACM Queue 14/5, 2016); CUBIC (Ha, Rhee and Xu 2008,
RFC 9438; botocore's adaptive mode paces by it); PCC (Dong et al., NSDI 2015): a rate is judged by the outcome
of an experiment, not by the loss; adaptive throttling (Site Reliability Engineering, chapter 21).

Tried and given up, with what `python -m tests.bench goodput` or a tenant said:

- A window that each refusal halves, and a gap once it is one (ours until now; AIMD takes every refusal for a
  limit): with one item in ten refused at random it fell to one request in two seconds and stayed there.
- Sending 1.25 x what was admitted (adaptive throttling): stands chance, and wastes a fifth at a bucket.
- PCC's pairs of rates, a little more and a little less: a bucket that stores 150 s of quota answers both
  alike until it is empty.
- Doubling upwards from one item after a collision: the bucket saves meanwhile, the doubling meets it late
  and far too fast, and collides again.
- A window that refusals lower at once and that rises by one: holds a limit of items at a time, and falls to
  one batch where items are refused at random. A floor of what certainly got in, for every cut: a bucket that
  is empty then refuses nine of ten for good (so the floor holds for the first cut alone).
- Retry-After as a measure of the rate: where it is rounded or generous (10 s at a limit of 20 a second) it
  is wrong by two orders. It is honoured, and no more.

Pure: no clock, nothing waits here. `pacer` asks how fast, and says what came of it.
"""

import math
from dataclasses import dataclass, field

from prepop.ports import BATCH

SLOWEST = 0.45  # items a second: nine tenths of the narrowest documented limit
FASTEST = 20_000.0  # more than all requests under way can hold: no limit
BELOW = 0.95  # of what was admitted: the rate after a cut
STORED = 1.3  # more often was admitted than came in: it was stored
DOUBT = 5  # items that a sample is short of being believed
ALLOWED = 0.02  # refused share that is not worth a lesson
ALARMING = 0.1  # more refusals than chance explains
ALARM = 1.5  # refused items above what is allowed
LUCK = 30  # ... and so many times the share of chance
SEVERE = 0.4  # refused share from which on the limit is far off, and probes are small
CLIMB = 0.0002  # growth an item ...
NEAR = 800  # ... over so many items, about from 0.9 to 1.1 of the limit; then faster
BOLD = 4
STEEPEST = 0.002
SEARCH = 10.0  # seconds in which the rate doubles while the limit is not known
TRIAL = (60, 300)  # items of a trial: at least, at most
PROBE = 8  # ... and at least where the limit is far off
PROOF = 40  # items that prove chance
ASKED_AGAIN = 2000  # items after which chance is tried again
MEMORY = 500.0  # items of a share: what is older fades
GRAIN = 0.25  # seconds of quota that one batch may take at once ...
FINE_GRAIN = 0.05  # ... and where the limit is far off


@dataclass(frozen=True, slots=True)
class Lesson:
    """What came of one request. Moments are seconds of any one clock.

    generation: `Flow.generation` when it was sent. admitted: items that were answered, whatever the answer.
    rate: items a second that were really sent. bound: the rate, not the work, held it back. room: so many
    certainly get in.
    """

    generation: int
    admitted: int
    refused: int
    rate: float
    bound: bool
    sent: float
    now: float
    room: float = 0.0

    @property
    def items(self) -> int:
        """All that were answered or refused."""
        return self.admitted + self.refused


@dataclass(frozen=True, slots=True)
class _Trial:
    """An experiment under way.

    before: the rate to go back to. share: what was refused at it, at most; again so where it is chance.
    items: so many decide. severe: the limit is far off. doubted: above this share it is not a limit.
    asking: no alarm began it, but that chance is asked again.
    """

    before: float
    share: float
    items: int
    severe: bool
    doubted: float
    asking: bool = False

    def worse(self, seen: int, refused: int) -> bool:
        """More is refused at the lower rate than chance explains: the limit fell, or is lower still."""
        luck = 3 * math.sqrt(seen * self.share * (1 - self.share)) + 2
        return refused > seen * self.share + luck


@dataclass(slots=True)
class _Share:
    """Refused items among those seen; what is older fades."""

    seen: float = 0.0
    refused: float = 0.0

    def add(self, seen: int, refused: int) -> None:
        """So many more."""
        kept = math.exp(-seen / MEMORY)
        self.seen = self.seen * kept + seen
        self.refused = self.refused * kept + refused


@dataclass(slots=True)
class Flow:
    """How fast the items of one quota may be sent: `rate` a second, without end while no limit was met.

    generation: which rate a request was sent at; answers to others teach nothing.
    """

    rate: float = math.inf
    generation: int = 0
    _excess: float = 0.0  # refused items above what is allowed, of ...
    _seen: int = 0  # ... so many items
    _refused: int = 0
    _proved: _Share = field(default_factory=_Share)  # by trials
    _watched: _Share = field(default_factory=_Share)  # where nothing was tried
    _trial: _Trial | None = None
    _empty: float = 0.0  # when the quota was last found empty, and since then ...
    _admitted: int = 0  # ... so many items got in
    _sure: bool = False  # that it was a quota, and empty
    _searching: bool = False
    _age: float = 0.0  # items since the rate was found
    _asked: int = 0  # items since chance was tried
    _last: float = 0.0

    @property
    def chance(self) -> float:
        """The share of refusals that does not come from sending too fast.

        Trials alone can raise it: what is watched may be a limit that creeps in.
        """
        proved = self._proved.refused / (self._proved.seen + BATCH)
        if self._watched.seen < MEMORY / 2:
            return proved
        return min(proved, self._watched.refused / self._watched.seen)

    @property
    def grain(self) -> int:
        """How many items may leave together."""
        if self.rate == math.inf:
            return BATCH
        far = self._trial is not None and self._trial.severe
        return max(1, min(BATCH, int(self.rate * (FINE_GRAIN if far else GRAIN))))

    def answered(self, lesson: Lesson) -> None:
        """Learn from what came of one request."""
        self._admitted += lesson.admitted
        passed, self._last = max(0.0, lesson.now - self._last), lesson.now
        if lesson.generation != self.generation or not lesson.items:
            return
        self._excess += lesson.refused - (2 * self.chance + ALLOWED) * lesson.items
        self._seen += lesson.items
        self._refused += lesson.refused
        if self._trial:
            self._try(self._trial, lesson)
        elif self._excess >= ALARM + LUCK * self.chance:
            self._cut(lesson)
        else:
            if self._excess <= 0:
                self._settle(self._watched)
            self._asked += lesson.items
            if self.chance > ALLOWED and self._asked >= ASKED_AGAIN:
                self._ask_again(lesson)
            elif lesson.bound:
                self._grow(lesson.items, passed)

    def as_ceiling(self, items: int) -> "Flow":
        """Another one that learns how many items may be under way, from so many on.

        What is known of chance is the tenant's, and one for both: with shares of its own 18 to 20 of 100
        items were refused at a bucket with chance, and 15 to 16 so (`python -m tests.bench goodput`).
        """
        return Flow(float(items), self.generation + 1, _proved=self._proved, _watched=self._watched)

    def _settle(self, share: _Share) -> None:
        share.add(self._seen, self._refused)
        self._excess, self._seen, self._refused = 0.0, 0, 0

    def _cut(self, lesson: Lesson) -> None:
        """Go below what was admitted, and see what comes of it."""
        chance, share, trial = self.chance, self._refused / self._seen, self._trial
        rate = lesson.rate if self.rate == math.inf else self.rate
        believed = chance + max(0.0, share - chance) * self._seen / (self._seen + DOUBT)
        admitted = rate * (1 - believed)
        # from empty to empty, what got in is what came in; where nothing is stored, it is a little less
        came_in = (self._admitted + 1) / max(lesson.sent - self._empty, 1 / rate)
        still = trial is not None and trial.severe  # one long emptiness
        sure = self._sure and (self._searching or self._admitted >= PROOF)
        if still or sure:
            admitted = (
                min(admitted, came_in)
                if still or self._searching or came_in * STORED < admitted
                else admitted
            )
        room = 0.0 if trial else lesson.room  # where it was too much again, nothing is certain
        admitted = max(admitted, room)
        severe = still or believed >= SEVERE
        if not still:
            self._searching = not sure
            self._empty, self._admitted, self._sure = lesson.sent, 0, False
        lower = max(SLOWEST, BELOW * admitted / (1 - chance))
        apart = max(share - chance, ALLOWED)
        items = math.ceil(9 * share * (1 - share) / apart**2)
        before = trial.before if trial else self.rate
        # an alarm tells too much: it rang because there was more than usual
        limited = max(chance, 1 - rate * (1 - share) / lower)
        doubted = limited + (share - limited) / (2 if severe else 3)
        least = PROBE if severe else TRIAL[0]
        likely = (self._refused + 2) / (self._seen + 4)  # an alarm on little is only just one
        self._begin(lower, _Trial(before, likely, min(max(items, least), TRIAL[1]), severe, doubted))

    def _ask_again(self, lesson: Lesson) -> None:
        """Go so low that there would be no refusal if it were not for chance."""
        rate = lesson.rate if self.rate == math.inf else self.rate
        items = math.ceil(9 * (1 - self.chance) / self.chance)
        items = min(max(items, PROOF), TRIAL[1])
        trial = _Trial(self.rate, self.chance, items, severe=False, doubted=self.chance / 4, asking=True)
        self._settle(self._watched)
        self._begin(BELOW * rate * (1 - self.chance), trial)

    def _begin(self, rate: float, trial: _Trial) -> None:
        self._trial = trial
        self._move(rate)

    def _move(self, rate: float) -> None:
        self.rate = max(SLOWEST, rate)
        self.generation += 1
        self._excess, self._seen, self._refused = 0.0, 0, 0

    def _try(self, trial: _Trial, lesson: Lesson) -> None:
        share = self._refused / self._seen
        if trial.severe:
            worse = self._refused >= 2 and share > 0.3 + self.chance
        else:
            worse = trial.worse(self._seen, self._refused)
        if worse and self.rate > SLOWEST:
            self._cut(lesson)
        elif self._seen >= trial.items:
            chance = share > trial.doubted
            if chance and self._seen < PROOF:
                return  # chance needs more proof
            self._judge(trial, share, chance=chance)

    def _judge(self, trial: _Trial, share: float, *, chance: bool) -> None:
        """The trial is over: it was chance, or it is a limit."""
        known = self.chance
        self._trial, self._asked = None, 0
        if trial.asking or chance:  # what was seen before may have been a limit, or was too little
            self._watched = _Share()
        if trial.asking and not chance:
            self._proved = _Share()
        if chance or share <= known + ALARMING:
            self._settle(self._proved)  # else the limit is lower still, and it proves nothing
        if chance:
            # what was found before was judged by too small a share of chance
            self._searching = self._searching or self.chance > known + ALLOWED
            self._move(trial.before)
        else:
            self._sure = True
            self._age = 0.0
            self._move(self.rate)

    def _grow(self, items: int, passed: float) -> None:
        passed = min(passed, SEARCH)  # a lane that lay idle learned nothing meanwhile
        if self._searching:
            self._move_up(2 ** (passed / SEARCH))
            return
        self._age += max(items, passed)
        steep = CLIMB * max(1.0, (self._age / NEAR) ** 2)
        if self.chance > ALLOWED:  # an alarm may be luck, and a few more refused items cost little
            steep *= BOLD
        self._move_up(1 + items * min(STEEPEST, steep))

    def _move_up(self, times: float) -> None:
        self.rate *= times
        if self.rate > FASTEST:
            self.rate = math.inf
