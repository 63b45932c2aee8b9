"""Numbers to test with: only examples of the phone library, whose national digits are varied."""

import re
from functools import lru_cache

import phonenumbers
from hypothesis import strategies as st
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


@lru_cache(maxsize=1)
def examples() -> list[tuple[str, PhoneNumber]]:
    """Every example number of every region, with its region."""
    found = []
    for region in REGIONS:
        for kind in PhoneNumberType.values():
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                found.append((region, number))
    return found


def spellings(number: PhoneNumber) -> list[str]:
    """Eight ways to write a number: five with its country, then three as in its own country."""
    write = phonenumbers.format_number
    international = write(number, PhoneNumberFormat.INTERNATIONAL)
    national = write(number, PhoneNumberFormat.NATIONAL)
    e164 = write(number, PhoneNumberFormat.E164)
    return [
        e164,
        international,
        write(number, PhoneNumberFormat.RFC3966),
        f"00{e164[1:]}",
        international.replace(" ", "\u00a0").replace("-", "\u2011"),
        national,
        re.sub(r"\D", "", national),
        national.replace(" ", ".").replace("-", "."),
    ]


def placeholder(number: PhoneNumber) -> bool:
    """Whether an example is of the kind that people type in to fill a field: 0151 23456789."""
    national = phonenumbers.national_significant_number(number)
    return bool(re.search(r"1234567|7654321|(\d)\1{6}|^\d{3}55501\d\d$", national))


@st.composite
def any_number(draw: st.DrawFn, regions: list[str] = REGIONS) -> PhoneNumber:
    """A valid number of some region, its last digits drawn."""
    region = draw(st.sampled_from(regions))
    kind = draw(st.sampled_from([PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE]))
    example = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    assert example is not None
    national = phonenumbers.national_significant_number(example)
    tail = draw(st.from_regex(r"\A[0-9]{3}\Z"))
    varied = phonenumbers.parse(f"+{example.country_code}{national[:-3]}{tail}")
    return varied if phonenumbers.is_valid_number(varied) else example


_PIECES = """
+44 7911 123456|020 7946 0018|+1 (206) 342-0100|x12| ext. 5|(work)|mob|Mobile:|or|;|,|/|(0)|00|011|0|@|jane|
@example.org|smtp:|<|>|"|'|#EXT#|tel:|;ext=|\u00a0|\u202f|\u200e|٣|７|²|½|•|+|-|.|é|\x00|%40|=|2026-11-22| |
17:01:49|3179e48a-750b-4051-897c-87b9720928f7|S-1-5-21|192.168.100.200|==|Z|T|_|*|#|~
"""
_pieces = st.sampled_from([*re.split(r"\|\n?", _PIECES.strip()), "\n"])
# Any text at all, and texts made of what real values are made of.
any_text = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(exclude_categories=()), max_size=20),  # lone surrogates too
    st.lists(_pieces, max_size=12).map("".join),
    st.text("0123456789+-() x.,;/@•", max_size=40),
)
