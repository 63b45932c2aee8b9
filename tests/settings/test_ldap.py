"""What the LDAP keys of a directory obey is said by `load`, each mistake at its own line."""

# ruff: noqa: E501 - in a table one mistake is one line, however long it is

import re
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from ldap3.operation.search import parse_filter
from ldap3.utils.dn import parse_dn

from prepop.options import LdapHost
from prepop.settings import load
from prepop.settings.ldap import is_distinguished_name, wrong_filter
from tests.settings.conftest import Mistakes

HEAD = 'mapping = "map.toml"\n[directory]\n'
TAIL = '\n[cloud]\ntenant = "contoso.com"\n'
URL = 'url = "ldaps://dc1"\n'
BASE = 'base = "DC=a"\n'

WRONG = [
    ('url = "https://dc1"\n' + BASE, ['3: directory.url: "https://dc1" is not an address such as "ldaps://dc1.corp".']),
    ('url = "ldaps://dc1:port"\n' + BASE, ['3: directory.url: "ldaps://dc1:port" is not an address such as "ldaps://dc1.corp".']),
    ('url = "ldaps://"\n' + BASE, ['3: directory.url: "ldaps://" is not an address such as "ldaps://dc1.corp".']),
    ('url = "ldap://dc1"\nbind = "kerberos"\n' + BASE, ['3: directory.url: "ldap://dc1" is not encrypted; use ldaps:// or start_tls = true.']),
    ('url = "ldaps://dc1:3269"\n' + BASE, [
        '3: directory.url: "ldaps://dc1:3269" is a global catalog, which holds a part of the attributes, and none of it says which. Leave the port out.']),
    ('url = "ldap://dc1:3268"\nstart_tls = true\n' + BASE, [
        '3: directory.url: "ldap://dc1:3268" is a global catalog, which holds a part of the attributes, and none of it says which. Leave the port out.']),
    ('url = ["ldaps://dc1",\n"ldaps://dc2:3269",\n"ldaps://dc3/x"]\n' + BASE, [
        '4: directory.url: "ldaps://dc2:3269" is a global catalog, which holds a part of the attributes, and none of it says which. Leave the port out.',
        "5: directory.url: an address holds a scheme, a host and perhaps a port, nothing else."]),
    ('url = "ldaps://192.0.2.1"\n' + BASE, ['3: directory.url: "ldaps://192.0.2.1": Kerberos needs the name of the server. Write it here, or into tls_names.']),
    ('url = "ldaps://192.0.2.1"\ntls_names = "dc1.corp"\n' + BASE, []),
    (URL + BASE + 'password_env = "PW"\n', ['2: directory.user: is missing; bind = "kerberos" with a password needs one.']),
    (URL + BASE + 'user = "CORP\\\\svc"\npassword_env = "PW"\n', ['5: directory.user: is no name@REALM; bind = "kerberos" with a password needs one.']),
    (URL + 'base = ["OU=A,DC=corp",\n"ou=b, OU=a,dc=CORP"]', ['5: directory.base: "ou=b, OU=a,dc=CORP" lies inside "OU=A,DC=corp"; leave it out.']),
    (URL + 'base = ["OU=B,OU=A,DC=corp",\n"OU=A,DC=corp"]', ['5: directory.base: "OU=B,OU=A,DC=corp" lies inside "OU=A,DC=corp"; leave it out.']),
    (URL + 'base = ["OU=A,DC=corp",\n"OU=A,DC=corp"]', ['5: directory.base: "OU=A,DC=corp" lies inside "OU=A,DC=corp"; leave it out.']),
    (URL + 'base = ["OU=A,DC=corp", "OU=AA,DC=corp"]', []),
    (URL + 'base = "Staff"', ['4: directory.base: "Staff" is not a distinguished name.']),
    (URL + 'base = "OU=Staff,DC=corp,"', ['4: directory.base: "OU=Staff,DC=corp," is not a distinguished name.']),
    (URL + BASE + 'filter = "company=Contoso"', ['5: directory.filter: is not an LDAP filter such as "(company=Contoso)": check its brackets.']),
    (URL + BASE + 'filter = "(a=b))(|(objectClass=*)"', ['5: directory.filter: is not an LDAP filter such as "(company=Contoso)": check its brackets.']),
    (URL + BASE + 'filter = "(company)"', ['5: directory.filter: is not an LDAP filter such as "(company=Contoso)": "(company)" is no condition such as (company=Contoso).']),
    (URL + BASE + 'filter = "(&(a=b)(!(c=d)(e=f)))"', ['5: directory.filter: is not an LDAP filter such as "(company=Contoso)": ! is for one condition; write (!(|(...)(...))).']),
    (URL + BASE + 'filter = "(&)"', ['5: directory.filter: is not an LDAP filter such as "(company=Contoso)": nothing stands behind &.']),
    (URL + BASE + 'page_size = 0', ["5: directory.page_size: must be at least 1, not 0."]),
    (URL + BASE + 'ca_file = "junk.pem"', ['5: directory.ca_file: "junk.pem" holds no PEM certificate (of a DER file: openssl x509 -inform der -in FILE -out ca.pem).']),
    (URL + BASE + 'ca_file = "ca.pem"', []),
    (URL + BASE + 'tls_names = ["dc1.corp",\n"*"]', ['6: directory.tls_names: "*": write whole names; * would let any server in.']),
    (URL + BASE + 'tls_names = "*.corp"', ['5: directory.tls_names: "*.corp": write whole names; * would let any server in.']),
]  # fmt: skip


@pytest.mark.parametrize(("section", "expected"), WRONG)
def test_a_mistake_of_ldap(mistakes: Mistakes, folder: Path, section: str, expected: list[str]) -> None:
    """A directory that no server needs to be asked about is refused, with file, line and what to write."""
    (folder / "junk.pem").write_text("junk")
    trustme.CA().cert_pem.write_to_path(folder / "ca.pem")
    found = mistakes(HEAD + section + TAIL, environ={"PW": "x"})
    assert found == [f"prepop.toml:{text}" for text in expected]


def test_all_mistakes_of_a_directory_and_a_tenant_at_once(mistakes: Mistakes) -> None:
    """Nested bases, a star, an unbalanced filter, a catalog and an endpoint are named together, each with its line."""
    found = mistakes(
        HEAD
        + 'url = "ldaps://dc1:3269"\nbase = ["DC=a",\n"OU=b,DC=a"]\ntls_names = "*"\nfilter = "(a=b"\n[cloud]\n'
        + 'tenant = "contoso.com"\nendpoint = "http://graph.example"\n',
        "[mobile]\nform = 1\n",
    )
    assert [text.split(" ")[:2] for text in found] == [
        ["prepop.toml:3:", "directory.url:"],
        ["prepop.toml:5:", "directory.base:"],
        ["prepop.toml:6:", "directory.tls_names:"],
        ["prepop.toml:7:", "directory.filter:"],
        ["prepop.toml:10:", "cloud.endpoint:"],
        ["map.toml:1:", "mobile.from:"],
        ["map.toml:2:", "mobile.form:"],
    ]


def test_hosts_are_read(folder: Path) -> None:
    """A source gets host, port and whether TLS comes first; it reads no URL."""
    text = HEAD + 'url = ["ldaps://DC1.corp", "ldap://dc2:1389/", "ldaps://[2001:db8::1]"]\n' + BASE
    (folder / "prepop.toml").write_text(text + 'start_tls = true\ntls_names = "dc3"' + TAIL)
    (directory,) = load(Path("prepop.toml"), {}).directories
    assert directory.hosts == (
        LdapHost("ldaps://DC1.corp", "dc1.corp", 636, tls=True),
        LdapHost("ldap://dc2:1389/", "dc2", 1389, tls=False),
        LdapHost("ldaps://[2001:db8::1]", "2001:db8::1", 636, tls=True),
    )
    assert [host.is_ip for host in directory.hosts] == [False, False, True]


# ---------------------------------------------------------------- against ldap3

PIECES = st.sampled_from([
    "(", ")", "&", "|", "!", "=", "a", "member", "company", "1.2.840.113556.1.4.1941", ":", ":dn", "<=", ">=", "~=", "*", "\\28",
    "\\", " ", "\n", ";binary", "é", "(a=b)", "(!(a=b))", "(&(a=b)(c=d))", "(|(a=*)(b=c*d))", "x",
])  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_filter_that_is_taken_is_one_for_ldap3(text: str) -> None:
    """What settings lets through, the library that sends it can read."""
    if text.strip() and not wrong_filter(text.strip()):
        parse_filter(
            text.strip(), None, auto_escape=False, auto_encode=False, validator=None, check_names=False
        )


@pytest.mark.parametrize("text", [
    "(company=Contoso)", "(& (a=b) (c=d) )", "(!(a=b))", "(a=*b*c*)", "(a=*)", "(a>=1)", "(a~=b)", "(a=)", "(a=b=c)",
    "(memberOf:1.2.840.113556.1.4.1941:=CN=x\\2C y,DC=corp)", "(a:dn:1.2:=x)", "(:dn:2.4:=x)", "(a;lang-de=x)",
    "(|(&(a=b)(!(c=d)))(e=Zo\u00eb \\28x\\29))",
])  # fmt: skip
def test_usual_filters_are_taken(text: str) -> None:
    """Filters of RFC 4515's kinds, as people write them."""
    assert wrong_filter(text) == ""


DN_PIECES = st.sampled_from(
    ["OU=", "DC=", "a", "b c", ",", ", ", "+", "\\,", "\\2C", "\\", '"', ";", "<", "#", "#04", " ", "é"]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(DN_PIECES, max_size=10).map("".join))
def test_a_base_that_is_taken_is_one_for_ldap3(text: str) -> None:
    """No base is taken that the library would not; but for = and # inside a value, which RFC 4514 allows."""
    bare = re.sub(r"\\(?:[0-9A-Fa-f]{2}|.)", "x", text)
    if is_distinguished_name(text) and not re.search(r"=[^,+]*[=#]", bare):
        parse_dn(text, strip=True)


def test_a_long_wrong_name_costs_nothing() -> None:
    """Blanks in every part of a name that is wrong at its end are not tried in every combination."""
    assert not is_distinguished_name("OU =  a  ," * 3000 + "\\")
    assert wrong_filter("(&" + "( a = b )" * 3000 + "(x))")
