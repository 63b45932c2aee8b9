"""The noise model itself, and a small run of it: a full one is `python -m tests.bench.values`."""

import random
from collections import Counter
from itertools import islice
from pathlib import Path

import phonenumbers
import pytest
import rphonenumbers

from prepop.rules.values.keys import PhoneNumber, phone
from tests.bench.values.counting import Answer, Counts, Text, measure, page, texts
from tests.bench.values.countries import MOST_PEOPLE, countries
from tests.bench.values.drawing import draw
from tests.bench.values.engines import Program, library_alone

_TEXTS = 12_000


@pytest.fixture(scope="module")
def drawn() -> list[Text]:
    """Some thousand texts of the 60 countries."""
    dice = random.Random(11)
    return list(islice(texts(countries(dice), dice), _TEXTS))


@pytest.fixture(scope="module")
def counts(drawn: list[Text]) -> Counts:
    """What this program makes of them."""
    counts = Counts()
    found = [phone(text.text, text.region) for text in drawn]
    counts.add(drawn, [each.key if isinstance(each, PhoneNumber) else each.reason.value for each in found])
    return counts


def test_no_ordinary_spelling_becomes_another_number(counts: Counts) -> None:
    """The usual spellings are read as they are meant; hardly any is left alone."""
    ordinary = counts.total(slip=False)
    assert ordinary[Answer.WRONG] == 0
    assert ordinary[Answer.LEFT] * 1_000 < ordinary.total()


def test_a_slip_is_left_alone_or_understood(counts: Counts) -> None:
    """No slip of which a reader could know becomes somebody else's number."""
    assert [example for (_, worth), examples in counts.examples.items() if worth is Answer.WRONG
            for example in examples if example[0].knowable] == []  # fmt: skip
    assert counts.total(slip=True)[Answer.RIGHT] > 1_000


def test_where_nobody_could_know_the_program_is_no_worse_than_the_library(
    drawn: list[Text], counts: Counts
) -> None:
    """A digit missing or doubled, a neighbour's number: not more often wrong than the phone library alone."""
    alone = Counts()
    hard = [text for text in drawn if not text.knowable]
    alone.add(hard, library_alone([text.written for text in hard]))
    ours = counts.total(slip=True, knowable=False)
    assert ours.total() == len(hard) > 500
    assert ours[Answer.WRONG] <= alone.total(slip=True, knowable=False)[Answer.WRONG]


def test_two_engines_agree_where_there_is_no_slip(drawn: list[Text]) -> None:
    """phonenumbers and rphonenumbers, given the same ordinary text and region, name the same number.

    But for the spellings of which only people know: 00 where it is not dialled, and `+CC (0)`.
    """
    asked = 0
    for text in drawn:
        if text.slip or text.kind.startswith("00") or "(0)" in text.text:
            continue
        found = phone(text.text, text.region)
        if isinstance(found, PhoneNumber):
            plain = text.text.replace("\\u2011", "-")
            theirs = rphonenumbers.parse(plain, text.region)
            e164 = rphonenumbers.format_number(theirs, rphonenumbers.PhoneNumberFormat.E164)
            assert found.key == e164 == library_alone([(plain, text.region)])[0], text
            asked += 1
    assert asked > 2_000


def test_drawn_numbers_are_valid_and_differ() -> None:
    """Numbers are drawn from all of a plan, not varied from one example."""
    dice = random.Random(5)
    for region in MOST_PEOPLE[:12]:
        numbers = [draw(dice, region, mobile=True) for _ in range(50)]
        assert all(phonenumbers.is_valid_number_for_region(number, region) for number in numbers)
        fronts = Counter(str(number.national_number)[:3] for number in numbers)
        assert len(fronts) > 5, region


def test_what_is_judged_wrong_is_shown() -> None:
    """A number that is not the person's counts as wrong, a reason as left alone, an extension as nothing."""
    text = Text("label before", True, "mob 0151 24815793", "DE", frozenset({"+4915124815793"}))
    assert text.judge("+4915124815793x12") is Answer.RIGHT
    assert text.judge("+15124815793") is Answer.WRONG
    assert text.judge("phone-invalid") is Answer.LEFT
    found = measure(iter([text]), 1, {"now": lambda given: ["+15124815793"] * len(given)}, frozenset())
    assert found["now"].examples["label before", Answer.WRONG] == [(text, "+15124815793")]
    assert any("label before" in line and line.rstrip().endswith("1") for line in page(found))


def test_a_program_reads_in_a_process_of_its_own() -> None:
    """The program of any checkout can be asked, and its time is that of reading alone."""
    program = Program(Path(__file__).parents[3])
    assert program.read([("0151 24815793", "DE"), ("ask reception", "DE")]) == [
        "+4915124815793",
        "phone-unreadable",
    ]
    assert 0 < program.seconds < 5
    program.close()
