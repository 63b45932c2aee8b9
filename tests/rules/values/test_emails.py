"""Addresses: what directories hold, and what becomes of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.model import Method
from prepop.reasons import Reason
from prepop.rules.values.keys import EmailAddress, Rejected, comparison_key, email
from tests.rules.values.numbers import any_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jane@example.org", "jane@example.org"),
        ("Jane.Doe@Example.ORG", "Jane.Doe@example.org"),
        ("  jane@example.org \r\n", "jane@example.org"),
        ("\u00a0jane@example.org\u202f", "jane@example.org"),
        ("\ufeffjane@exam\u00adple.org\u200b", "jane@example.org"),
        ("mailto:jane@example.org", "jane@example.org"),
        ("mailto://jane@example.org", "jane@example.org"),
        ("'o'brien@example.org'", "o'brien@example.org"),
        ("jane@ｅxample。org", "jane@example.org"),
        ("jane@пример.example.org", "jane@xn--e1afmkfd.example.org"),
        ("SMTP:jane@example.org", "jane@example.org"),
        ("E-mail: jane@example.org", "jane@example.org"),
        ("Jane Doe <jane@example.org>", "jane@example.org"),
        ('"Doe, Jane" <jane@example.org>', "jane@example.org"),
        ("<jane@example.org>;", "jane@example.org"),
        ("o'brien+reset@example.org", "o'brien+reset@example.org"),
        ("jane@bücher.example.org", "jane@xn--bcher-kva.example.org"),
        ("jane@XN--BCHER-KVA.example.org", "jane@xn--bcher-kva.example.org"),
        ("POSTMASTER@example.org", "postmaster@example.org"),  # RFC 2142: the same however written
        (f"{'x' * 64}@example.org", f"{'x' * 64}@example.org"),
    ],
)
def test_an_address_comes_out_in_normal_form(text: str, expected: str) -> None:
    """What stands around an address goes, its domain is ASCII in lower case, its local part stays."""
    found = email(text)
    assert isinstance(found, EmailAddress)
    assert found.text == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "@",
        "jane",
        "jane@",
        "@example.org",
        "jane@example",
        "jane@@example.org",
        "jane@example.org; joe@example.org",
        "jane@example.org, joe@example.org",
        "jane@example.org joe@example.org",
        "joe@example.net <jane@example.org>",
        "jane@example.org (private)",
        "jane doe@example.org",
        "jane..doe@example.org",
        ".jane@example.org",
        '"jane doe"@example.org',
        "jäne@example.org",
        "ｊane@example.org",
        "jane@example..org",
        "jane@-example.org",
        "jane@exa_mple.org",
        "jane@[192.0.2.1]",
        "jane@192.0.2.1",
        f"{'x' * 65}@example.org",
        f"jane@{'x' * 64}.org",
        f"jane@{'x.' * 125}org",
        "jane@corp.local",
        "jane@corp.localhost",
        "jane@corp.internal",
        "jane@corp.lan",
        "jane@corp.home",
        "jane@contoso.corp",
        "jane@contoso.example",
        "jane@contoso.test",
        "jane@contoso.invalid",
        "jane@contoso.x",
        "jane_example.org#EXT#@contoso.onmicrosoft.com",
        "mailto:jane@example.org?subject=x",
        "x" * 10_000 + "@example.org",
        "jane@exam\u200dple.org",
        "\u202ejane@example.org",
        "jane@exam\u202eple.org",
        "'jane'@example.org",
        "'jane@example.org",
        "=jane@example.org",
        "jane%example.net@example.org",
        "relay!jane@example.org",
        "jane@ex\u0430mple.org",  # a Cyrillic a
        "jane@xn--exmple-4nf.org",  # the same
        "jane@gm\u03b1il.example.org",  # a Greek alpha
        "jane@example.org.",
        "Jane jane@example.org",
        "jane@example.org/joe@example.org",
        "mailto:jane@example.org,joe@example.org",
        "ja\x00ne@example.org",
        "jane@\ud800.org",
    ],
)
def test_what_no_mail_reaches_is_rejected(text: str) -> None:
    """Lists, names, private domains and what breaks the rules of mail is email-invalid, and says why."""
    found = email(text)
    assert isinstance(found, Rejected)
    assert found.reason is Reason.EMAIL_INVALID
    assert found.detail
    assert "jane@" not in found.detail
    assert "example" not in found.detail.partition("ends in")[0]


@pytest.mark.parametrize(
    "text",
    [
        *("none@none.com", "noemail@noemail.com", "na@na.com", "test@test.com", "x@x.com", "abc@abc.com"),
        *("No.Mail@nomail.de", "none@test.com", "unknown@unknown.org", "x@y.de", "user@domain.com"),
        *("n-a@na.co.uk", "Test@Example.ORG", "test1@test.com", "keine@keine.de", "name@email.com"),
        *("test@gmail.com", "none@gmx.de", "noreply@hotmail.com", "no-reply@web.de", "asdf@yahoo.com"),
        *("n.a@outlook.com", "Unknown <unknown@icloud.com>", "jane@jane.example.org"),
        *("first.last@company.com", "vorname.nachname@firma.de", "firstname.lastname@domain.com"),
        *("your@email.com", "no@email.com", "nicht@vorhanden.de", "foo@bar.com", "aa@bb.cc"),
        *("12345@gmail.com", "123456789@qq.com", "000000@hotmail.com"),
    ],
)
def test_an_address_that_fills_a_field(text: str) -> None:
    """The same word or a filler on both sides, or a filler where anybody may have taken it: nobody's."""
    found = email(text)
    assert isinstance(found, Rejected)
    assert found.reason is Reason.EMAIL_PLACEHOLDER
    assert "@" not in found.detail


@pytest.mark.parametrize(
    "text",
    [
        *("info.weber@gmail.com", "jane@nonesuch.org", "info.weber@example.org", "nona@gmail.com"),
        *("test.pilot@gmail.com", "abc.jones@web.de", "x@example.org", "jane@x.org", "user@gmail.com"),
        *("tester@contoso.com", "none@contoso.com", "jane@test.de", "jane.test@testing.org", "tess@test.com"),
        *("jane@mail.com", "jane@ymail.com", "jane@email.com", "jane@cloud.com", "jane@gmx.ch"),
        *("jane@hotmail.ch", "jane@live.ca", "jane@yahoo.ca", "jane@web.dev", "jane@orange.com"),
        *("jane@gmail.example.org", "jane@skynet.com", "jane@example.co", "jane@aol.de", "jane@me.cc"),
        *("foo@gmail.com", "nil@gmail.com", "aa85@gmx.de", "my.name@gmail.com", "jane@foo.com"),
        *("jane@hotmail.com.br", "jane@outlook.com.au", "jane@yahoo.com.mx", "jane@ymail.example.org"),
    ],
)
def test_a_person_is_no_filler_and_no_slip(text: str) -> None:
    """Words that only begin like fillers, and domains that only look like a provider's, are addresses."""
    assert email(text) == EmailAddress(text)


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        *(("gmail.con", "gmail.com"), ("hotmail.comm", "hotmail.com"), ("gmial.com", "gmail.com")),
        *(("gmai.com", "gmail.com"), ("gmaill.com", "gmail.com"), ("GMAUL.com", "gmail.com")),
        *(("mgail.com", "gmail.com"), ("gmail.co", "gmail.com"), ("gmail.com.com", "gmail.com")),
        *(("hotmial.con", "hotmail.com"), ("yaho.com", "yahoo.com"), ("outlok.com", "outlook.com")),
        *(("gmail.de", "gmail.com"), ("gmail.com.de", "gmail.com"), ("gmail.com.old", "gmail.com")),
        *(("gmail.coml", "gmail.com"), ("icloud.de", "icloud.com"), ("gmail.co.uk", "gmail.com")),
        *(("gmailc.om", "gmail.com"), ("hotmail.couk", "hotmail.co.uk"), ("g.mail.com", "gmail.com")),
        *(("t-onlin.de", "t-online.de"), ("gmx.nett", "gmx.net"), ("web.dee", "web.de")),
        *(("contoso.con", "contoso.com"), ("icloud.cm", "icloud.com"), ("googelmail.com", "googlemail.com")),
    ],
)
def test_a_slip_in_a_providers_domain(domain: str, meant: str) -> None:
    """Mail there reaches nobody, or whoever bought the slip: email-invalid with the likely spelling."""
    found = email(f"jane@{domain}")
    assert isinstance(found, Rejected)
    assert found.reason is Reason.EMAIL_INVALID
    assert found.detail == f"a slip in the domain: {meant} is meant, most likely"


@settings(deadline=None)
@given(any_text | st.emails())
def test_any_text_has_an_answer(text: str) -> None:
    """Nothing raises, an address is the normal form of itself, and its key that of its spellings."""
    found = email(text)
    key = comparison_key(Method.EMAIL, text)
    if isinstance(found, EmailAddress):
        assert email(found.text) == EmailAddress(found.text)
        assert key == found.key == comparison_key(Method.EMAIL, found.text.upper())
        assert found.text.isascii()


def test_addresses_are_compared_without_regard_to_case() -> None:
    """Registered and wanted addresses that differ in case or in the writing of the domain are one."""
    keys = {
        comparison_key(Method.EMAIL, text)
        for text in (
            "Jane@Bücher.example.org",
            "jane@xn--bcher-kva.example.org",
            " JANE@XN--BCHER-KVA.EXAMPLE.ORG ",
        )
    }
    assert len(keys) == 1
    assert comparison_key(Method.EMAIL, "jane@example.org") != comparison_key(Method.EMAIL, "joe@example.org")
    assert comparison_key(Method.EMAIL, "Jane@corp.local") == comparison_key(Method.EMAIL, "jane@CORP.local")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("jane", "no @"),
        ("jane@contoso.test", "no mail reaches such a domain"),
        ("jane@contoso.corp", "no mail reaches a domain that ends in .corp"),
        (f"{'x' * 65}@example.org", "too long"),
        ("jane doe@example.org", "something before the @ that cannot stand there"),
        ("jane@exa_mple.org", "something after the @ that cannot stand there"),
        ("jane@a.org joe@b.org", "more than one @: two addresses, or none"),
        ('"a@b"@example.org', "more than one @: two addresses, or none"),
        ("x" * 501, "longer than 500 characters"),
        ("x" * 500, "no @"),
        ("'jane@example.org", "a quotation mark before the address"),
        ("a%b@example.org", "marks before the @ that lead mail elsewhere"),
        ("j?rg@example.org", "a ? before the @: an export in ASCII lost a letter there, most likely"),
        ("a_b#EXT#@example.org", "the sign-in name of a guest, not an address"),
        ("jane@ex\u0430mple.org", "a domain in letters of different scripts that look alike"),
    ],
)
def test_each_mistake_is_told_in_words_of_our_own(text: str, detail: str) -> None:
    """What is wrong is said so that the person who fills the attribute can mend it, without the value."""
    found = email(text)
    assert isinstance(found, Rejected)
    assert found.detail == detail


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("jane@example.org", ()),
        (" jane@example.org;", ()),
        ("jane@exam\u00adple.org", ("invisible characters left out",)),
        ("Jane <jane@example.org>", ("left out: the name before the address",)),
        (
            "\ufeffJane <jane@example.org>",
            ("invisible characters left out", "left out: the name before the address"),
        ),
        ("postmaster@example.org", ()),
        ("Postmaster@example.org", ()),
    ],
)
def test_what_was_left_out_is_told(text: str, notes: tuple[str, ...]) -> None:
    """What was repaired on the way stands in the notes, and nothing else does."""
    found = email(text)
    assert isinstance(found, EmailAddress)
    assert found.notes == notes


@pytest.mark.parametrize("local", ["Jane", "JANE", "jane", "Jane.Doe", "J4ne", "Jane+Reset"])
def test_the_local_part_stays_as_it_was_written(local: str) -> None:
    """Only its own server knows whether upper and lower case differ there, whichever way it is checked."""
    found = email(f"{local}@example.org")
    assert isinstance(found, EmailAddress)
    assert found.text == f"{local}@example.org"
