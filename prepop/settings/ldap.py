"""What the LDAP keys of a `[directory]` block obey: `url`, `base`, `filter`, `tls_names`, `user`.

Nothing else checks these: `sources` gets hosts that are parsed, and texts that a server can at least read.
Outside rules: distinguished names RFC 4514 section 3, filters RFC 4515 section 3 (blanks between the parts of
a filter are allowed, as Active Directory and ldap3 allow them).
"""

import re

from prepop.options import Bind, LdapHost
from prepop.rules.values.distinguished_names import rdns
from prepop.settings.checking import Section
from prepop.settings.documents import quoted
from prepop.settings.references import shown_url, split_url
from prepop.settings.shapes import DirectoryShape

_GLOBAL_CATALOG = (3268, 3269)
_PORTS = {"ldap": 389, "ldaps": 636}

_TYPE = r"(?:[A-Za-z][A-Za-z0-9-]*+|[0-9]++(?:\.[0-9]++)++)"
_PAIR = r'\\(?:[0-9A-Fa-f]{2}|[ "#+,;<=>\\])'
_VALUE = rf'(?:#(?:[0-9A-Fa-f]{{2}})++|(?!#)(?:[^"+,;<>\\\x00]|{_PAIR})++)'
_RDN = rf"\s*+{_TYPE}\s*+=\s*+{_VALUE}"  # possessive: a wrong one is refused in one pass
_DN = re.compile(rf"{_RDN}(?:[,+]{_RDN})*+", re.DOTALL)

_ATTRIBUTE = rf"{_TYPE}(?:;[A-Za-z0-9-]++)*+"
_LETTER = r"[^()\\*\x00]|\\[0-9A-Fa-f]{2}"
_ITEM = re.compile(
    rf"\(\s*+(?:{_ATTRIBUTE}\s*+=(?:\*|{_LETTER})*+"
    rf"|{_ATTRIBUTE}\s*+[<>~]=(?:{_LETTER})*+"
    rf"|(?:{_ATTRIBUTE}(?::dn)?(?::{_TYPE})?|(?::dn)?:{_TYPE})\s*+:=(?:{_LETTER})*+)\)\s*+"
)
_OPERATOR = re.compile(r"\(\s*+([&|!])\s*+")
_CLOSE = re.compile(r"\)\s*+")


def is_distinguished_name(text: str) -> bool:
    """True for what RFC 4514 calls one; whether it exists only the directory knows."""
    return _DN.fullmatch(text) is not None


def hosts(section: Section[DirectoryShape]) -> tuple[LdapHost, ...]:
    """The domain controllers that `url` names, as far as they are right."""
    values = section.values
    if not values.url:
        section.mistake("url", 'is missing. Name a domain controller, such as "ldaps://dc1.corp".', "kind")
    found = [_host(section, index, url) for index, url in enumerate(values.url)]
    schemes = {url.partition(":")[0].lower() for url, host in zip(values.url, found, strict=True) if host}
    if values.start_tls and schemes == {"ldaps"}:
        section.mistake("start_tls", "is for ldap:// addresses; ldaps:// is encrypted from the start.", "url")
    return tuple(host for host in found if host)


def _host(section: Section[DirectoryShape], index: int, text: str) -> LdapHost | None:
    values = section.values
    url = split_url(text)
    if url is None or url.scheme not in _PORTS or not url.hostname:
        wrong = f'{shown_url(text)} is not an address such as "ldaps://dc1.corp".'
        section.mistake("url", wrong, index=index)
        return None
    if "@" in url.netloc or url.path not in ("", "/") or url.query or url.fragment:
        wrong = "an address holds a scheme, a host and perhaps a port, nothing else."
        section.mistake("url", wrong, index=index)
        return None
    host = LdapHost(text, url.hostname, url.port or _PORTS[url.scheme], url.scheme == "ldaps")
    if host.port in _GLOBAL_CATALOG:
        wrong = (
            "is a global catalog, which holds a part of the attributes, and none of it says which. "
            "Leave the port out."
        )
        section.mistake("url", f"{shown_url(text)} {wrong}", index=index)
    if not host.tls and not values.start_tls:
        wrong = f"{shown_url(text)} is not encrypted; use ldaps:// or start_tls = true."
        section.mistake("url", wrong, "start_tls", index=index)
    if values.bind is Bind.KERBEROS and host.is_ip and not values.tls_names:
        wrong = "Kerberos needs the name of the server. Write it here, or into tls_names."
        section.mistake("url", f"{shown_url(text)}: {wrong}", "bind", "tls_names", index=index)
    return host


def bases(section: Section[DirectoryShape]) -> None:
    """Distinguished names, none inside another: its people would be read twice."""
    values = section.values
    if not values.base:
        section.mistake("base", 'is missing. Name where people are, such as "OU=Staff,DC=corp".', "kind")
    parsed: list[tuple[str, tuple[str, ...]]] = []
    for index, base in enumerate(values.base):
        if not is_distinguished_name(base):
            section.mistake("base", f"{quoted(base)} is not a distinguished name.", index=index)
            continue
        parts = rdns(base)
        for other, others in parsed:
            shorter = min(len(parts), len(others))
            if parts[-shorter:] == others[-shorter:]:
                inner, outer = (base, other) if len(parts) >= len(others) else (other, base)
                text = f"{quoted(inner)} lies inside {quoted(outer)}; leave it out."
                section.mistake("base", text, index=index)
        parsed.append((base, parts))


def names_of_certificates(section: Section[DirectoryShape]) -> None:
    """Whole names: with a star any server that has a certificate would be let in."""
    for index, name in enumerate(section.values.tls_names):
        if "*" in name:
            text = f"{quoted(name)}: write whole names; * would let any server in."
            section.mistake("tls_names", text, index=index)


def user(section: Section[DirectoryShape], *, password: bool) -> None:
    """The account that prepop signs in as. password: one is given, by variable, file or vault."""
    values = section.values
    if values.bind is Bind.SIMPLE:
        if not values.user:
            section.mistake("user", 'is missing; bind = "simple" needs a user.', "bind", "kind")
        if not (values.password_env or values.password_file or values.password_vault):
            section.mistake(
                "password_env",
                'is missing; bind = "simple" needs password_env, password_file or password_vault.',
                "bind",
                "kind",
                "password_file",
            )
    elif password and (not values.user or "\\" in values.user or "=" in values.user):
        state = "is missing" if not values.user else "is no name@REALM"
        section.mistake("user", f'{state}; bind = "kerberos" with a password needs one.', "bind", "kind")


# ---------------------------------------------------------------- filter


def filter_text(section: Section[DirectoryShape]) -> str:
    """The filter without blanks around it."""
    text = section.values.filter.strip()
    if text and (wrong := wrong_filter(text)):
        section.mistake("filter", f'is not an LDAP filter such as "(company=Contoso)": {wrong}')
    return text


def wrong_filter(text: str) -> str:
    """What is wrong with a filter, "" where nothing is."""
    if not _balanced(text):
        return "check its brackets."
    around: list[tuple[str, int]] = []  # the operators that are open, and how many parts each has so far
    at = 0
    while at < len(text):
        if found := _OPERATOR.match(text, at):
            around.append((found[1], 0))
            at = found.end()
            continue
        if (found := _CLOSE.match(text, at)) and around:
            operator, parts = around.pop()
            if parts == 0:
                return f"nothing stands behind {operator}."
            if operator == "!" and parts > 1:
                return "! is for one condition; write (!(|(...)(...)))."
        elif not (found := _ITEM.match(text, at)):
            part = text[at : text.find(")", at) + 1]
            return f"{quoted(part)} is no condition such as (company=Contoso)."
        at = found.end()
        if around:
            around[-1] = (around[-1][0], around[-1][1] + 1)
    return ""


def _balanced(text: str) -> bool:
    """True where as many brackets close as open, and one pair holds all (in a value: \\28 and \\29)."""
    depth = 0
    for index, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 1 and index < len(text) - 1:
            return False
    return depth == 0
