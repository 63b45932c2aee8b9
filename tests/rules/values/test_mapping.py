"""Mapping: what is wanted for a person, and why not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.model import Account, Candidate, Method, Person, Unusable, Usable, Wanted
from prepop.options import Extension, MappingRules, MethodRule, Region, Several, Trust
from prepop.reasons import Reason
from prepop.rules.decisions.mapping import region_of, wanted
from prepop.rules.decisions.sharing import holdings, shared, value_key
from tests.rules.values.numbers import any_text

GB = Region(default="GB")
MOBILE = MethodRule(Method.MOBILE, ("mobile", "otherMobile"))
OFFICE = MethodRule(Method.OFFICE, ("telephoneNumber",))
EMAIL = MethodRule(Method.EMAIL, ("extensionAttribute1",))


def somebody(dn: str = "CN=Jane,OU=Staff,DC=corp,DC=example", /, **values: Sequence[str]) -> Person:
    """A person with these attributes."""
    return Person(
        "corp", dn, "anchor", "guid", values={name.lower(): tuple(held) for name, held in values.items()}
    )


def made(
    person: Person,
    *rules: MethodRule,
    region: Region = GB,
    trust: Trust = Trust(),  # noqa: B008 - frozen
    account: Account | None = None,
    domains: frozenset[str] = frozenset(),
) -> Wanted:
    """The answer of the first rule."""
    return wanted(person, account, MappingRules(region, rules), trust, domains)[0]


def told(candidate: Candidate) -> str:
    """A value, or a reason code."""
    return candidate.value if isinstance(candidate, Usable) else str(candidate.reason)


# ---------------------------------------------------------------- choosing


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"mobile": ["07911 123456"]}, "+44 7911123456"),
        ({"MOBILE": ["07911 123456"]}, "+44 7911123456"),
        ({"mobile": ["07911 123456"], "otherMobile": ["07400 123456"]}, "+44 7911123456"),
        ({"mobile": ["ask me"], "otherMobile": ["07400 123456"]}, "+44 7400123456"),
        ({"mobile": ["020 7946 0018"], "otherMobile": ["07400 123456"]}, "+44 7400123456"),
        ({"otherMobile": ["+44 7400 123456", "07400123456"]}, "+44 7400123456"),
        ({"otherMobile": ["ask me", "07400123456"]}, "+44 7400123456"),
        ({"otherMobile": ["07400123456", "07911123456"]}, "value-several"),
        ({"mobile": ["07400123456", "07911123456"], "otherMobile": ["07400123456"]}, "value-several"),
        ({"mobile": ["020 7946 0018"], "otherMobile": ["ask me"]}, "phone-not-mobile"),
        ({"otherMobile": ["ask me"]}, "phone-unreadable"),
        ({"mobile": [" "], "otherMobile": [""]}, "no-value"),
        ({}, "no-value"),
    ],
)
def test_the_first_attribute_with_a_usable_value_wins(values: Mapping[str, list[str]], expected: str) -> None:
    """Later attributes help out; two different values in one leave a doubt; the first failure is told."""
    assert told(made(somebody(somebody().dn, **values), MOBILE).result) == expected


def test_several_values_are_taken_in_sorted_order_where_the_mapping_says_so() -> None:
    """LDAP keeps values in no order, so "first" is the first of the normal forms."""
    rule = replace(MOBILE, several=Several.FIRST)
    for held in (["07911 123456", "+44 7400 123456"], ["+44 7400 123456", "07911 123456"]):
        assert told(made(somebody(mobile=held), rule).result) == "+44 7400123456"
    spelt = ["+44 (0)7911 123456", "+44 7400 123456"]  # the raw texts sort the other way round
    assert told(made(somebody(mobile=spelt), rule).result) == "+44 7400123456"


def test_everything_that_was_looked_at_is_named() -> None:
    """`explain` shows each value of each attribute with what became of it."""
    answer = made(somebody(mobile=["07911 123456"], otherMobile=["ask me", "07400 123456"]), MOBILE)
    assert [(c.attribute, c.raw, told(c)) for c in answer.candidates] == [
        ("mobile", "07911 123456", "+44 7911123456"),
        ("otherMobile", "07400 123456", "+44 7400123456"),
        ("otherMobile", "ask me", "phone-unreadable"),
    ]


def test_answers_come_in_the_order_of_methods() -> None:
    """One answer a rule, mobile before alternate mobile before office before email, as they are written."""
    alternate = MethodRule(Method.ALTERNATE_MOBILE, ("otherMobile",))
    answers = wanted(
        somebody(), None, MappingRules(GB, (EMAIL, OFFICE, alternate, MOBILE)), Trust(), frozenset()
    )
    assert [answer.method for answer in answers] == list(Method)


def test_notes_say_what_was_assumed() -> None:
    """A country that was not in the number, and where it came from, stands in the notes."""
    person = somebody(mobile=["07911 123456"], co=["United Kingdom"])
    result = made(person, MOBILE, region=Region(("co",))).result
    assert isinstance(result, Usable)
    assert result.notes == ("country GB from co",)
    assert result.region == "GG"
    result = made(somebody(mobile=["+44 7911 123456"], co=["DE"]), MOBILE, region=Region(("co",))).result
    assert isinstance(result, Usable)
    assert result.notes == ()


# ---------------------------------------------------------------- what a method may have


@pytest.mark.parametrize(
    ("number", "mobile", "office"),
    [
        ("+44 7911 123456", "+44 7911123456", "+44 7911123456"),
        ("+44 20 7946 0018", "phone-not-mobile", "+44 2079460018"),
        ("+1 206 342 0100", "+1 2063420100", "+1 2063420100"),  # the plan cannot tell: allowed
        ("+44 56 1243 5670", "phone-not-mobile", "+44 5612435670"),
        ("+1 800 342 0100", "phone-tollfree", "phone-tollfree"),
        ("+44 909 879 0018", "phone-premium", "phone-premium"),
        ("+44 70 3123 4560", "phone-type", "phone-type"),
        ("+44 55 1243 5670", "phone-type", "phone-type"),
        ("+800 1234 5678", "phone-type", "phone-type"),
        ("+1 206 342 0100 x12", "phone-extension", "phone-extension"),
    ],
)
def test_kinds_of_numbers_by_method(number: str, mobile: str, office: str) -> None:
    """A mobile method takes what can receive a message, the office method what can be called."""
    person = somebody(mobile=[number], telephoneNumber=[number])
    assert told(made(person, MOBILE).result) == mobile
    assert told(made(person, OFFICE).result) == office


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        (Extension.LEAVE_ALONE, "phone-extension"),
        (Extension.KEEP, "+1 2063420100x12"),
        (Extension.DROP, "+1 2063420100"),
    ],
)
def test_extensions_of_the_office_method(extension: Extension, expected: str) -> None:
    """The mapping decides; a mobile method never takes one."""
    person = somebody(telephoneNumber=["+1 206 342 0100 ext. 12"], mobile=["+1 206 342 0100 ext. 12"])
    assert told(made(person, replace(OFFICE, extension=extension)).result) == expected
    assert told(made(person, replace(MOBILE, extension=extension)).result) == "phone-extension"


@pytest.mark.parametrize(
    ("number", "countries", "expected"),
    [
        ("+44 7400 123456", ("GB",), "+44 7400123456"),
        ("+44 7400 123456", (), "+44 7400123456"),
        ("+44 7400 123456", ("DE", "FR"), "phone-country-not-allowed"),
        ("+1 876 342 0100", ("US",), "phone-country-not-allowed"),  # Jamaica shares +1
        ("+44 7911 123456", ("GB",), "phone-country-not-allowed"),  # Guernsey shares +44
    ],
)
def test_only_allowed_countries(number: str, countries: tuple[str, ...], expected: str) -> None:
    """The list is of regions, not of calling codes."""
    assert told(made(somebody(mobile=[number]), MOBILE, trust=Trust(countries=countries)).result) == expected


def test_a_refused_number_names_its_region() -> None:
    """A number that exists and may not be used says where it lies, so that reports can count by country."""
    for number, region in [("+1 876 342 0100", "JM"), ("+44 20 7946 0018", "GB")]:
        result = made(somebody(mobile=[number]), MOBILE, trust=Trust(countries=("US",))).result
        assert isinstance(result, Unusable)
        assert result.region == region


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("jane@example.org", "jane@example.org"),
        ("Jane@Example.org", "Jane@example.org"),
        ("jane.doe@example.net", "email-own-address"),
        ("JANE.DOE@EXAMPLE.NET", "email-own-address"),
        ("jd@example.net", "email-own-address"),
        ("jd+reset@example.net", "email-own-address"),  # the same mailbox
        ("jd+reset@example.org", "jd+reset@example.org"),
        ("jane@example.com", "email-own-address"),
        ("somebody@contoso.com", "email-tenant-domain"),
        ("somebody@Contoso.COM", "email-tenant-domain"),
        ("somebody@alumni.contoso.com", "somebody@alumni.contoso.com"),
        ("somebody@xn--bcher-kva.com", "email-tenant-domain"),
        ("somebody@bücher.com", "email-tenant-domain"),
        ("nobody", "email-invalid"),
    ],
)
def test_an_address_must_lie_outside(address: str, expected: str) -> None:
    """Neither an own address of person or account, nor a domain of the tenant, helps somebody locked out."""
    person = replace(
        somebody(extensionAttribute1=[address]), own_addresses=("Jane.Doe@example.net",), upn="jd@example.net"
    )
    account = Account("id", "jane@example.com")
    trust = Trust(extra_domains=("Bücher.com",))
    answer = made(person, EMAIL, trust=trust, account=account, domains=frozenset({"contoso.com"}))
    assert told(answer.result) == expected


# ---------------------------------------------------------------- a person's country

TABLE = Region(
    ("c", "co"),
    (
        ("OU=Staff,DC=corp,DC=example", "US"),
        ("ou=Berlin, OU=staff,dc=corp,dc=example", "DE"),
        (r"OU=a\,b,DC=x", "FR"),
    ),
    "GB",
)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (somebody(c=["fr"]), ("FR", "c")),
        (somebody(c=["EMEA"], co=["France"]), ("FR", "co")),
        (somebody(c=["US", "FR"], co=["France"]), ("FR", "co")),
        (somebody("CN=J,OU=Staff,DC=corp,DC=example"), ("US", "ou OU=Staff,DC=corp,DC=example")),
        (
            somebody("CN=J,OU=IT,OU=Berlin,OU=Staff,DC=corp,DC=example"),
            ("DE", "ou ou=Berlin, OU=staff,dc=corp,dc=example"),
        ),
        (somebody(r"CN=Doe\, J,OU=a\2cb,DC=x"), ("FR", r"ou OU=a\,b,DC=x")),
        (somebody("CN=J,OU=NotStaff,DC=corp,DC=example"), ("GB", "region.default")),
        (somebody("OU=Staff,DC=corp,DC=example"), ("GB", "region.default")),
    ],
)
def test_a_persons_country_is_looked_up_in_order(person: Person, expected: tuple[str, str]) -> None:
    """Own country, then the longest OU, then the default; and it is told which."""
    assert region_of(person, TABLE) == expected


@pytest.mark.parametrize(
    ("person", "text"),
    [
        (somebody(co=["Narnia"], mobile=["07911 123456"]), 'co says "Narnia"'),
        (somebody(c=["US", "FR"], mobile=["07911 123456"]), 'c says "FR", "US"'),
        (somebody(c=["EMEA"], co=["Mars"], mobile=["07911 123456"]), 'c says "EMEA"'),
        (somebody(co=["x" * 99], mobile=["07911 123456"]), f'co says "{"x" * 60}"'),
    ],
)
def test_a_stated_country_that_is_not_understood_is_not_the_default(person: Person, text: str) -> None:
    """It is `phone-no-country` with the text, never the country of the OU or the default."""
    region, why = region_of(person, TABLE)
    assert region is None
    assert why.startswith(text)
    result = made(person, MOBILE, region=TABLE).result
    assert told(result) == "phone-no-country"
    assert isinstance(result, Unusable)
    assert result.detail.startswith(text)
    abroad = replace(person, values={**person.values, "mobile": ("+44 7911 123456",)})
    assert told(made(abroad, MOBILE, region=TABLE).result) == "+44 7911123456"


def test_no_country_set_is_no_country_stated() -> None:
    """`countryCode` 0 is Active Directory's own default, and leaves the word to OU and default."""
    assert region_of(somebody(countryCode=["0"]), Region(("countryCode",), (), "GB")) == (
        "GB",
        "region.default",
    )
    assert region_of(somebody(countryCode=["40"]), Region(("countryCode",), (), "GB")) == (
        "AT",
        "countryCode",
    )


def test_a_dialling_code_is_no_countrys_number() -> None:
    """Only `countryCode` has lost its zeros: elsewhere 40 is Romania's code and not Austria's number."""
    region = Region(("co",), (), "DE")
    for text in ("40", "44", "8", " 36 "):
        found, why = region_of(somebody(co=[text]), region)
        assert found is None
        assert why.startswith("co says")
    assert region_of(somebody(co=["040"]), region) == ("AT", "co")
    assert region_of(somebody(countryCode=["40"]), Region(("CountryCode",), (), "DE"))[0] == "AT"


def test_without_any_word_of_a_country_there_is_none() -> None:
    """Never is a country guessed: such numbers are left alone."""
    assert region_of(somebody(), Region(("c",))) == (None, "")
    assert told(made(somebody(mobile=["07911 123456"]), MOBILE, region=Region()).result) == "phone-no-country"


# ---------------------------------------------------------------- shared values


def test_people_who_share_a_value_are_counted() -> None:
    """Phones count together over all attributes and spellings, one person once; addresses too."""
    rules = MappingRules(GB, (MOBILE, OFFICE, EMAIL))
    people = [
        somebody(mobile=["07911 123456"], telephoneNumber=["+44 7911 123456"]),
        somebody(telephoneNumber=["0044 7911 123456"], extensionAttribute1=["Home@example.org"]),
        somebody(otherMobile=["07400 123456"], extensionAttribute1=["home@EXAMPLE.org"]),
        somebody(mobile=["ask me"]),
        somebody(mobile=["ask me"]),
    ]
    expected = {("phone", "+447911123456"): 2, ("email", "home@example.org"): 2}
    assert shared(people, rules, 1) == expected
    assert shared(people, rules, 2) == {}
    assert value_key(Method.MOBILE, "+44 7911123456") in expected
    assert value_key(Method.EMAIL, "Home@example.org") in expected


def test_a_switchboard_is_shared_unless_extensions_are_kept() -> None:
    """Colleagues behind one line have one number where the extension is dropped, else their own."""
    people = [somebody(telephoneNumber=[f"+1 206 342 0100 x{number}"]) for number in (11, 12)]
    for extension, count in [(Extension.KEEP, 0), (Extension.DROP, 1), (Extension.LEAVE_ALONE, 1)]:
        rules = MappingRules(GB, (replace(OFFICE, extension=extension),))
        assert len(shared(people, rules, 1)) == count
    keep = MappingRules(GB, (replace(OFFICE, extension=Extension.KEEP),))
    assert holdings(people[0], keep).values == {value_key(Method.OFFICE, "+1 2063420100x11")}


@settings(deadline=None)
@given(st.lists(any_text, max_size=3), st.lists(any_text, max_size=3))
def test_the_order_of_values_decides_nothing(first: list[str], second: list[str]) -> None:
    """Whatever stands in the attributes, an answer comes, and the same for any order of their values."""
    rules = MappingRules(
        TABLE, (MOBILE, replace(OFFICE, several=Several.FIRST, extension=Extension.KEEP), EMAIL)
    )

    def answers(turned: bool) -> tuple[Wanted, ...]:
        step = -1 if turned else 1
        person = somebody(
            mobile=first[::step], otherMobile=second[::step], telephoneNumber=[*first, *second][::step],
            extensionAttribute1=second[::step], c=first[:1],
        )  # fmt: skip
        for key in holdings(person, rules).values:
            assert key[0] in ("phone", "email")
        return wanted(person, None, rules, Trust(), frozenset({"example.org"}))

    assert answers(False) == answers(True)
    for answer in answers(False):
        assert answer.result in answer.candidates or (
            isinstance(answer.result, Unusable)
            and answer.result.reason in (Reason.NO_VALUE, Reason.VALUE_SEVERAL)
        )
