"""Digits that people type in to fill a field."""

import re

TYPED_IN = "it looks typed in to fill the field"
_TYPED_IN_A_ROW = frozenset(
    re.findall(
        r"\w+", "12345 123456 1234567 12345678 123456789 1234567890 987654321 9876543210 87654321 7654321"
    )
)
_ROW = re.compile(r"1234567|7654321|(\d)\1{6}")
_FEWEST_ALIKE = 3
# Set aside for films and examples: NANP, ATIS-0300115 (555-0100 to 555-0199).
_NORTH_AMERICA = 1
_NORTH_AMERICAN_EXAMPLE = re.compile(r"\d{3}55501\d\d")


def digits_fill_a_field(digits: str, *, anywhere: bool = False) -> bool:
    """Whether digits are all alike or in a row; `anywhere`: whether some of them are."""
    if anywhere:
        return _ROW.search(digits) is not None
    return _alike(digits) or digits.lstrip("0") in _TYPED_IN_A_ROW


def number_fills_a_field(code: int, national: str) -> bool:
    """Whether a valid number is one of those."""
    if _ROW.search(national) or _alike(national):
        return True
    return code == _NORTH_AMERICA and _NORTH_AMERICAN_EXAMPLE.fullmatch(national) is not None


def _alike(digits: str) -> bool:
    return len(set(digits)) == 1 and (digits[0] == "0" or len(digits) >= _FEWEST_ALIKE)
