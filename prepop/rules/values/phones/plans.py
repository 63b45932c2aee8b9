"""What the numbering plans say of a number's digits: region and kind, trunk prefixes, and the usual spelling.

The plans are those of `phonenumbers`. The library's own `parse` glues the digits of a text together and
guesses what the first of them are; here each question has an answer of its own, and who asks knows which
digits stand together (`readings`). A plan's patterns are compiled once. The order of kinds and regions, and
how a trunk prefix goes, are the library's, and tests hold the two against each other.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import NumberFormat, PhoneNumberDesc

_LONGEST_COUNTRY_CODE = 3
# Groups of a format such as `\1 \2-\3`, and what a group is made of.
_FORMAT_GROUP = re.compile(r"(?:\\\d|\d)+")
_PIECE = re.compile(r"\\\d|\d")
REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)
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
class Spelling:
    """How one kind of number is grouped: each group in parts of `digits`, or digits of its own.

    prefixed: the trunk prefix belongs to it, unless optional.
    """

    leading: re.Pattern[str] | None
    digits: re.Pattern[str]
    groups: tuple[tuple[str | int, ...], ...]
    prefixed: bool
    optional: bool

    def grouped(self, national: str) -> tuple[str, ...] | None:
        """The digits in their groups; None where it is for other numbers."""
        if self.leading is not None and self.leading.match(national) is None:
            return None
        found = self.digits.fullmatch(national)
        if found is None:
            return None
        return tuple(
            "".join(piece if isinstance(piece, str) else found[piece] for piece in group)
            for group in self.groups
        )


@dataclass(frozen=True)
class NumberingPlan:
    """One region's plan. special: kinds that come before fixed lines and mobiles, in the library's order.

    leading: where several regions share a country code, the digits that tell that a number is of this one.
    trunk: the prefix of a number in its own country; "" where there is none. front: what may stand before a
    national number, with whatever else the library takes off or puts there (`behind_front`).
    idd: what is dialled before a foreign number; None for a single digit, which is as likely a trunk prefix.
    usual_length: how many digits fixed numbers usually have.
    """

    code: int
    region: str
    general: _Pattern | None
    special: tuple[tuple[Kind, _Pattern], ...]
    fixed: _Pattern | None
    mobile: _Pattern | None
    alike: bool
    leading: re.Pattern[str] | None
    trunk: str
    front: re.Pattern[str] | None
    behind_front: str
    idd: re.Pattern[str] | None
    local_lengths: frozenset[int]
    usual_length: int

    def kind(self, national: str) -> Kind | None:
        """Mobile, fixed, ...; None where the plan has no such number."""
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

    def without_front(self, digits: str) -> tuple[str, int]:
        """Digits without the trunk prefix (and a carrier's code), and how many were taken off in front.
        Where more than the front changes (`0223 15-123456` in Argentina) only the prefix is counted.

        As the library does it: nothing is taken off a number that is one only with it, nor where what is
        left has no possible length.
        """
        if self.front is None or self.general is None or not (found := self.front.match(digits)):
            return digits, 0
        groups = found.groups()
        if self.behind_front and groups and groups[-1] is not None:
            left = found.expand(self.behind_front) + digits[found.end() :]
        else:
            left = digits[found.end() :]
        if left == digits:
            return digits, 0
        if self.general.digits.fullmatch(digits) and not self.general.digits.fullmatch(left):
            return digits, 0
        if len(left) not in self.general.lengths and len(left) <= self.general.lengths[-1]:
            return digits, 0
        if digits.endswith(left):
            return left, len(digits) - len(left)
        return left, len(self.trunk) if digits.startswith(self.trunk) else 0

    def may_be_local(self, digits: str) -> bool:
        """Whether so many digits may be a local number, whose area code is not written."""
        lengths = self.fixed.lengths if self.fixed else ()
        return len(digits) in self.local_lengths or any(length > len(digits) for length in lengths)

    @property
    def mobiles_are_alike(self) -> bool:
        """Whether all its mobiles have so many digits, and no fixed number more."""
        lengths = self.mobile.lengths if self.mobile is not None else ()
        return len(lengths) == 1 and (self.fixed is None or max(self.fixed.lengths, default=0) <= lengths[0])

    @cached_property
    def spellings(self) -> tuple[Spelling, ...]:
        """How its numbers are usually grouped, at home and behind the country code."""
        # Regions that share a code share the groups, which stand with the first of them.
        first = COUNTRY_CODE_TO_REGION_CODE[self.code][0]
        said = PhoneMetadata.metadata_for_region_or_calling_code(self.code, first)
        if said is None:
            return ()
        shapes = (*said.number_format, *said.intl_number_format)
        return tuple(
            _spelling(shape, self.trunk) for shape in shapes if shape.format and shape.format != "NA"
        )

    @cached_property
    def has_five_and_five(self) -> bool:
        """Whether some of its numbers are usually written as two groups of five digits (India)."""
        return any(shape.digits.pattern == r"(\d{5})(\d{5})" for shape in self.spellings)

    def usual_groups(self, national: str) -> frozenset[tuple[str, ...]]:
        """The ways in which a number is usually grouped: with and without the trunk prefix."""
        found: set[tuple[str, ...]] = set()
        for shape in self.spellings:
            if groups := shape.grouped(national):
                found.add(groups)
                if self.trunk:
                    found.add((self.trunk + groups[0], *groups[1:]))
                    found.add((self.trunk, *groups))
        return frozenset(found)

    def bare_is_usual(self, national: str) -> bool:
        """Whether a number is commonly written at home without the trunk prefix, or has none."""
        if not self.trunk:
            return True
        for shape in self.spellings:
            if shape.grouped(national):
                return not shape.prefixed or shape.optional
        # What nobody groups stands as it is: service numbers, very short ones.
        return len(national) <= self.usual_length


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


def country_code(digits: str) -> int | None:
    """The country code with which digits begin, as behind a +."""
    for length in range(1, min(_LONGEST_COUNTRY_CODE, len(digits)) + 1):
        if (code := int(digits[:length])) in COUNTRY_CODE_TO_REGION_CODE:
            return code if digits[0] != "0" else None
    return None


def plan_of_code(code: int) -> NumberingPlan | None:
    """The plan after which numbers behind a country code are read: that of its first region."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code)
    return _plan(code, regions[0]) if regions else None


@cache
def plan_of_region(region: str) -> NumberingPlan | None:
    """The plan of a region; None where the library knows none."""
    return _plan(phonenumbers.country_code_for_region(region), region) if region in REGIONS else None


@cache
def _plan(code: int, region: str) -> NumberingPlan | None:
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
    prefix = said.national_prefix or ""
    idd = said.international_prefix or ""
    fixed, mobile = _example(said.fixed_line), _example(said.mobile)
    return NumberingPlan(
        code=code,
        region=region,
        general=_pattern(said.general_desc),
        special=tuple((kind, found) for kind, desc in special if (found := _pattern(desc)) is not None),
        fixed=_pattern(said.fixed_line),
        mobile=_pattern(said.mobile),
        alike=bool(said.same_mobile_and_fixed_line_pattern),
        leading=None if said.leading_digits is None else re.compile(said.leading_digits),
        trunk=prefix,
        front=re.compile(said.national_prefix_for_parsing) if said.national_prefix_for_parsing else None,
        behind_front=said.national_prefix_transform_rule or "",
        idd=re.compile(idd) if len(idd) > 1 else None,
        local_lengths=frozenset(said.general_desc.possible_length_local_only if said.general_desc else ()),
        usual_length=len(fixed or mobile),
    )


def _example(desc: PhoneNumberDesc | None) -> str:
    """The library's example, which is of the usual length."""
    return (desc.example_number or "") if desc is not None else ""


def _pattern(desc: PhoneNumberDesc | None) -> _Pattern | None:
    if desc is None or not desc.national_number_pattern:
        return None
    return _Pattern(tuple(desc.possible_length), re.compile(desc.national_number_pattern))


def _spelling(shape: NumberFormat, trunk: str) -> Spelling:
    rule = (shape.national_prefix_formatting_rule or "").replace(r"\1", "")
    leading = shape.leading_digits_pattern
    return Spelling(
        re.compile(leading[-1]) if leading else None,
        re.compile(shape.pattern or ""),
        tuple(
            tuple(int(piece[1:]) if piece[0] == "\\" else piece for piece in _PIECE.findall(group))
            for group in _FORMAT_GROUP.findall(shape.format or "")
        ),
        bool(trunk) and trunk in rule,
        bool(shape.national_prefix_optional_when_formatting),
    )
