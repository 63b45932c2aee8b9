"""Valid phone numbers of many countries, each given out once, and the ways in which people write them.

Numbers are the example numbers of the `phonenumbers` library with other last digits, checked against the
numbering plan's own patterns.
"""

import random
import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

from prepop.sandbox.graph.wire import words

# ISO region and English name, as they stand in c and co.
REGIONS = {
    "GB": "United Kingdom",
    "DE": "Germany",
    "US": "United States",
    "FR": "France",
    "IT": "Italy",
    "ES": "Spain",
    "NL": "Netherlands",
    "PL": "Poland",
    "SE": "Sweden",
    "AT": "Austria",
    "CH": "Switzerland",
    "BE": "Belgium",
    "DK": "Denmark",
    "NO": "Norway",
    "FI": "Finland",
    "IE": "Ireland",
    "PT": "Portugal",
    "CZ": "Czechia",
    "RO": "Romania",
    "GR": "Greece",
    "TR": "Turkey",
    "IN": "India",
    "JP": "Japan",
    "AU": "Australia",
    "BR": "Brazil",
    "ZA": "South Africa",
    "CA": "Canada",
    "NZ": "New Zealand",
    "SG": "Singapore",
    "AE": "United Arab Emirates",
    "KE": "Kenya",
    "IL": "Israel",
}
# Where a national number is dialled with a 0 before it.
ZERO_TRUNK = words("GB DE FR NL SE AT CH BE FI IE RO TR IN JP AU ZA NZ AE KE IL")

_DESCS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
}
# What the library looks for before mobile and fixed line; a number that is one of these is neither.
_BEFORE = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")


@dataclass(frozen=True, slots=True)
class Number:
    """A valid number. national: the significant digits, an Italian leading zero among them."""

    region: str
    code: int
    national: str

    @property
    def normal(self) -> str:
        """The documented form (CONTRACT section 6): `+44 7400123456`."""
        return f"+{self.code} {self.national}"

    @property
    def e164(self) -> str:
        """Without the space."""
        return f"+{self.code}{self.national}"

    def groups(self, by: str = " ") -> str:
        """The national digits in groups: `7400 123 456`."""
        digits, parts = self.national, []
        while len(digits) > 4:
            parts.append(digits[-3:])
            digits = digits[:-3]
        return by.join([digits, *reversed(parts)])

    @property
    def trunk(self) -> str:
        """What is dialled before the national digits inside the country."""
        return "0" if self.region in ZERO_TRUNK else ""


@cache
def _plan(region: str) -> tuple[int, dict[str, re.Pattern[str]]]:
    meta = PhoneMetadata.metadata_for_region(region)
    if meta is None or meta.country_code is None:
        raise ValueError(f"no numbering plan of {region} is known")
    patterns: dict[str, re.Pattern[str]] = {}
    for name in (*_BEFORE, "mobile", "fixed_line", "general_desc"):
        desc = getattr(meta, name, None)
        if desc is not None and desc.national_number_pattern and desc.national_number_pattern != "NA":
            patterns[name] = re.compile(desc.national_number_pattern)
    return meta.country_code, patterns


@cache
def _example(region: str, kind: int) -> str:
    number = phonenumbers.example_number_for_type(region, kind)
    return str(phonenumbers.national_significant_number(number)) if number else ""


@cache
def distinct(region: str) -> bool:
    """True where this country's plan tells a fixed line from a mobile."""
    _, patterns = _plan(region)
    mobile, fixed = (_example(region, k) for k in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE))
    return not patterns["fixed_line"].fullmatch(mobile) and not patterns["mobile"].fullmatch(fixed)


def _is(region: str, kind: int, national: str) -> bool:
    _, patterns = _plan(region)
    if not patterns["general_desc"].fullmatch(national):
        return False
    name = _DESCS[kind]
    others = [n for n in (*_BEFORE, "mobile", "fixed_line") if n != name]
    if kind in (PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE):
        others = []
    elif not distinct(region):
        others = list(_BEFORE)
    return name in patterns and all(
        (pattern.fullmatch(national) is not None) == (n == name)
        for n, pattern in patterns.items()
        if n == name or n in others
    )


# Five equal or counting digits, or fiction's 555 01xx: a reader may well take such a number for a filler.
_ODD = re.compile(
    "|".join([r"(\d)\1{4}", r"55501\d\d$", *("0123456789"[n : n + 5] for n in range(6)), "98765"])
)


def _odd(national: str) -> bool:
    return _ODD.search(national) is not None


class Numbers:
    """Gives out valid numbers, none twice."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._given: set[str] = set()

    def mobile(self, region: str) -> Number:
        """A mobile (in the US and Canada: a number that may be one)."""
        return self._next(region, PhoneNumberType.MOBILE)

    def landline(self, region: str) -> Number:
        """A fixed line."""
        return self._next(region, PhoneNumberType.FIXED_LINE)

    def toll_free(self, region: str) -> Number:
        """A number that costs the caller nothing."""
        return self._next(region, PhoneNumberType.TOLL_FREE)

    def _next(self, region: str, kind: int) -> Number:
        code, _ = _plan(region)
        example = _example(region, kind)
        # Bound: where a plan leaves few numbers of this kind, more and more digits are changed.
        for attempt in range(5000):
            changed = min(len(example) - 2, 6 + attempt // 50)
            fresh = "".join(self._dice.choices("0123456789", k=changed))
            national = example[: len(example) - changed] + fresh
            key = f"+{code}{national}"
            if key not in self._given and not _odd(national) and _is(region, kind, national):
                self._given.add(key)
                return Number(region, code, national)
        raise RuntimeError(f"no number of kind {_DESCS[kind]} is left in {region}")


# ---------------------------------------------------------------- spellings

_FULLWIDTH = str.maketrans("0123456789+", "０１２３４５６７８９＋")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")


def spellings(n: Number) -> list[str]:
    """How people write this number; every one of them means it where the region is known."""
    local = n.trunk + n.national
    grouped = n.trunk + n.groups()
    out = [
        n.normal,
        n.e164,
        f"+{n.code} {n.groups()}",
        f"+{n.code}-{n.groups('-')}",
        f"+{n.code}.{n.groups('.')}",
        f"(+{n.code}) {n.groups()}",
        f"00{n.code} {n.groups()}",
        f"00{n.code}{n.national}",
        f"tel:{n.e164}",
        f"  +{n.code}  {n.groups()} ",
        f"+{n.code}\u00a0{n.groups(chr(0xA0))}",
        f"+{n.code}\u202f{n.groups(chr(0x202F))}",
        f"+{n.code}\u2007{n.groups(chr(0x2013))}",
        f"+{n.code} {n.groups(chr(0x2011))}",
        f"\u202a+{n.code} {n.groups()}\u202c",
        f"+{n.code} {n.groups()}".translate(_FULLWIDTH),
        f"+{n.code} {n.national}".translate(_ARABIC),
        f"+{n.code} {n.groups()}".translate(_DEVANAGARI),
        local,
        grouped,
        f"{n.trunk}{n.groups('-')}",
        f"{n.trunk}{n.groups('.')}",
        f"({n.trunk}{n.national[:3]}) {n.national[3:]}",
    ]
    if n.trunk:
        out += [
            f"+{n.code} (0) {n.groups()}",
            f"+{n.code}(0){n.national}",
            f"+{n.code} 00{n.code} {n.national}",
        ]
    return out
