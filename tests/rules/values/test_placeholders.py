"""Digits that people type in to fill a field."""

import pytest

from prepop.rules.values.phones.placeholders import digits_fill_a_field


@pytest.mark.parametrize(
    ("digits", "fills"),
    [
        ("0", True), ("00", True), ("11", False), ("111", True), ("112", False), ("5555555", True),
        ("12345", True), ("012345", True), ("1234", False), ("987654321", True), ("15124820701", False),
    ],
)  # fmt: skip
def test_alike_and_in_a_row(digits: str, fills: bool) -> None:
    """Noughts alone, three or more of one digit, and the rows that are typed; nothing shorter."""
    assert digits_fill_a_field(digits) is fills
