"""What the numbering plans say of a number's digits: which region they belong to, and of which kind they are.

The plans are those of `phonenumbers`. Its own `number_type` and `region_code_for_number` hold a number
against each plan up to three times and look every pattern up again; here a plan's patterns are compiled
once, and one pass tells both. The order of kinds and regions is the library's, and a test holds the two
against each other.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

_LONGEST_COUNTRY_CODE = 3
# Keeps the patterns of all plans that were asked: the interpreter's own cache is too small for the regions
# of a large company, and compiles them over and over.
phonenumbers.enable_pattern_cache()


class Kind(StrEnum):
    """What a numbering plan says of a number."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed or mobile"  # North America: the plan does not tell them apart
    TOLL_FREE = "toll-free"
    PREMIUM = "premium-rate"
    SHARED_COST = "shared-cost"
    VOIP = "internet telephony"
    PERSONAL = "personal"
    PAGER = "pager"
    COMPANY = "company-wide"  # UAN: universal access number
    VOICEMAIL = "voicemail"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Digits of one kind. lengths: which they may have; empty for any."""

    lengths: tuple[int, ...]
    digits: re.Pattern[str]

    def fits(self, national: str) -> bool:
        return (not self.lengths or len(national) in self.lengths) and self.digits.fullmatch(
            national
        ) is not None


@dataclass(frozen=True, slots=True)
class _Plan:
    """One region's plan. special: kinds that come before fixed lines and mobiles, in the library's order.

    leading: where several regions share a country code, the digits that tell that a number is of this one.
    trunk: what may stand before a national number, with whatever else the library takes off there.
    """

    general: _Pattern | None
    special: tuple[tuple[Kind, _Pattern], ...]
    fixed: _Pattern | None
    mobile: _Pattern | None
    alike: bool
    leading: re.Pattern[str] | None
    trunk: re.Pattern[str] | None

    def kind(self, national: str) -> Kind | None:
        if self.general is None or not self.general.fits(national):
            return None
        for kind, pattern in self.special:
            if pattern.fits(national):
                return kind
        if self.fixed is not None and self.fixed.fits(national):
            both = self.alike or (self.mobile is not None and self.mobile.fits(national))
            return Kind.FIXED_OR_MOBILE if both else Kind.FIXED
        if not self.alike and self.mobile is not None and self.mobile.fits(national):
            return Kind.MOBILE
        return None


def place(code: int, national: str) -> tuple[str, Kind] | None:
    """Region and kind of a number; None where no such number can exist. Region "001" is no country."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    for region in regions:
        plan = _plan(code, region)
        if plan is None:
            continue
        here = len(regions) == 1 or (plan.leading is not None and plan.leading.match(national) is not None)
        if here or plan.leading is None:
            kind = plan.kind(national)
            if kind is not None:
                return region, kind
            if here:
                return None
    return None


def split(digits: str) -> tuple[int, str] | None:
    """Country code and national number of the digits behind a +.

    None where there is no such code, or where the national number may begin with a trunk prefix: what
    becomes of that is for the library.
    """
    for length in range(1, _LONGEST_COUNTRY_CODE + 1):
        code, national = digits[:length], digits[length:]
        if code and (regions := COUNTRY_CODE_TO_REGION_CODE.get(int(code))):
            plan = _plan(int(code), regions[0])
            if plan is None or (plan.trunk is not None and plan.trunk.match(national)):
                return None
            return int(code), national
    return None


@cache
def _plan(code: int, region: str) -> _Plan | None:
    said = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if said is None:
        return None
    special = (
        (Kind.PREMIUM, said.premium_rate),
        (Kind.TOLL_FREE, said.toll_free),
        (Kind.SHARED_COST, said.shared_cost),
        (Kind.VOIP, said.voip),
        (Kind.PERSONAL, said.personal_number),
        (Kind.PAGER, said.pager),
        (Kind.COMPANY, said.uan),
        (Kind.VOICEMAIL, said.voicemail),
    )
    return _Plan(
        _pattern(said.general_desc),
        tuple((kind, found) for kind, desc in special if (found := _pattern(desc)) is not None),
        _pattern(said.fixed_line),
        _pattern(said.mobile),
        bool(said.same_mobile_and_fixed_line_pattern),
        None if said.leading_digits is None else re.compile(said.leading_digits),
        re.compile(said.national_prefix_for_parsing) if said.national_prefix_for_parsing else None,
    )


def _pattern(desc: PhoneNumberDesc | None) -> _Pattern | None:
    if desc is None or not desc.national_number_pattern:
        return None
    return _Pattern(tuple(desc.possible_length), re.compile(desc.national_number_pattern))
