"""The usual ways to write a number: nothing is wrong with any of these texts."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat
from phonenumbers.phonenumberutil import _choose_formatting_pattern_for_number

_WRITE = phonenumbers.format_number


@dataclass(frozen=True, slots=True)
class Forms:
    """A number and the spellings that the others are made of.

    key: `+CC NSN` without the blank. code, national: its two parts. home: as in its own country, with a
    trunk prefix where the plan has one. abroad: with + and country code, grouped. trunk: "0", "8" or "".
    idd: what its own country dials for a foreign number, where that is one prefix and not 00.
    bare_is_usual: in its own country it is commonly written without the trunk prefix.
    """

    region: str
    key: str
    code: str
    national: str
    home: str
    abroad: str
    trunk: str
    idd: str
    bare_is_usual: bool

    @property
    def home_digits(self) -> str:
        """As dialled in its own country."""
        return re.sub(r"\D", "", self.home)

    @property
    def behind_code(self) -> str:
        """The grouped national number as it stands behind the country code."""
        return self.abroad.removeprefix(f"+{self.code}").lstrip(" -")


def forms(number: PhoneNumber, region: str) -> Forms:
    """What the library says of a number's spelling."""
    home = _WRITE(number, PhoneNumberFormat.NATIONAL)
    national = phonenumbers.national_significant_number(number)
    digits = re.sub(r"\D", "", home)
    plan = PhoneMetadata.metadata_for_region(region)
    assert plan is not None
    prefix = plan.national_prefix or ""
    trunk = prefix if prefix and digits == prefix + national else ""
    shapes = PhoneMetadata.metadata_for_region(
        phonenumbers.region_code_for_country_code(number.country_code or 0)
    )
    shape = _choose_formatting_pattern_for_number(shapes.number_format, national) if shapes else None
    optional = shape is not None and (
        shape.national_prefix_optional_when_formatting or not shape.national_prefix_formatting_rule
    )
    idd = plan.international_prefix or ""
    return Forms(
        region,
        _WRITE(number, PhoneNumberFormat.E164),
        str(number.country_code),
        national,
        home,
        _WRITE(number, PhoneNumberFormat.INTERNATIONAL),
        trunk,
        idd if idd.isdigit() and len(idd) > 1 and idd != "00" else "",
        not trunk or bool(optional),
    )


def ordinary(form: Forms, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Every usual spelling of a number, with the name of its kind."""
    behind, code = form.behind_code, form.code
    yield "+CC and digits", form.key
    yield "+CC, grouped", form.abroad
    yield "+CC, blanks that are none", form.abroad.replace(" ", "\u00a0").replace("-", "\u2011")
    yield "+CC, dashes", form.abroad.replace(" ", "-")
    yield "+CC, dots", re.sub("[ -]", ".", form.abroad)
    yield "(+CC)", f"(+{code}) {behind}"
    yield "+CC, grouped by hand", f"+{code} {by_hand(form.behind_code, dice)}"
    yield "00CC and digits", f"00{code}{form.national}"
    yield "00CC, grouped", f"00{code} {behind}"
    yield "00 CC, grouped", f"00 {code} {behind}"
    if form.idd:
        yield "own prefix, CC", f"{form.idd} {code} {behind}"
    if form.trunk == "0" and form.code != "39":
        yield "+CC (0)", f"+{code} (0){behind}"
    yield "national", form.home
    yield "national, digits", form.home_digits
    yield "national, dots", re.sub("[ -]", ".", form.home).replace("(", "").replace(")", "")
    yield "national, dashes", form.home.replace(" ", "-").replace("(", "").replace(")", "")
    yield "national, slash", re.sub("[ -]", "/", re.sub("[()]", "", form.home), count=1)
    yield "national, by hand", by_hand(form.home, dice)
    if form.trunk and form.bare_is_usual:
        yield "national, no trunk", behind
        yield "national, no trunk, digits", form.national


def by_hand(text: str, dice: random.Random) -> str:
    """A grouped text in somebody's own groups: the area code or operator stays, then pairs, threes or fours.

    Where the first group is a mere pair (`90 11 52 78`), the first one too: `901 15 278`.
    """
    digits = re.sub(r"\D", "", text)
    first = re.findall(r"\d+", text)[0]
    pair = len(first) == 2 and len(digits) == 8 and first[0] != "0"
    size = dice.choice((2, 3, 3, 4)) if pair or first == digits else len(first)
    groups, rest = [], digits
    while len(rest) > size + 1:
        groups.append(rest[:size])
        rest = rest[size:]
        size = dice.choice((2, 2, 3, 3, 4))
    return dice.choice("   -.").join([*groups, rest])


def usual_for_another(text: str, region: str, keys: frozenset[str]) -> bool:
    """Whether a text is to the letter a usual spelling of a number that is not meant.

    No reader could know then, however careful: `599 750 4416` is Curaçao's number without its +, and just
    what a Mexican number looks like.
    """
    try:
        number = phonenumbers.parse(re.sub(r"^00(?!0)", "+", text), region)
    except phonenumbers.NumberParseException:
        return False
    key = _WRITE(number, PhoneNumberFormat.E164)
    if key in keys or not phonenumbers.is_valid_number(number):
        return False
    form = forms(number, phonenumbers.region_code_for_number(number) or region)
    code, behind = form.code, form.behind_code
    usual = [
        form.home,
        form.home_digits,
        form.abroad,
        form.key,
        f"00{code} {behind}",
        f"00{code}{form.national}",
    ]
    if form.bare_is_usual:
        usual += [behind, form.national]
    return _plain(text) in map(_plain, usual)


def _plain(text: str) -> str:
    return re.sub(r"[^\d+]+", " ", text).strip()
