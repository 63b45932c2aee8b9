"""Awkwardness: what goes wrong between a client and the tenant, by chance from a seed, or as scripted.

By chance: decided by the seed and the request itself (verb, path, how often it came), so the same run
meets the same faults whatever the order in which its requests arrive. A request is hit at most
twice in a row, and every fault either has not acted or leaves what it did to be read back, so a correct
client loses nothing.

Scripted: `faults.next(pattern, fault, times)` hits the next requests whose `VERB path` the pattern is
found in, and comes before anything by chance:

    tenant.faults.next("POST .*phoneMethods", reset_after())
    tenant.faults.next(r"\\$batch", throttle("0.05"), times=2)   # the batch as a whole
    tenant.faults.next("GET users$", error(503))
"""

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class FaultKind(StrEnum):
    """What a fault does."""

    THROTTLE = "throttle"
    ERROR = "error"
    RESET = "reset"
    HALF_BODY = "half-body"
    INVALID_JSON = "invalid-json"
    HTML = "html"
    SLOW = "slow"
    MISSING_ITEM = "missing-item"
    TOKEN_EXPIRED = "token-expired"  # noqa: S105 - a name, no secret
    NOT_FOUND = "not-found"
    REFUSED = "refused"


# These befall a whole HTTP answer; an item of a batch that meets one takes its batch with it.
OF_CONNECTION = frozenset(
    {FaultKind.RESET, FaultKind.HALF_BODY, FaultKind.INVALID_JSON, FaultKind.HTML, FaultKind.SLOW}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. acts: the request takes effect all the same.

    retry_after: text of the header (seconds, fractions allowed, or an HTTP date), "" for none.
    """

    kind: FaultKind
    status: int = 0
    retry_after: str = ""
    acts: bool = False
    seconds: float = 0.0


def throttle(retry_after: str = "0.05") -> Fault:
    """429, of the request or of the item; "" sends no Retry-After."""
    return Fault(FaultKind.THROTTLE, 429, retry_after)


def error(status: int = 503, *, retry_after: str = "", acts: bool = False) -> Fault:
    """500, 502, 503 or 504, having acted or not."""
    return Fault(FaultKind.ERROR, status, retry_after, acts)


def reset_before() -> Fault:
    """The connection drops, nothing was done."""
    return Fault(FaultKind.RESET)


def reset_after() -> Fault:
    """The request takes effect, then the connection drops without an answer."""
    return Fault(FaultKind.RESET, acts=True)


def half_body() -> Fault:
    """The request takes effect, and the connection drops in the middle of the answer."""
    return Fault(FaultKind.HALF_BODY, acts=True)


def invalid_json() -> Fault:
    """The request takes effect; the answer has its status, and half its JSON with a matching length."""
    return Fault(FaultKind.INVALID_JSON, acts=True)


def html(status: int = 502, *, acts: bool = False) -> Fault:
    """A page of a gateway instead of JSON; status 200 is possible."""
    return Fault(FaultKind.HTML, status, acts=acts)


def slow(seconds: float = 0.05) -> Fault:
    """The right answer, later; real seconds."""
    return Fault(FaultKind.SLOW, acts=True, seconds=seconds)


def missing_item(*, acts: bool = True) -> Fault:
    """A batch's answer without this item."""
    return Fault(FaultKind.MISSING_ITEM, acts=acts)


def token_expired() -> Fault:
    """401 InvalidAuthenticationToken, of the request or of the item."""
    return Fault(FaultKind.TOKEN_EXPIRED, 401)


def not_found() -> Fault:
    """404, of the request or of the item, though the thing is there."""
    return Fault(FaultKind.NOT_FOUND, 404)


def refused(status: int = 403) -> Fault:
    """A plain no, 403 or 400, of the request or of the item, whatever is granted."""
    return Fault(FaultKind.REFUSED, status)


@dataclass(slots=True)
class _Scripted:
    pattern: re.Pattern[str]
    fault: Fault
    left: int


@dataclass(frozen=True, slots=True)
class Shares:
    """How often things go wrong by chance: of single requests and items, and of whole HTTP answers."""

    throttle: float = 0.0
    error: float = 0.0
    missing: float = 0.0
    reset_before: float = 0.0
    reset_after: float = 0.0
    half_body: float = 0.0
    html: float = 0.0
    slow: float = 0.0


@dataclass(slots=True)
class Faults:
    """What goes wrong, and the order and size of answers. `met` counts the faults that happened, by kind.

    largest_page: no page has more rows; 0: as many as are asked for.
    """

    seed: int = 0
    shares: Shares = Shares()
    shuffled: bool = False
    odd_pages: bool = False
    largest_page: int = 0
    met: Counter[FaultKind] = field(default_factory=Counter)
    _script: list[_Scripted] = field(default_factory=list)
    _asked: Counter[str] = field(default_factory=Counter)
    _running: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def none() -> "Faults":
        """Nothing goes wrong but what is scripted; pages are full and answers in order."""
        return Faults()

    @staticmethod
    def default(seed: int = 1) -> "Faults":
        """The awkwardness that a client has to stand."""
        shares = Shares(
            throttle=0.005,
            error=0.003,
            missing=0.002,
            reset_before=0.006,
            reset_after=0.006,
            half_body=0.004,
            html=0.006,
            slow=0.02,
        )
        return Faults(seed, shares, shuffled=True, odd_pages=True)

    def next(self, path_regex: str, fault: Fault, times: int = 1) -> None:
        """The next `times` requests in whose `VERB path` the pattern is found meet this fault."""
        self._script.append(_Scripted(re.compile(path_regex), fault, times))

    def pending(self) -> int:
        """Scripted faults that have not happened yet."""
        return sum(s.left for s in self._script)

    def scripted(self, what: str) -> Fault | None:
        """The scripted fault of a request `VERB path`, if one waits for it."""
        for entry in self._script:
            if entry.left and entry.pattern.search(what):
                entry.left -= 1
                self.met[entry.fault.kind] += 1
                return entry.fault
        return None

    def of_answer(self, what: str) -> Fault | None:
        """By chance: a fault of a whole HTTP answer."""
        s = self.shares
        return self._chance(
            f"answer {what}",
            (
                (s.reset_before, FaultKind.RESET, False),
                (s.reset_after, FaultKind.RESET, True),
                (s.half_body, FaultKind.HALF_BODY, True),
                (s.html / 2, FaultKind.HTML, False),
                (s.html / 2, FaultKind.HTML, True),
                (s.slow, FaultKind.SLOW, True),
            ),
        )

    def of_item(self, what: str, *, in_batch: bool) -> Fault | None:
        """By chance: a fault of one request or item."""
        s = self.shares
        missing = s.missing / 2 if in_batch else 0.0
        return self._chance(
            f"item {what}",
            (
                (s.throttle, FaultKind.THROTTLE, False),
                (s.error / 2, FaultKind.ERROR, False),
                (s.error / 2, FaultKind.ERROR, True),
                (missing, FaultKind.MISSING_ITEM, False),
                (missing, FaultKind.MISSING_ITEM, True),
            ),
        )

    def shuffle(self, items: list[T]) -> list[T]:
        """Answers of a batch in the order in which they are sent."""
        if self.shuffled:
            self._asked["shuffle"] += 1
            random.Random(f"{self.seed} shuffle {self._asked['shuffle']}").shuffle(items)
        return items

    def page_size(self, asked: int) -> int:
        """How many rows a page of `asked` really has."""
        asked = min(asked, self.largest_page or asked)
        if not self.odd_pages or asked < 3:
            return asked
        self._asked["page"] += 1
        return random.Random(f"{self.seed} page {self._asked['page']}").randint(asked * 2 // 3, asked)

    def _chance(self, what: str, shares: tuple[tuple[float, FaultKind, bool], ...]) -> Fault | None:
        total = sum(share for share, _, _ in shares)
        if not total:
            return None
        self._asked[what] += 1
        dice = random.Random(f"{self.seed} {what} {self._asked[what]}")
        rolled = dice.random()
        if rolled >= total or self._running[what] >= 2:
            del self._running[what]
            return None
        self._running[what] += 1
        for share, kind, acts in shares:
            if rolled < share:
                self.met[kind] += 1
                return self._made(kind, acts, dice)
            rolled -= share
        return None

    @staticmethod
    def _made(kind: FaultKind, acts: bool, dice: random.Random) -> Fault:
        wait = f"{dice.uniform(0.05, 0.3):.3f}"
        match kind:
            case FaultKind.THROTTLE:
                return throttle(wait)
            case FaultKind.ERROR:
                return error(
                    dice.choice((500, 503, 503, 504)),
                    retry_after=dice.choice(("", wait, wait, wait)),
                    acts=acts,
                )
            case FaultKind.HTML:
                return html(dice.choice((502, 503)), acts=acts)
            case FaultKind.SLOW:
                return slow(dice.uniform(0.02, 0.1))
            case _:
                return Fault(kind, acts=acts)
