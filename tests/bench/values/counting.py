"""Right, left alone, wrong: counted by kind of text and by country, and put on a page."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from tests.bench.values.countries import neighbours
from tests.bench.values.drawing import draw
from tests.bench.values.engines import Written, library_alone
from tests.bench.values.slips import UNKNOWABLE, slips
from tests.bench.values.spellings import Forms, forms, ordinary, usual_for_another

# Goals of the issue: one wrong in so many texts with a slip, one left alone in so many ordinary ones.
ONE_WRONG_IN = 10_000
ONE_LEFT_IN = 2_000


class Answer(StrEnum):
    """What an engine's answer to one text is worth."""

    RIGHT = "right"
    LEFT = "left alone"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Text:
    """A text with the truth: whose number it is. slip: whether anything is wrong with the text.

    keys: the numbers that are right; two where there are two in the field. knowable: not so where the text
    is a usual spelling of another number.
    """

    kind: str
    slip: bool
    text: str
    region: str
    keys: frozenset[str]
    knowable: bool = True

    @property
    def written(self) -> Written:
        """What the engines are given."""
        return self.text, self.region

    def judge(self, answer: str) -> Answer:
        """Whether a number (or reason) is right."""
        if not answer.startswith("+"):
            return Answer.LEFT
        return Answer.RIGHT if answer.partition("x")[0] in self.keys else Answer.WRONG


def texts(regions: Sequence[str], dice: random.Random) -> Iterator[Text]:
    """Texts without end: region after region, a mobile or a fixed number in every spelling and slip."""
    while True:
        for region in regions:
            mobile = dice.random() < 0.6
            form, other = _number(region, dice, mobile), _number(region, dice, dice.random() < 0.5)
            foreign = _number(dice.choice(neighbours(region)), dice, mobile)
            for kind, text in ordinary(form, dice):
                yield Text(kind, False, text, region, frozenset((form.key,)))
            for kind, text, owner in slips(form, other, foreign, dice):
                keys = frozenset((form.key, other.key) if kind.startswith("two") else (owner.key,))
                knowable = kind not in UNKNOWABLE and not usual_for_another(text, region, keys)
                yield Text(kind, True, text, region, keys, knowable)


def _number(region: str, dice: random.Random, mobile: bool) -> Forms:
    """A number that can be told as one of its country: with a trunk prefix, where others there have one.

    And one that the library reads back from its own spelling: of Gabon's old numbers it does not.
    """
    while True:
        form = forms(draw(dice, region, mobile=mobile), region)
        if (form.trunk or form.bare_is_usual) and library_alone([(form.home, region)]) == [form.key]:
            return form


@dataclass(slots=True)
class Counts:
    """The answers of one engine. wrong: the first texts of each kind that came out wrong."""

    by_kind: dict[tuple[bool, str, bool], Counter[Answer]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    ordinary_by_region: dict[str, Counter[Answer]] = field(default_factory=lambda: defaultdict(Counter))
    slips_by_region: dict[str, Counter[Answer]] = field(default_factory=lambda: defaultdict(Counter))
    examples: dict[tuple[str, Answer], list[tuple[Text, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, given: Sequence[Text], answers: Iterable[str]) -> None:
        """Judge the answers to some texts."""
        for text, answer in zip(given, answers, strict=True):
            worth = text.judge(answer)
            self.by_kind[text.slip, text.kind, text.knowable][worth] += 1
            where = self.slips_by_region if text.slip else self.ordinary_by_region
            where[text.region][worth] += 1
            if worth is not Answer.RIGHT:
                self.examples[text.kind if text.knowable else f"{text.kind} *", worth].append((text, answer))

    def total(self, *, slip: bool, knowable: bool = True) -> Counter[Answer]:
        """All ordinary texts, all slips that can be known, or all slips that cannot."""
        return sum(
            (
                counts
                for (is_slip, _, known), counts in self.by_kind.items()
                if is_slip is slip and known is knowable
            ),
            Counter[Answer](),
        )

    def left_too_often(self) -> dict[str, float]:
        """Countries whose ordinary spellings are left alone more often than the goal, with their share."""
        return {
            region: counts[Answer.LEFT] / counts.total()
            for region, counts in sorted(self.ordinary_by_region.items())
            if counts[Answer.LEFT] * ONE_LEFT_IN > counts.total()
        }


def measure(
    source: Iterator[Text],
    most: int,
    engines: dict[str, Callable[[Sequence[Written]], list[str]]],
    only_unknowable: frozenset[str],
    wave: int = 2_000,
) -> dict[str, Counts]:
    """Let every engine read the same texts, in turns of a few thousand.

    only_unknowable: engines that read only the kinds where no reader could know, for comparison.
    """
    found = {name: Counts() for name in engines}
    for _ in range(0, most, wave):
        given = list(islice(source, wave))
        for name, read in engines.items():
            mine = [text for text in given if name not in only_unknowable or not text.knowable]
            found[name].add(mine, read([text.written for text in mine]))
    return found


def page(found: dict[str, Counts]) -> Iterator[str]:
    """The table: a line a kind, with the columns of each engine."""
    names = list(found)
    kinds = list(dict.fromkeys(key for counts in found.values() for key in counts.by_kind))
    yield f"{'':34}" + "".join(f"{name:>34}" for name in names)
    yield f"{'kind of text':34}" + "     texts    right     left  wrong"[1:] * len(names)
    for slip in (False, True):
        yield "slips" if slip else "ordinary spellings"
        for key in kinds:
            if key[0] is slip:
                star = "" if key[2] else " *"
                yield f"  {key[1] + star:32}" + "".join(_columns(found[name].by_kind[key]) for name in names)
    yield "together"
    for label, slip, knowable in (
        ("ordinary spellings", False, True), ("slips", True, True), ("slips nobody could know *", True, False)
    ):  # fmt: skip
        yield f"  {label:32}" + "".join(
            _columns(found[name].total(slip=slip, knowable=knowable)) for name in names
        )


def _columns(counts: Counter[Answer]) -> str:
    total = counts.total()
    if not total:
        return " " * 34
    shares = [f"{100 * counts[each] / total:8.2f}%" for each in (Answer.RIGHT, Answer.LEFT)]
    return f"{total:9,}{''.join(shares)}{counts[Answer.WRONG]:7,}"
