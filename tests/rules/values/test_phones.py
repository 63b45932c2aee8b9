"""Phone numbers: what people write, and what becomes of it. Every trap has its line in a table."""

import pytest

from prepop.model import Method
from prepop.reasons import Reason
from prepop.rules.values import phones
from prepop.rules.values.keys import Kind, PhoneNumber, Rejected, comparison_key, phone
from prepop.rules.values.phones.text import ROUNDED


def read(text: str, region: str | None) -> str:
    """`+CC NSN` with `x` and extension, or the reason code."""
    found = phone(text, region)
    if isinstance(found, Rejected):
        return str(found.reason)
    return f"{found.text}x{found.extension}" if found.extension else found.text


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        # trunk zeros go, Italian zeros stay
        ("+44 (0)20 7946 0018", None, "+44 2079460018"),
        ("+49 (0) 151 23450001", None, "+49 15123450001"),
        ("+4407911123456", None, "+44 7911123456"),
        ("+49 0151 23450001", None, "+49 15123450001"),
        ("(0)20 7946 0018", "GB", "+44 2079460018"),
        ("+880 (2) 9556020", None, "+880 29556020"),
        ("0011 44 (0)20 7946 0018", "AU", "+44 2079460018"),
        ("44 (0)20 7946 0018", "GB", "+44 2079460018"),
        ("+39 02 1234568", None, "+39 021234568"),
        ("02 1234568", "IT", "+39 021234568"),
        ("+39 (0)2 1234568", None, "+39 021234568"),
        ("+39 333 1234568", None, "+39 3331234568"),
        # prefixes in the place of +
        ("0044 20 7946 0018", None, "+44 2079460018"),
        ("0044 20 7946 0018", "US", "+44 2079460018"),
        ("0044 (0)20 7946 0018", "DE", "+44 2079460018"),
        ("011 44 20 7946 0018", "US", "+44 2079460018"),
        ("011 44 20 7946 0018", "CA", "+44 2079460018"),
        ("0011 44 20 7946 0018", "AU", "+44 2079460018"),
        ("tel:+44-20-7946-0018", None, "+44 2079460018"),
        ("TEL: 020 7946 0018", "GB", "+44 2079460018"),
        ("callto:+442079460018", None, "+44 2079460018"),
        ("(+44) 20 7946 0018", None, "+44 2079460018"),
        ("+(44) 20 7946 0018", None, "+44 2079460018"),
        ("++44 20 7946 0018", None, "+44 2079460018"),
        # any blank, dash, bracket, digit and mark
        ("+44\u00a020\u202f7946\u20090018", None, "+44 2079460018"),
        ("+44\u201120\u20137946\u22120018", None, "+44 2079460018"),
        ("\u200e+44 20\u200b7946\u00ad0018\u202c", None, "+44 2079460018"),
        ("+٤٤ ٢٠ ٧٩٤٦ ٠٠١٨", None, "+44 2079460018"),
        ("＋４４（２０）７９４６－００１８", None, "+44 2079460018"),
        ("०२० ७९४६ ००१८", "GB", "+44 2079460018"),
        ("020·7946·0018", "GB", "+44 2079460018"),
        ("'+442079460018'", None, "+44 2079460018"),
        ("020 7946 0018;", "GB", "+44 2079460018"),
        ("030/901820", "DE", "+49 30901820"),
        ("+49 (0) 5021 / 901820", None, "+49 5021901820"),
        ("206/342-0100", "US", "+1 2063420100"),
        # labels and notes are left out, never dialled
        ("Mobile: 07911 123456", "GB", "+44 7911123456"),
        ("07911 123456 mob", "GB", "+44 7911123456"),
        ("M 07911 123456", "GB", "+44 7911123456"),
        ("mob07911 123456", "GB", "+44 7911123456"),
        ("Tel. (priv.): +49 30 901820", None, "+49 30901820"),
        ("+1 206 342 0100 (work)", None, "+1 2063420100"),
        ("+44 20 7946 0018 (home)", None, "+44 2079460018"),
        ("+44 20 7946 0018 - Office", None, "+44 2079460018"),
        ("Cell 1 206 342 0100", "US", "+1 2063420100"),
        # extensions stand apart
        ("+1 206 342 0100 x12", None, "+1 2063420100x12"),
        ("206-342-0100 ext. 123", "US", "+1 2063420100x123"),
        ("206-342-0100 Ext:0123", "US", "+1 2063420100x0123"),
        ("206-342-0100 extension 77", "US", "+1 2063420100x77"),
        ("206-342-0100 (ext 77)", "US", "+1 2063420100x77"),
        ("206-342-0100 #123", "US", "+1 2063420100x123"),
        ("206-342-0100,123", "US", "+1 2063420100x123"),
        ("206-342-0100;123", "US", "+1 2063420100x123"),
        ("tel:+1-206-342-0100;ext=123", None, "+1 2063420100x123"),
        ("206-342-0100 (work) x12", "US", "+1 2063420100x12"),
        ("+49 30 901820 Durchwahl 12", None, "+49 30901820x12"),
        # repaired where one number results
        ("+48 0048 501 234 867", None, "+48 501234867"),
        ("+48 48 501 234 867", None, "+48 501234867"),
        ("0048 0048 501 234 867", None, "+48 501234867"),
        ("+44 +44 7911 123456", None, "+44 7911123456"),
        ("+0044 7911 123456", None, "+44 7911123456"),
        ("+52 1 55 4324 5671", None, "+52 5543245671"),
        ("+52 55 4324 5671", None, "+52 5543245671"),
        # country code without +, where the number is valid only so
        ("442079460018", "GB", "+44 2079460018"),
        ("48501234867", "PL", "+48 501234867"),
        ("49 30 901820", "DE", "+49 30901820"),
        # (as dialled there it would be a fixed number of 13 digits without its zero, which nobody has)
        ("4915123430842", "DE", "+49 15123430842"),
        # a number's last group, or its direct line, is no second number
        ("030 901820 21", "DE", "+49 3090182021"),
        ("+49 89 636 48018", None, "+49 8963648018"),
        ("+49 711 8998-12345", None, "+49 711899812345"),
        ("040/123457-78", "DE", "+49 4012345778"),
        ("+43 1 58801 12345", None, "+43 15880112345"),
        # without the trunk zero, where that leaves no doubt
        ("7911 123456", "GB", "+44 7911123456"),
        ("206 342 0100", "US", "+1 2063420100"),
        ("917 123 4568", "PH", "+63 9171234568"),
        ("5312 3458", "MN", "+976 53123458"),
        ("06 03 12 34", "GA", "+241 06031234"),
        ("98765 04321", "IN", "+91 9876504321"),
        ("\u202d07911 123456\u202c", "GB", "+44 7911123456"),  # as telephones copy it
        # the region's own rules
        ("011 15 2345-6089", "AR", "+54 91123456089"),
        ("8 (495) 123-45-68", "RU", "+7 4951234568"),
    ],
)
def test_what_a_person_can_read_is_read(text: str, region: str | None, expected: str) -> None:
    """Each way of writing that leaves no doubt ends in Graph's form."""
    assert read(text, region) == expected


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        # two numbers, or two endings
        ("2063420100;2063420101", "US", "phone-several"),
        ("2063420100,2063420101", "US", "phone-several"),
        ("020 7946 0018 / 0019", "GB", "phone-several"),
        ("020 7946 0018/020 7946 0019", "GB", "phone-several"),
        ("+49 30 123456/57", None, "phone-several"),
        ("342 0100/342 0101", "US", "phone-several"),
        ("020 7946 0018 or 07911 123456", "GB", "phone-several"),
        ("020 7946 0018 oder 19", "GB", "phone-several"),
        ("020 7946 0018 & 0019", "GB", "phone-several"),
        ("020 7946 0018 | 020 7946 0019", "GB", "phone-several"),
        ("+1 206 342 0100 +1 206 342 0101", None, "phone-several"),
        ("+1 (206) 342-0100\n+1 (206) 342-0101", None, "phone-several"),
        ("020 7946 0018\u2028020 7946 0019", "GB", "phone-several"),
        ("06-1234 5670 mob 06-1234 5671", "NL", "phone-several"),
        ("(206) 342-0100 x302/x2303", "US", "phone-several"),
        ("030 123456 030 654321", "DE", "phone-several"),
        ("030 12345 030 54321", "DE", "phone-several"),
        ("020 7946 0018 07911 123456", "GB", "phone-several"),
        ("8167,8984", "TA", "phone-several"),
        ("0161 496 0100 0161 496 0101", "GB", "phone-several"),
        ("2063420100 2063420101", "US", "phone-several"),
        ("206 342 0100\u00a0342 0101", "US", "phone-several"),
        ("+44 161 496 0100\t44 161 496 0101", None, "phone-several"),
        ("030 901820 901821", "DE", "phone-several"),
        ("030 90182  90183", "DE", "phone-several"),
        ("030 901820-901821", "DE", "phone-several"),
        ("+49 16828172 02394", "NO", "phone-several"),
        # two extensions, or two numbers of a small island
        ("20367 20621", "US", "phone-unreadable"),
        ("51392 51234", "PK", "phone-unreadable"),
        # a local number of Vienna, and of Berlin, that is a mobile or another town's with a country code
        ("6641234", "AT", "phone-unreadable"),
        ("3452345", "DE", "phone-unreadable"),
        # grouped as in North America, and valid in both
        ("(718) 342-0100", "GB", "phone-unreadable"),
        ("206-342-0100", "DE", "phone-unreadable"),
        # what is seen is not what is stored: turned round, crossed out
        ("\u202e07911 123456", "GB", "phone-unreadable"),
        ("0\u03367\u03369\u03361\u03361\u0336 123456", "GB", "phone-unreadable"),
        # 113105610 is a number of Ethiopia, where the code of North America seems to stand twice
        ("+11 310 5610", "ET", "phone-unreadable"),
        ("+113105610", "ET", "phone-unreadable"),
        # a trunk zero is no way abroad
        ("02746 3401234", "CV", "phone-invalid"),
        ("01 206 342 0100", "WS", "phone-invalid"),
        # letters that are no label
        ("O7911 123456", "GB", "phone-unreadable"),
        ("0791l 123456", "GB", "phone-unreadable"),
        ("0791112345O", "GB", "phone-unreadable"),
        ("1-800-FLOWERS", "US", "phone-unreadable"),
        ("+1 206 342 0100 (Bob)", None, "phone-unreadable"),
        ("wife 07911 123456", "GB", "phone-unreadable"),
        ("07911 123456 do not call", "GB", "phone-unreadable"),
        ("07911 xxxxxx", "GB", "phone-unreadable"),
        ("Mobile 2 07911 123456", "GB", "phone-unreadable"),
        ("Mobile 2: 07911 123456", "GB", "phone-unreadable"),
        ("07911 123456 mobile 2", "GB", "phone-unreadable"),
        # in Germany, where numbers are of any length, each of these is valid once it is glued together
        ("030 901820 (24h)", "DE", "phone-several"),
        ("030 901820(24)", "DE", "phone-unreadable"),
        ("030 901820 24h", "DE", "phone-unreadable"),
        ("030 901820~24", "DE", "phone-unreadable"),
        ("4930901820.0", "DE", "phone-unreadable"),
        ("+4930901820.0", None, "phone-unreadable"),
        ("2) 030 901820", "DE", "phone-unreadable"),
        ("2. 030 901820", "DE", "phone-unreadable"),
        ("Tel 2 030 901820", "DE", "phone-unreadable"),
        ("4.93090182E+10", "DE", "phone-unreadable"),
        ("0xx11 2345-6789", "BR", "phone-placeholder"),
        ("*31#07911123456", "GB", "phone-unreadable"),
        ("07911 12345²", "GB", "phone-unreadable"),
        ("07911½123456", "GB", "phone-unreadable"),
        ("07911\x00123456", "GB", "phone-unreadable"),
        ("tel:+44-20-7946-0018;isub=12", None, "phone-unreadable"),
        ("sip:+442079460018", None, "phone-unreadable"),
        ("jane@example.org", "GB", "phone-unreadable"),
        ("ask reception", "GB", "phone-unreadable"),
        ("", "GB", "phone-unreadable"),
        ("+1 206 342 0100 x1234567890", None, "phone-unreadable"),
        ("+" * 300, None, "phone-unreadable"),
        # valid as dialled in Germany, and as +49 421 1234301
        ("494211234301", "DE", "phone-unreadable"),
        # no country
        ("07911 123456", None, "phone-no-country"),
        ("07911 123456", "UK", "phone-no-country"),
        ("442079460018", None, "phone-no-country"),
        ("011 44 20 7946 0018", None, "phone-no-country"),
        # no such number
        ("+44 7700 900123", None, "phone-invalid"),
        ("+999 246 81357", None, "phone-invalid"),
        ("0011 999 246 81357", "AU", "phone-invalid"),
        ("+07911 123456", "GB", "phone-invalid"),
        ("442079460018", "FR", "phone-invalid"),
        ("123", "GB", "phone-invalid"),
        ("+1 0044 7911 123456", None, "phone-invalid"),
        ("+44 20 7946", None, "phone-invalid"),
        ("20655501002065550101", "US", "phone-invalid"),
        # of no country, or no phone
        ("+800 1234 5678", None, "phone-type"),
        ("+883 510000000094", None, "phone-type"),
        ("+870 301234567", None, "phone-type"),
        ("+888 1234567", None, "phone-placeholder"),
        ("+881 612 345 678", None, "phone-type"),
        ("fax 020 7946 0018", "GB", "phone-type"),
        ("020 7946 0018 (Fax)", "GB", "phone-type"),
        # typed in to fill the field
        ("n/a", "GB", "phone-placeholder"),
        ("TBC", None, "phone-placeholder"),
        ("-", None, "phone-placeholder"),
        ("xxx-xxxx", "US", "phone-placeholder"),
        ("+44 0000000000", None, "phone-placeholder"),
        ("0000000000", None, "phone-placeholder"),
        ("0", "GB", "phone-placeholder"),
        ("1111111", "US", "phone-placeholder"),
        ("+44 7777 777777", None, "phone-placeholder"),
        ("+49 151 00000000", None, "phone-placeholder"),
        ("+1 555 555 5555", None, "phone-placeholder"),
        ("123456789", None, "phone-placeholder"),
        ("01234567890", "GB", "phone-placeholder"),
        ("+49 30 12345678", None, "phone-placeholder"),
        ("+1 206 555 0123", None, "phone-placeholder"),
        ("(206) 555-0199", "US", "phone-placeholder"),
        # One zero of 0049 is gone; but 0491 is Leer, and 046 is Lund.
        ("049 151 24815793", "DE", "phone-unreadable"),
        ("04915124815793", "DE", "phone-unreadable"),
        ("0(49)1576 8283280", "DE", "phone-unreadable"),
        ("(0) 62 812-506-029", "ID", "phone-unreadable"),
        # Italian mobiles as they were dialled until 2001.
        ("0331 904 6812", "IT", "phone-unreadable"),
        ("03319046812", "IT", "phone-unreadable"),
        ("+39 0331 904 6812", None, "phone-unreadable"),
        # The area code in brackets behind the number.
        ("444869 (030)", "DE", "phone-several"),
        ("473 702 (519)", "PL", "phone-several"),
        ("2597 (719)", "BN", "phone-several"),
        # As dialled in Australia; and what a spreadsheet writes where the decimal mark is a comma.
        ("0011 32 12 02 57 33", "BE", "phone-unreadable"),
        ("0011361 230 5600", "HU", "phone-unreadable"),
        ("06042973,00", "GA", "phone-unreadable"),
        ("6042973,00", "GA", "phone-unreadable"),
        ("2063420100,0", "US", "phone-unreadable"),
        ("73220.0", "TK", "phone-unreadable"),
    ],
)
def test_what_leaves_a_doubt_is_rejected(text: str, region: str | None, reason: str) -> None:
    """A text that is not plainly one number never becomes one, and says why."""
    assert read(text, region) == reason


@pytest.mark.parametrize(
    ("text", "kind", "region"),
    [
        ("+44 7911 123456", Kind.MOBILE, "GG"),
        ("+44 7400 123456", Kind.MOBILE, "GB"),
        ("+44 20 7946 0018", Kind.FIXED, "GB"),
        ("+1 206 342 0100", Kind.FIXED_OR_MOBILE, "US"),
        ("+1 876 342 0100", Kind.MOBILE, "JM"),
        ("+1 800 342 0100", Kind.TOLL_FREE, "US"),
        ("+44 909 879 0018", Kind.PREMIUM, "GB"),
        ("+44 70 3123 4560", Kind.PERSONAL, "GB"),
        ("+44 56 1243 5670", Kind.VOIP, "GB"),
        ("+49 180 1 2345", Kind.SHARED_COST, "DE"),
        ("+44 55 1243 5670", Kind.COMPANY, "GB"),
    ],
)
def test_kind_and_region_are_told(text: str, kind: Kind, region: str) -> None:
    """What the numbering plan says of a number comes with it, for the rules of each method."""
    number = phone(text, None)
    assert isinstance(number, PhoneNumber)
    assert (number.kind, number.region) == (kind, region)


@pytest.mark.parametrize(
    ("text", "region", "note"),
    [
        ("+48 0048 501 234 867", None, "second country code left out"),
        ("+44 +44 7911 123456", None, "country code was written twice"),
        ("+52 1 55 4324 5671", None, "1 of old Mexican mobile numbers left out"),
        ("+0044 7911 123456", None, "00 behind the + left out"),
        ("442079460018", "GB", "+ added: it begins with the country code of GB"),
        ("+1 206 342 0100 (work)", None, "left out: work"),
    ],
)
def test_a_repair_is_told(text: str, region: str | None, note: str) -> None:
    """What was repaired or left out stands in the notes, so that `explain` can say so."""
    number = phone(text, region)
    assert isinstance(number, PhoneNumber)
    assert note in number.notes


def test_an_assumed_country_is_told() -> None:
    """A number says whether it named its country itself, or was read as one of the given region."""
    for text, assumed in [("020 7946 0018", True), ("+44 20 7946 0018", False), ("442079460018", True),
                          ("0044 20 7946 0018", False)]:  # fmt: skip
        number = phone(text, "GB")
        assert isinstance(number, PhoneNumber)
        assert number.assumed is assumed, text


def test_a_detail_never_holds_the_value() -> None:
    """Reasons go to screens and logs; their details have no digits of the number beyond its country code."""
    for text in [
        "+44 7700 900123",
        "07911 123456",
        "020 7946 0018 / 0019",
        "O7911 123456",
        "+883 510000000094",
    ]:
        found = phone(text, None)
        assert isinstance(found, Rejected)
        assert not any(run in found.detail for run in ("7700", "900123", "7911", "123456", "7946", "51000"))
        assert found.detail


@pytest.mark.parametrize(
    "text",
    ["4.47912E+11", "4,47912E+11", "4.479E+11", "4.47912e11", "4E+11", "+4.47912E+11", "Mobile: 4.47912E+11"],
)
@pytest.mark.parametrize("region", [None, "GB", "DE"])
def test_what_a_spreadsheet_rounded_is_no_number(text: str, region: str | None) -> None:
    """A number that Excel shows as 4.47912E+11 has lost digits: unreadable, and the detail says why."""
    found = phone(text, region)
    assert isinstance(found, Rejected)
    assert (found.reason, found.detail) == (Reason.PHONE_UNREADABLE, ROUNDED)


def test_an_overlong_text_is_rejected_unread() -> None:
    """Ten thousand characters are not looked at: they are no number."""
    found = phone("+44 7911 123456" + " " * 10_000, None)
    assert found == Rejected(Reason.PHONE_UNREADABLE, "longer than 250 characters")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+44 7911123456", "+447911123456"),
        ("+44 7911123456", "+44 07911 123456"),
        ("+44 7911123456", "0044 7911 123456"),
        ("+1 2063420100x12", "+1 (206) 342-0100 ext. 12"),
        ("+1 2065550100", "+12065550100"),  # a placeholder, but somebody may have registered it
        ("+800 12345678", "+80012345678"),
        ("+999 123", "+999123"),
    ],
)
def test_spacing_and_spelling_are_no_difference(one: str, other: str) -> None:
    """Present and wanted values are compared in normal form, readable or not."""
    assert comparison_key(Method.MOBILE, one) == comparison_key(Method.MOBILE, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+44 7911123456", "+44 7911123457"),
        ("+1 2063420100", "+1 2063420100x12"),
        ("+1 2063420100x1", "+1 2063420100x12"),
        ("+44 7911123456", "7911123456"),
        ("abc", "abd"),
        ("", "+44 7911123456"),
    ],
)
def test_what_differs_has_different_keys(one: str, other: str) -> None:
    """Two values that would ring elsewhere never compare as equal."""
    assert comparison_key(Method.OFFICE, one) != comparison_key(Method.OFFICE, other)


def test_a_full_memory_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are remembered up to a bound; beyond it they are worked out anew, to the same answer."""
    monkeypatch.setattr(phones, "_remembered", {})
    monkeypatch.setattr(phones, "_MEMO", 1)
    first, second = phone("07911 123456", "GB"), phone("07400 123456", "GB")
    assert phone("07911 123456", "GB") is first
    assert phone("07400 123456", "GB") == second
    assert len(phones._remembered) == 1


@pytest.mark.parametrize(
    "piece", ["1 ", "1/", "0", "(0)", "+1 ", "mob ", "x1 ", ",1", "1;", "work (", "0 0", "\u00a01"]
)
def test_hostile_text_is_cheap(piece: str) -> None:
    """No text of the greatest length makes the patterns try for long: hundreds take no time."""
    for length in range(1, 250 // len(piece)):
        assert isinstance(phone(piece * length + "07911 123456", "GB"), Rejected | PhoneNumber)


@pytest.mark.parametrize(
    ("behind", "expected"),
    [("fax 151234", "phone-several"), ("fax 15123", "phone-type"), ("Mobil 151234", "phone-several")],
)
def test_six_digits_behind_a_label_are_a_number(behind: str, expected: str) -> None:
    """Five may be an extension of the same line; six are another line's, and two numbers are left alone."""
    assert read(f"+49 30 901820 {behind}", None) == expected
