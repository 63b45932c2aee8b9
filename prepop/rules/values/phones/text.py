"""Taking apart what people write into a phone attribute, before any numbering plan is asked.

The phone library looks for a number *in* a text: it skips letters before it, turns letters behind it
into digits (`(work)` becomes 9675) and reads `2065550100;2065550101` as an extension. So it never
sees such a text. Here every character is accounted for: a label, the number, an extension, a note; what
is left over makes the value unreadable, and a second number makes it several.

    "Mobile: +44 (0)7911 123456 (work)"   digits 4407911123456, plus, trunk 2, notes
    "(206) 342-0100 ext. 12"              digits 2063420100, extension 12
    "O7911 123456", "1-800-FLOWERS"       rejected: letters that are no label
    "342 0100 / 0101", "A or B", "+1 … +1 …"   rejected: more than one number
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from prepop.reasons import Reason
from prepop.rules.values.masking import COUNTRY_CODE
from prepop.rules.values.phones.shapes import other_than_phone
from prepop.rules.values.phones.words import EXTENSION, FILLERS, JOINING, LABELS, NOT_A_PHONE

# The phone library's own limit; nothing longer is a number. Keeps hostile text cheap.
LONGEST_TEXT = 250
# From this many digits on a second stretch of digits is a number, not an extension behind a comma.
_FEWEST_DIGITS_OF_A_NUMBER = 6
# Digits of an area code at most, with its trunk zero: what may stand before a slash ("030/1234567").
_LONGEST_AREA_CODE = 6
_LONGEST_AREA_CODE_WITHOUT_TRUNK = 4


@dataclass(frozen=True, slots=True)
class Rejected:
    """A value that is no usable number or address. `detail` never holds the value."""

    reason: Reason
    detail: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PhoneText:
    """What a text says, not yet held against a numbering plan.

    groups: the digits as they were grouped. between: what stands before each group. plus: a + stood before
    them. cuts: how many digits stand before each group but the first: there the text parts them.
    brackets: where brackets open and close, as places among the digits. trunk: the place of a zero that was
    written "(0)"; None where there is none.
    paused: the extension stands behind a mere comma or semicolon, and may be a second, short number.
    """

    groups: tuple[str, ...]
    between: tuple[str, ...]
    plus: bool
    trunk: int | None = None
    extension: str = ""
    notes: tuple[str, ...] = ()
    paused: bool = False
    digits: str = ""
    cuts: frozenset[int] = frozenset()
    brackets: tuple[tuple[int, int], ...] = ()

    def whole(self, start: int, end: int) -> bool:
        """Whether the text does not cut through these digits."""
        return end - start < 2 or not any(start < cut < end for cut in self.cuts)

    def apart(self, end: int) -> bool:
        """Whether the text parts the digits before this place from those behind it."""
        return end in self.cuts

    def bound(self, start: int, end: int) -> bool:
        """Whether a bracket ties digits of this stretch to some behind it: `(479) 612` ties 47 to 9."""
        return end not in self.cuts and any(opens < end < closes for opens, closes in self.brackets)

    def shape(self) -> str:
        """The digits and what stands between them, as written."""
        return "".join(mark + group for mark, group in zip(self.between, self.groups, strict=True)).strip()


def as_text(
    number: str, *, plus: bool, extension: str = "", paused: bool = False, notes: tuple[str, ...] = ()
) -> PhoneText:
    """A text of digits and what stands between them."""
    if number.isdigit():
        return PhoneText((number,), ("",), plus, None, extension, notes, paused, number)
    groups = tuple(_GROUP.findall(number))
    between = tuple(_GROUP.split(number)[: len(groups)])
    cuts: list[int] = []
    count = 0
    for group in groups[:-1]:
        count += len(group)
        cuts.append(count)
    trunk: int | None = None
    brackets: tuple[tuple[int, int], ...] = ()
    if "(" in number or "[" in number:
        brackets = tuple(_brackets(between, cuts, count + len(groups[-1])))
        if (zero := _TRUNK.search(number)) is not None:
            trunk = sum(character.isdigit() for character in number[: zero.start(1)])
    return PhoneText(
        groups, between, plus, trunk, extension, notes, paused, "".join(groups), frozenset(cuts), brackets
    )


def _brackets(between: tuple[str, ...], cuts: list[int], end: int) -> Iterator[tuple[int, int]]:
    """Where brackets open and close. One that stays open ends with the digits."""
    opened = -1
    for mark, place in zip(between, (0, *cuts), strict=True):
        if opened >= 0 and (")" in mark or "]" in mark):
            yield opened, place
            opened = -1
        if "(" in mark or "[" in mark:
            opened = place
    if opened >= 0:
        yield opened, end


_INVISIBLE = {"Cf", "Mn"}  # bidi and zero-width marks, soft hyphen, variation selectors
# But these change what is seen: right-to-left override turns the digits round, overlays cross them out.
_SEEN = frozenset(
    "\u202e\u0334\u0335\u0336\u0337\u0338\u20d2\u20d3\u20d8\u20d9\u20da\u20e5\u20e6\u20ea\u20eb"
)
_LETTERS = r"[^\W\d_]"
# From the radicals on Unicode holds the scripts of East Asia, whose letters no digit is mistyped for.
_NO_LOOK_ALIKES = "\u2e80"
_PREFIX = re.compile(r"(?:tel|callto)\s*:\s*(?:/{2})?", re.IGNORECASE)
_WORD = re.compile(rf"[\s(\[{{<.,:;'\"-]*({_LETTERS}+)(?=([^\w]?))[\s)\]}}>.,:;='\"-]*")
# A backslash before the + is what a call manager's export makes of it.
_BODY = re.compile(r"[\s(\[.'\"]*(\\?\++[\s(\[]*)?(\d[\d\s()\[\]./_'-]*)")
_ITS_DIGITS = re.compile(r"[\d\s()\[\]./_'-]*")
# A bracket behind that many digits opens no area code: "030 901820 (24h)".
_LATE_BRACKET = 7
# And one that holds few digits, at the end, counts something: "384772 (1)".
# Or it is the area code: "384772 (030)".
_FEWEST_BEFORE_A_COUNT = 4
_COUNT = re.compile(r"[(\[]\s*\d{1,5}\s*[)\]]?\W*")
# "447911123456.0": a spreadsheet took it for an amount. "1) 030 901820": counted, not dialled.
_AMOUNT = re.compile(r"\+?\d{5,}(?:\.0+|,00?)")
# "4.47912E+11" (or with the decimal comma of other countries): what a spreadsheet shows of a long number.
_ROUNDED = re.compile(r"[+=]?\d(?:[.,]\d*)?\s*E\s*\+?\s*\d{1,2}", re.IGNORECASE)
ROUNDED = "a spreadsheet rounded it, so that digits are lost: export the column as text"
# "H/P" is a hand phone. "0xx11 ...": in Brazil any carrier's two digits stand for the xx.
_HAND_PHONE = re.compile(r"\bh/p\b", re.IGNORECASE)
_ANY_CARRIER = re.compile(r"\b0\s?xx\s?(?=\d)", re.IGNORECASE)
_PAIRS = re.compile(r"\d\d(?:/\d\d){3,}")
_COUNTED = re.compile(r"[1-9][.)]\s")
_PAUSE = re.compile(r"[\s]*[,;]+\s*(\d{1,5})#?\s*$")
_SECOND = re.compile(r"\s*(?:[;,|&\\\n+/]|-{2,})|\s+[(\[]?\d")
_TRUNK = re.compile(r"[(\[]\s*(0)\s*[)\]]")
_GROUP = re.compile(r"\d+")
_LONGEST_EXTENSION = 9
# "Mobile 2 07911 123456": the 2 belongs to the label. "Mobile 1 206 342 0100" is a North American number, and
# behind a Russian word 8 is the trunk prefix: "т. 8 912 345-67-89".
_NUMBERED = re.compile(r"(?!1\D*[2-9](?:\D*\d){9}\D*$)[1-9](?!\d)")
_RUSSIAN = re.compile(r"[\u0400-\u04ff]")
_RUSSIAN_TRUNK = re.compile(r"8(?:\D*\d){10}\D*")


def read(text: str) -> PhoneText | Rejected:
    """Take a text apart. Rejected as `phone-unreadable`, `phone-several` or `phone-type`."""
    if len(text) > LONGEST_TEXT:
        return Rejected(Reason.PHONE_UNREADABLE, f"longer than {LONGEST_TEXT} characters")
    folded = fold(text)
    if not _GROUP.search(folded):
        return _no_digits(folded)
    rest = folded.strip(" \n.,;:_'\"")
    if said := other_than_phone(rest):
        return Rejected(Reason.PHONE_UNREADABLE, f"{said}, and no phone number")
    notes: list[str] = []
    if "/" in rest:
        rest = _HAND_PHONE.sub("HP", rest, count=1)
    elif "xx" in rest or "XX" in rest:
        rest = _ANY_CARRIER.sub("0", rest, count=1)
    if prefix := _PREFIX.match(rest):
        rest = rest[prefix.end() :]

    if _AMOUNT.fullmatch(rest) or _COUNTED.match(rest):
        return Rejected(Reason.PHONE_UNREADABLE, "digits that may not belong to the number")

    # labels and notes before the number
    marked, known = True, ""
    while word := _WORD.match(rest):
        verdict = _label(word[1], word[2])
        if verdict is not None:
            return verdict
        notes.append(f"left out: {word[1].lower()}")
        marked, known = ":" in word[0] or "=" in word[0], word[1]
        rest = rest[word.end() :]

    if _ROUNDED.fullmatch(rest):
        return Rejected(Reason.PHONE_UNREADABLE, ROUNDED)
    body = _BODY.match(rest)
    if body is None:
        return Rejected(Reason.PHONE_UNREADABLE, "something before the number that is no part of it")
    plus, number = body[1] is not None, body[2]
    opened = body[0].count("(", 0, body.start(2) - body.start()) > 0
    rest = rest[body.end() :]
    russian = _RUSSIAN.match(known) and _RUSSIAN_TRUNK.fullmatch(number)
    if not marked and not plus and not russian and _NUMBERED.match(number):
        return Rejected(Reason.PHONE_UNREADABLE, "a digit that may belong to the label or to the number")
    # an opening bracket at the end belongs to what follows
    bare = number.rstrip(" \n([-./_'")
    rest, number = number[len(bare) :] + rest, bare

    if plus and rest.lstrip(" ([").startswith("+") and _same_country_twice(number, rest):
        notes.append("country code was written twice")
        return _finish(rest.lstrip(" +(["), plus=True, notes=notes)
    return _finish("(" * opened + number + rest, plus=plus, notes=notes)


def _no_digits(text: str) -> Rejected:
    """`n/a`, `-` and `xxx` say that there is no number; other words are just not one."""
    letters = "".join(re.findall(_LETTERS, text)).casefold()
    if text.strip() and (letters in FILLERS or not letters.strip("x")):
        return Rejected(Reason.PHONE_PLACEHOLDER, "no digits")
    return Rejected(Reason.PHONE_UNREADABLE, "no digits")


def fold(text: str) -> str:
    """One plain character for each that means the same: digits of any script, any blank or dash, full width.

    Marks that cannot be seen go. Line breaks of any kind become `\\n`: they part values.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if character in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        return "\n"
    if character == "\t":
        return " "
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Zs":
        return " "
    if category == "Pd" or character in "\u2212\u30fc\u2043":
        return "-"
    if category in _INVISIBLE and character not in _SEEN:
        return ""
    if "\uff01" <= character <= "\uff5e":  # full-width forms of ASCII
        return chr(ord(character) - 0xFEE0)
    return {"’": "'", "⁓": "~", "∼": "~", "•": ".", "·": ".", "‧": ".", "⁄": "/", "∕": "/"}.get(
        character, character
    )


def _label(word: str, follower: str) -> Rejected | None:
    """None where the word is a label that may be left out; `follower` is what parts it from the digits."""
    known = word.casefold()
    if known in NOT_A_PHONE and (len(known) > 1 or follower):
        return Rejected(Reason.PHONE_TYPE, "a fax or pager number")
    # A single letter against a digit is a mistyped digit, not a label: O7911 123456. (Not so 携帯090...)
    if known in LABELS and (len(known) > 2 or follower or known >= _NO_LOOK_ALIKES):
        return None
    return Rejected(Reason.PHONE_UNREADABLE, "letters that are neither number nor label")


def _same_country_twice(first: str, second: str) -> bool:
    """`+44 +44 7911 123456`: all of the first part is the country code with which the second begins."""
    code = "".join(_GROUP.findall(first))
    return len(code) <= 3 and "".join(_GROUP.findall(second)).startswith(code)


def _finish(text: str, *, plus: bool, notes: list[str]) -> PhoneText | Rejected:
    """Read number, extension and notes from a text that begins with the number's digits."""
    body = _ITS_DIGITS.match(text)
    number = body[0] if body else ""
    number = number[: _late_bracket(number)]
    bare = number.rstrip(" \n([-./_'")
    rest = text[len(bare) :]
    if "\n" in bare:
        return Rejected(Reason.PHONE_SEVERAL, "more than one line")
    if _slash_parts_numbers(bare, plus=plus):
        return Rejected(Reason.PHONE_SEVERAL, "two numbers, or two endings of one")

    extension, paused = "", False
    while rest.strip(" \n.,;:_'\"()[]-~"):
        if not extension and (found := EXTENSION.match(rest) or _PAUSE.match(rest)):
            extension, paused = found[1], found.re is _PAUSE
            if len(extension) > _LONGEST_EXTENSION:
                return Rejected(Reason.PHONE_UNREADABLE, "an extension too long to be one")
            rest = rest[found.end() :]
            if rest[:1].isalnum():
                return Rejected(Reason.PHONE_UNREADABLE, "letters or digits against the extension")
        elif word := _WORD.match(rest):
            if word[1].casefold() in JOINING and _GROUP.search(rest):
                return Rejected(Reason.PHONE_SEVERAL, "two numbers, or two endings of one")
            apart = "" if word.start(1) == 0 else " "
            verdict = _label_behind(word[1], apart, rest[word.end() :])
            if verdict is not None:
                return verdict
            notes.append(f"left out: {word[1].lower()}")
            rest = rest[word.end() :]
        else:
            return _left_over(rest)

    return as_text(bare, plus=plus, extension=extension, notes=tuple(notes), paused=paused)


def _late_bracket(number: str) -> int:
    """Where a bracket opens that belongs to what follows; else the length."""
    if "(" not in number and "[" not in number:
        return len(number)
    digits = 0
    for place, character in enumerate(number):
        if character in "([" and (
            digits >= _LATE_BRACKET or (digits >= _FEWEST_BEFORE_A_COUNT and _COUNT.fullmatch(number, place))
        ):
            return place
        digits += character.isdigit()
    return len(number)


def _label_behind(word: str, apart: str, rest: str) -> Rejected | None:
    """A word behind the number: a label, but not one of a second number. `apart`: what parts the two."""
    known = word.casefold() in LABELS | NOT_A_PHONE
    if (
        known
        and len("".join(_GROUP.findall(rest))) >= _FEWEST_DIGITS_OF_A_NUMBER
        and not EXTENSION.match(rest)
    ):
        return Rejected(Reason.PHONE_SEVERAL, "two numbers")
    return _label(word, apart)


def _left_over(rest: str) -> Rejected:
    """What cannot be part of this number: a second one, or something that is none."""
    if _GROUP.search(rest) and _SECOND.match(rest):
        return Rejected(Reason.PHONE_SEVERAL, "two numbers, or two endings of one")
    return Rejected(Reason.PHONE_UNREADABLE, "something behind the number that is no part of it")


def _slash_parts_numbers(number: str, *, plus: bool) -> bool:
    """Whether a slash stands between two numbers or endings, not behind an area code.

    030/1234567 is one number; 342 0100/0101 and 342 0100/342 0101 are not. Gluing the latter together
    can give a valid number of a stranger.
    """
    before, slash, _ = number.rpartition("/")
    if not slash or _PAIRS.fullmatch(number):  # 06/24/81/57/93
        return False
    digits = "".join(_GROUP.findall(_TRUNK.sub("", before)))
    if plus or digits.startswith("00"):
        national = COUNTRY_CODE.sub("", f"+{digits.removeprefix('00')}")
        return len(national) >= _LONGEST_AREA_CODE
    if digits.startswith("0") or before.lstrip().startswith("("):
        return len(digits) > _LONGEST_AREA_CODE
    return len(digits) > _LONGEST_AREA_CODE_WITHOUT_TRUNK
