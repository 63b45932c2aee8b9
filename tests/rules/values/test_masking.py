"""Masking: no whole number or address leaves through it, and what is no secret stays readable."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.rules.values.masking import COUNTRY_CODE, mask, mask_around, mask_within
from tests.rules.values.numbers import any_number, any_text, spellings


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("+44 7911123456", "+44 ••••••••56"),
        ("+44 2079460018x123", "+44 ••••••••••x•23"),
        ("+447911123456", "+44••••••••56"),
        ("+1 2063420100", "+1 ••••••••00"),
        ("+٤٤ ٧٩١١١٢٣٤٥٦", "+٤٤ ••••••••٥٦"),
        ("(206) 342-0100 ext. 12", "(•••) •••-•••• ext. 12"),
        ("O7911 123456 (work)", "O•••• ••••56 (work)"),
        ("jane.doe@example.org", "j•••@example.org"),
        ("j@example.org", "j•••@example.org"),
        ("7jane@example.org", "•••@example.org"),  # the first of a number is no letter
        ('"jane doe"@example.org', '"j•••@example.org'),
        ("smtp:jane@a1.example.org", "smtp:j•••@a1.example.org"),
        ("Jane <jane99@example.org> 342 0100", "Jane <j•••@example.org> ••• ••00"),
        ("347", "•47"),
        ("", ""),
    ],
)
def test_a_value_keeps_what_identifies_it_and_no_more(value: str, shown: str) -> None:
    """Of a phone country code and last two digits stay, of an address first letter and domain."""
    assert mask(value) == shown


@pytest.mark.parametrize(
    "plain",
    [
        "user 3179e48a-750b-4051-897c-87b9720928f7",
        "all digits 31790489-7500-4051-8970-879972092817",
        "2026-11-22 17:01:49,123 INFO",
        "2026-11-22T17:01:49.123456Z and 2026-11-22",
        "whenChanged 20261122170149.0Z",
        "run 20261122-170149-ab12",
        "from 192.168.100.200:443",
        "S-1-5-21-3623811015-3361044348-30300820-1013",
        "anchor q83vEjRWeJC83hI0VnibMA==",
        "trace 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "429 after 12.5 s, 20 of 999 items",
        "Sun, 22 Nov 2026 17:01:49 GMT",
        "CN=Doe\\, Jane,OU=Staff,DC=corp,DC=example",
        "AADSTS7000222: the secret has expired",
    ],
)
def test_what_is_no_secret_stays_readable(plain: str) -> None:
    """Ids, dates, times and addresses of machines are what a log is read for."""
    assert mask_within(plain) == plain


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "upn=jane@example.org mobile=+44 7911 123456 took",
            "upn=j•••@example.org mobile=+44 •••• ••••56 took",
        ),
        ('{"phoneNumber":"+1 2063420100"}', '{"phoneNumber":"+1 ••••••••00"}'),
        ("'jane.doe@example.org'", "'j•••@example.org'"),
        ("filter=mail eq jane%40example.org", "filter=mail eq j•••%40example.org"),
        ("tel %2B447911123456", "tel %2B••••••••••56"),
        ("(020) 7946-0018", "(•••) ••••-••18"),
        ("page 3 2026-11-22T17:00:00Z", "page 3 2026-11-22T17:00:00Z"),
        ("91.234.50.10", "••.•••.••.10"),
    ],
)
def test_a_sentence_loses_its_numbers_and_addresses(line: str, shown: str) -> None:
    """Inside free text every phone-like run and every address is masked, in URLs and JSON too."""
    assert mask_within(line) == shown


@settings(deadline=None)  # the machine may be busy
@given(any_number(), st.integers(0, 7))
def test_no_number_can_be_read_after_masking(number: phonenumbers.PhoneNumber, which: int) -> None:
    """Whatever the spelling, two digits stay besides the country code; in sentences from seven digits on."""
    text = spellings(number)[which]
    shown = [mask(text)]
    if sum(character.isdigit() for character in text) >= 7:
        shown += [mask_within(f"wrote {text} to the method"), mask_within(f"{{'mobile': '{text}'}}")]
    for line in shown:
        assert sum(character.isdigit() for character in COUNTRY_CODE.sub("", line)) == 2, line


@settings(deadline=None)  # the machine may be busy
@given(any_text)
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    """Both functions may run twice over the same text: a filter behind a screen that masked already."""
    assert mask(mask(text)) == mask(text)
    assert mask_within(mask_within(text)) == mask_within(text)


@settings(deadline=None)  # the machine may be busy
@given(
    st.from_regex(r"\A[a-z][a-z0-9._+-]{1,20}\Z"),
    st.sampled_from(["{}", "<{}>", "upn={}", "'{}',", "mailto:{}", "({})"]),
)
def test_no_local_part_can_be_read_after_masking(local: str, around: str) -> None:
    """Of an address nothing before the @ stays but its first letter."""
    text = around.format(f"{local}@example.org")
    for shown in (mask_within(text), mask(text.removeprefix("upn="))):
        assert f"{local[0]}•••@example.org" in shown
        assert f"{local}@" not in shown


def test_country_codes_are_those_of_the_numbering_plans() -> None:
    """The pattern of country codes agrees with the phone library's table of all of them."""
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        found = COUNTRY_CODE.match(f"+{code}5555555")
        assert found is not None
        assert found[0] == f"+{code}"


@pytest.mark.parametrize("piece", ["a", "1", "1 ", "@", "a@", '"', "+", "-", "1-", "S-1-5", ".", "%40"])
def test_hostile_text_is_cheap(piece: str) -> None:
    """Long runs of anything are masked in one pass, not in the square of their length."""
    text = piece * 50_000
    assert len(mask(text)) > 0
    assert len(mask_within(text)) > 0


@pytest.mark.parametrize(
    ("plain", "text", "shown"),
    [
        (["jane@corp.example"], '"jane@corp.example" not found', '"jane@corp.example" not found'),
        ([], '"jane@corp.example" not found', '"j•••@corp.example" not found'),
        (
            ["jane@corp.example"],
            "jane@corp.example, john@corp.example",
            "jane@corp.example, j•••@corp.example",
        ),
        (["+44 7400123456"], '"+44 7400123456" not found', '"+44 ••••••••56" not found'),
        (["a\x1b[2J"], 'no "a\x1b[2J"', 'no "a\\x1b[2J"'),
        (["", "x@y.example"], "x@y.example", "x@y.example"),
    ],
)
def test_what_the_engineer_typed(plain: list[str], text: str, shown: str) -> None:
    """Names that were typed are shown as they are, control characters escaped; a number is no name."""
    assert mask_around(plain, text) == shown
