"""Masking: no whole number or address leaves through it, and what is no secret stays readable."""

import unicodedata

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.rules.values.masking import COUNTRY_CODE, mask, mask_within
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
        ("tel:+44-7911-123456", "tel:+44-••••-••••56"),
        ("jane.doe@example.org", "j•••@example.org"),
        ("j@example.org", "j•••@example.org"),
        ("7jane@example.org", "•••@example.org"),  # the first of a number is no letter
        ('"jane doe"@example.org', '"j•••@example.org'),
        ("smtp:jane@a1.example.org", "smtp:j•••@a1.example.org"),
        ("347", "•47"),
        ("", ""),
    ],
)
def test_a_value_keeps_what_identifies_it_and_no_more(value: str, shown: str) -> None:
    """Of a phone country code and last two digits stay, of an address first letter and domain."""
    assert mask(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("O7911 123456 (work)", "a9999 999999 (aaaa)"),
        ("Jane <jane99@example.org> 342 0100", "aaaa <aaaa99@aaaaaaa.aaa> 999 9999"),
        ("jane.doe%40gmail.com", "aaaa.aaa%99aaaaa.aaa"),
        ("jane.doe(at)gmail.com", "aaaa.aaa(aa)aaaaa.aaa"),
        ("jane.doe[at]gmail.com", "aaaa.aaa[aa]aaaaa.aaa"),
        ("jane.doe at gmail dot com", "aaaa.aaa aa aaaaa aaa aaa"),
        ("jane.doe＠gmail.com", "aaaa.aaa＠aaaaa.aaa"),
        ("jane.doe#gmail.com", "aaaa.aaa#aaaaa.aaa"),
        ("jane.doe@gmail@com", "aaaa.aaa@aaaaa@aaa"),
        ("x@jane.doe.gmail", "x•••@jane.doe.gmail"),
        ("x@079 1112 3456", "a@999 9999 9999"),
        ("x@07911.123456.uk", "a@99999.999999.aa"),
        ("⁺⁴⁴⁷⁹¹¹¹²³⁴⁵⁶", "⁺999999999999"),
        ("phone ⑦⑨①①①②③④⑤⑥", "aaaaa 9999999999"),
        ("七九一一一二三四五六", "aaaaaaaaaa"),
        ("o seven nine double one", "a aaaaa aaaa aaaaaa aaa"),
        ("Ⓙⓐⓝⓔ 🇬🇧", "???? ??"),
        ("jane\U000e0041\U000e0042", "aaaa??"),
        ("äöé ‮ пётр", "aaa ‮ aaaa"),
        ("a" * 1000 + "@example.org", "a" * 39 + "…"),
    ],
)
def test_what_could_not_be_read_shows_its_shape_only(value: str, shown: str) -> None:
    """There is no spelling of a number or an address that shows through: letters are a, digits 9."""
    assert mask(value) == shown


@settings(deadline=None)  # the machine may be busy
@given(
    number=st.from_regex(r"\A[0-9]{9,12}\Z"),
    zero=st.sampled_from([ord(one) for one in "0٠०０"]),
    around=st.sampled_from(
        ["{}", "call {}", "{} (home)", "0{}!", "{} or {}", "✆{}", "p:{}", "{}\n", "n° {}"]
    ),
)
def test_of_a_number_in_any_spelling_two_digits_stay_at_most(number: str, zero: int, around: str) -> None:
    """Whatever stands around a number, and whatever digits it is written in."""
    shown = mask(around.format("".join(chr(zero + int(digit)) for digit in number), "x"))
    kept = [digit for digit in map(str, map(_decimal, shown)) if digit not in ("", "9")]
    assert len(kept) <= 2


def _decimal(character: str) -> str:
    return str(unicodedata.decimal(character, ""))


def test_digits_that_no_keyboard_has_are_digits() -> None:
    """The list of other digits is Unicode's: what is worth 0 to 9 and is no decimal digit."""
    everything = map(chr, range(0x110000))
    digits = [one for one in everything if unicodedata.digit(one, None) is not None and not one.isdecimal()]
    assert len(digits) > 100
    missed = [one for one in digits if mask_within(f"+{one * 9}") == f"+{one * 9}"]
    assert missed == []


@pytest.mark.parametrize(
    "name",
    ["91.234.50.10", "svc-prepop@corp.example", "jane@example.org", "C:\\state 1234567", "+44 7911 123456"],
)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    """What the engineer typed, and names of servers, accounts and files, are no secret in a sentence."""
    assert mask_within(f"reading {name}: refused", {name}) == f"reading {name}: refused"
    assert name not in mask_within(f"reading {name}: refused")


@pytest.mark.parametrize(
    ("line", "names", "shown"),
    [
        ("+44 7911 123456", {"7911"}, "+44 •••• ••••56"),
        ("jane@corp.example.org", {"jane@corp.example"}, "j•••@corp.example.org"),
        ("mary.jane@corp.example", {"jane@corp.example"}, "m•••@corp.example"),
        ("91.234.50.10.11.12", {"91.234.50.10"}, "••.•••.••.••.••.12"),
        ("a jane@x.org b", {"", "jane@x.org"}, "a jane@x.org b"),
    ],
)
def test_a_name_covers_nothing_but_itself(line: str, names: set[str], shown: str) -> None:
    """A name inside of something longer, or one that needs no cover, shows nothing of anybody else."""
    assert mask_within(line, names) == shown


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
        ("wrote jane.doe(at)gmail.com", "wrote j•••(at)gmail.com"),
        ("wrote jane.doe [at] gmail.com", "wrote j••• [at] gmail.com"),
        ("wrote jane.doe＠gmail.com", "wrote j•••＠gmail.com"),
        ("wrote jane.doe#gmail.com", "wrote j•••#gmail.com"),
        ("see https://example.org/errors#top.html", "see https://example.org/errors#top.html"),
        ("guest jane_x.org#EXT#@example.org", "guest j•••@example.org"),
        ("tel ⁺⁴⁴⁷⁹¹¹¹²³⁴⁵⁶", "tel ⁺••••••••••⁵⁶"),
        ("tel 七九一一一二三四五六", "tel ••••••••五六"),
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
        (["", "x@y.example"], "x@y.example", "x@y.example"),
    ],
)
def test_what_the_engineer_typed(plain: list[str], text: str, shown: str) -> None:
    """Names that were typed are shown as they are, and nobody else's beside them."""
    assert mask_within(text, plain) == shown
