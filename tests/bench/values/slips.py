"""Known slips of the pen, each a kind of its own. Of every text it is known whose number it is.

What stands behind each: field reports, and the habits of telephone exchanges (an outside line's 0 before
the number, a `+` glued to whatever was there) and spreadsheets (a zero or a plus at the front is lost).
"""

import random
from collections.abc import Iterator

from tests.bench.values.spellings import Forms, by_hand

_BEFORE = ("Mobile:", "mob.", "Tel.", "Tel:", "Handy", "Cell:", "m:", "T", "privat:", "Phone", "GSM", "cel.",
           "моб.", "手机", "携帯", "kom.", "HP", "κιν.", "Diensthandy", "Tlm", "Cep")  # fmt: skip
_BEHIND = ("(home)", "(work)", "- Office", "privat", "(mob)", "mobile", "(priv.)", "(24h)", "bis 17 Uhr",
           "Mo-Fr 8-12", "(Bob)", "ask for Jane", "(Sekretariat)", "/ 24h", "(1)", "*")  # fmt: skip
_BETWEEN = (" / ", "/", "; ", ", ", " or ", " ", "  ", " & ", "\n", " - ", "|", " und ", " (", "+", ",")
_BETWEEN_ENDINGS = ("/", " / ", " or ", ", ", " & ", "; ", " u. ", "|")
_EXTENSION = (" x{}", " ext. {}", "x{}", " ext {}", ";ext={}", " #{}", ",{}", " Durchwahl {}", " доб. {}",
              " 内線{}", " 分机{}", " 转{}", " ต่อ {}", " local {}", " dahili {}", " ramal {}", " wew. {}",
              " Kl. {}", " loc. {}", " poste {}")  # fmt: skip

# Kinds where no reader could know. (Of the others, those texts that are a usual spelling of another number.)
UNKNOWABLE = frozenset({"a digit missing", "a digit doubled", "a neighbour's, as written there"})


def slips(form: Forms, other: Forms, foreign: Forms, dice: random.Random) -> Iterator[tuple[str, str, Forms]]:
    """Every slip that a number can have: its kind, the text, and whose number it is.

    other: a second number of the same country. foreign: one of a neighbour, in this country's column.
    """
    yield from ((kind, text, form) for kind, text in _own(form, dice))
    if form.key != other.key:
        for _ in range(4):
            yield "two numbers in one field", _two(form, other, dice), form
    yield from ((kind, text, foreign) for kind, text in _foreign(foreign, dice))


def _own(form: Forms, dice: random.Random) -> Iterator[tuple[str, str]]:
    code, behind, home = form.code, form.behind_code, form.home
    trunk = form.trunk or ""
    apart = dice.choice((" ", "-", "  ", "."))

    yield "outside line", f"0{apart}{home}"
    yield "outside line", f"{dice.choice('09')}{dice.choice((' ', '-', ',', ', '))}{form.home_digits}"
    yield "outside line, bracketed", dice.choice((f"(0){home}", f"(0) {home}", f"0 ({home})"))
    if trunk == "0":
        yield "trunk zero twice", f"0{home}" if home[0] != "(" else f"(0{home[1:]}"
        yield "trunk zero twice", f"0{form.home_digits}"
        yield "trunk zero twice", f"0{by_hand(home, dice)}"
        yield "trunk zero gone", form.national
        yield "trunk zero gone", by_hand(behind, dice)
        yield "trunk zero gone", behind
        yield "bracketed zero", f"(0){behind}"
        yield "bracketed zero", f"+{code} (0) {home}"
        if code != "39":
            yield "plus gone, bracketed zero", f"{code} (0){behind}"
            yield "plus gone, bracketed zero", f"{code}(0){form.national}"
    if trunk:
        yield "trunk prefix behind the code", f"+{code} {home}"
        yield "trunk prefix behind the code", f"+{code}{form.home_digits}"
        yield "trunk prefix behind the code", f"00{code} {home}"
        yield "plus before the trunk prefix", f"+{home}"
    yield "plus gone", f"{code} {behind}"
    yield "plus gone", f"({code}) {behind}"
    yield "plus gone, one run", f"{code}{form.national}"
    yield "plus without code", f"+{behind}"
    yield "plus without code", f"+{form.national}"
    yield "plus without code", f"+{by_hand(behind, dice)}"
    yield "plus without code", f"+({behind.replace(' ', ') ', 1)}" if " " in behind else f"+({behind})"
    yield "code twice", f"+{code} {code} {behind}"
    yield "code twice, one run", f"+{code}{code}{form.national}"
    yield "code twice", f"+{code} +{code} {behind}"
    yield "code twice", f"00{code} {code} {behind}"
    yield "code twice", f"+{code} 00{code} {behind}"
    yield "code twice", f"00{code}00{code}{form.national}"
    yield "zero before the plus", f"0+{code} {behind}"
    yield "00 behind the plus", f"+00{code} {behind}"
    if code == "7":
        yield "8 for +7", f"+8 {behind}"
        yield "8 for +7", f"+8{form.national}"

    yield "label before", f"{dice.choice(_BEFORE)} {dice.choice((form.abroad, home))}"
    yield "label before", f"{dice.choice(_BEFORE)}{dice.choice((form.abroad, home))}"
    yield "note behind", f"{dice.choice((form.abroad, home))} {dice.choice(_BEHIND)}"
    yield "note behind", f"{home}{dice.choice(_BEHIND)}"
    for _ in range(2):
        digits = "".join(dice.choices("123456789", k=dice.randint(2, 5)))
        yield "extension", dice.choice((form.abroad, home)) + dice.choice(_EXTENSION).format(digits)

    text = dice.choice((form.abroad, form.key, home, form.home_digits))
    places = [place for place, character in enumerate(text) if character.isdigit()]
    place = dice.choice(places)
    yield "a digit missing", text[:place] + text[place + 1 :]
    yield "a digit doubled", text[:place] + text[place] + text[place:]


def _two(form: Forms, other: Forms, dice: random.Random) -> str:
    one = dice.choice((form.home, form.abroad, form.home_digits, form.key))
    if dice.random() < 0.2:
        return f"{one}{dice.choice(_BETWEEN_ENDINGS)}{other.national[-dice.choice((2, 4)) :]}"
    seconds = (other.home, other.home, other.abroad, other.home_digits, other.key, other.national)
    return f"{one}{dice.choice(_BETWEEN)}{dice.choice(seconds)}"


def _foreign(foreign: Forms, dice: random.Random) -> Iterator[tuple[str, str]]:
    code, behind = foreign.code, foreign.behind_code
    yield "a neighbour's, with plus", dice.choice((foreign.abroad, foreign.key))
    yield "a neighbour's, with 00", dice.choice((f"00{code} {behind}", f"00{code}{foreign.national}"))
    yield "a neighbour's, (0)", f"{dice.choice(('+', '00'))}{code} (0){behind}"
    yield "a neighbour's, plus gone", f"{code} {behind}"
    yield "a neighbour's, plus gone", f"({code}) {behind}"
    yield "a neighbour's, plus gone", f"{code}-{by_hand(behind, dice)}"
    if foreign.trunk == "0" and code != "39":
        yield "a neighbour's, plus gone", f"{code} (0){behind}"
    if foreign.code == "1":
        yield (
            "a neighbour's, plus gone",
            f"1 ({foreign.national[:3]}) {foreign.national[3:6]}-{foreign.national[6:]}",
        )
    yield "a neighbour's, plus gone, one run", f"{code}{foreign.national}"
    yield "a neighbour's, as written there", foreign.home
