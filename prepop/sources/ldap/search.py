"""Searching to the very end, or not at all.

ldap3's own `paged_search` ends in silence when the server stops at a size or time limit, and what was
read so far then looks like everything: LIBRARIES section 3 has the measurements. So the loop is
written here: every page must answer success and bring the paging control; anything else fails the
server. The same goes for values: Active Directory delivers more than 1,500 values of an attribute in
ranges (`otherMobile;range=0-1499`, MS-ADTS 3.1.1.3.1.3.3), and every range is fetched.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPException, LDAPOperationResult

from prepop.errors import Incomplete
from prepop.rules.values.lengths import bounded
from prepop.sources.entries import Entry
from prepop.sources.ldap.connection import UNREADABLE, ServerFailed

log = logging.getLogger(__name__)

#: Users, enabled or not. Contacts are not users; managed service accounts are a kind of computer.
PEOPLE_FILTER = "(objectCategory=person)(objectClass=user)(!(objectClass=computer))"
MAX_PAGE = 1000  # MaxPageSize of Active Directory; it never sends more
_PAGED_RESULTS = "1.2.840.113556.1.4.319"
_MAX_EMPTY_PAGES = 1000  # a slow search may send empty pages, but not for ever
_RANGE = re.compile(r"(?P<name>[^;]+);range=(?P<first>\d+)-(?P<last>\d+|\*)", re.IGNORECASE)

_WORDS = {
    1: "operations error",
    3: "the server's time limit was reached",
    4: "the server's size limit was reached",
    10: "the server refers to another one, which is not followed",
    11: "the server's administrative limit was reached",
    51: "the server is busy",
    52: "the server is unavailable",
}


_HINTS = {
    3: "read smaller bases, or let the server's policy allow more time (MaxQueryDuration)",
    4: "set page_size = 1000 or less",
    10: "is base in the domain of this server? A base of another domain wants a [[directory]] of its own",
}


#: What ldap3 makes of a control: its OID, whether the server must know it, its value.
Control = tuple[str, bool, Any]


class NoSuchBase(Exception):
    """The base of a search does not exist (noSuchObject), or is not a DN."""


class BadFilter(Exception):
    """The server does not understand the filter."""


def pages(
    connection: ldap3.Connection,
    base: str,
    query: str,
    attributes: Sequence[str],
    *,
    scope: str = ldap3.SUBTREE,
    size: int = MAX_PAGE,
    controls: Sequence[Control] = (),
) -> Iterator[tuple[Entry, ...]]:
    """Every entry that matches, page by page, with all values of its attributes.

    controls: sent with each page besides the paging control.
    Raises ServerFailed for anything that keeps the search from being whole, NoSuchBase, BadFilter,
    and Incomplete for an entry whose DN cannot be read.
    """
    cookie: bytes | None = None
    references = empty = number = 0
    while True:
        number += 1
        response, result = _search(
            connection,
            search_base=base,
            search_filter=query,
            search_scope=scope,
            attributes=list(attributes),
            paged_size=min(size, MAX_PAGE),
            paged_criticality=True,
            paged_cookie=cookie,
            controls=list(controls),  # ldap3 adds the paging control to this very list
        )
        found = [item for item in response if item["type"] == "searchResEntry"]
        references += sum(item["type"] == "searchResRef" for item in response)
        control = (result.get("controls") or {}).get(_PAGED_RESULTS)
        if control is None:
            raise ServerFailed(f"page {number} of {base}: the answer has no paging control")
        previous, cookie = cookie, control["value"]["cookie"]
        yield tuple(_entry(connection, item) for item in found)
        if not cookie:
            break
        # Samba keeps one cookie for a whole search, so a repeated one alone proves nothing: the caller
        # notices entries that come twice, and here pages without entries must come to an end.
        empty = 0 if found else empty + 1
        if empty >= (2 if cookie == previous else _MAX_EMPTY_PAGES):
            raise ServerFailed(f"page {number} of {base}: the search goes round in a circle")
    if references:
        log.debug("%s: %d references to other servers, not followed", base, references)


def read_entry(
    connection: ldap3.Connection, dn: str, attributes: Sequence[str], controls: Sequence[Control] = ()
) -> Entry:
    """The one entry at `dn`, in one answer; "" is the server's own entry (rootDSE)."""
    response, _ = _search(
        connection,
        search_base=dn,
        search_filter="(objectClass=*)",
        search_scope=ldap3.BASE,
        attributes=list(attributes),
        controls=list(controls) or None,
    )
    found = [_entry(connection, item) for item in response if item["type"] == "searchResEntry"]
    if len(found) != 1:
        raise ServerFailed(f"{len(found)} entries at {dn or 'the root'} where there must be one")
    return found[0]


def check_base(connection: ldap3.Connection, base: str) -> None:
    """Raises NoSuchBase where nothing is at `base`: known before an hour is spent on reading the others."""
    _search(
        connection,
        search_base=base,
        search_filter="(objectClass=*)",
        search_scope=ldap3.BASE,
        attributes=["objectClass"],
    )


def _search(connection: ldap3.Connection, **how: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One request; its entries and its result, which was success."""
    base = how["search_base"]
    try:
        connection.search(**how)
    except LDAPOperationResult as error:
        words = f"{_WORDS.get(error.result, error.description)} (LDAP result {error.result})"
        if error.result in (32, 34):  # noSuchObject, invalidDNSyntax
            raise NoSuchBase(base) from error
        if error.result in (18, 87) or "filter" in str(error.message).lower():
            raise BadFilter(words) from error
        raise ServerFailed(f"searching {base}: {words}: {error.message}".rstrip(": ")) from error
    except LDAPException as error:
        raise ServerFailed(f"searching {base}: {error}") from error
    except OSError as error:
        raise ServerFailed(f"searching {base}: {error}") from error
    except UNREADABLE as error:
        raise ServerFailed(f"searching {base}: the answer cannot be read: {error!r}") from error
    result = connection.result
    if result["result"] != 0:  # ldap3 raises nothing for 3, 4 and 10
        code = result["result"]
        words = f"{_WORDS.get(code, result['description'])} (LDAP result {code})"
        raise ServerFailed(f"searching {base}: {words}", _HINTS.get(code, ""))
    return connection.response, result


def _entry(connection: ldap3.Connection, item: dict[str, Any]) -> Entry:
    """One answer as an entry. ldap3's own text of it is not used: it guesses codings."""
    raw_dn: bytes = item["raw_dn"]
    try:
        dn = raw_dn.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Incomplete(f"an entry whose DN is not UTF-8: {raw_dn!r}") from error
    attributes: dict[str, tuple[bytes, ...]] = {}
    for name, values in item["raw_attributes"].items():
        if part := _RANGE.fullmatch(name):
            plain = part["name"]
            attributes[plain.lower()] = tuple(_all_values(connection, dn, plain, part["last"], values))
        elif values or name.lower() not in attributes:  # beside a range the plain name comes empty
            attributes[name.lower()] = tuple(values)
    return Entry(dn, {name: values for name, values in attributes.items() if values})


def _all_values(
    connection: ldap3.Connection, dn: str, name: str, last: str, first_values: Sequence[bytes]
) -> list[bytes]:
    """The values of one attribute, range after range, until the server says that it was the last."""
    values = list(first_values)
    while last != "*":
        start = int(last) + 1
        if len(values) != start:
            raise ServerFailed(f"{dn}: {name}: {len(values)} values where a range promised {start}")
        try:
            response, _ = _search(
                connection,
                search_base=dn,
                search_filter="(objectClass=*)",
                search_scope=ldap3.BASE,
                attributes=[f"{name};range={start}-*"],
            )
        except NoSuchBase as error:
            raise ServerFailed(f"{dn}: {name}: the entry went away between two ranges") from error
        entries = [item for item in response if item["type"] == "searchResEntry"]
        parts = [
            (part, found)
            for item in entries
            for key, found in item["raw_attributes"].items()
            if (part := _RANGE.fullmatch(key)) and part["name"].lower() == name.lower()
        ]
        if len(parts) != 1 or int(parts[0][0]["first"]) != start or not parts[0][1]:
            raise ServerFailed(f"{dn}: {name}: the values from number {start} on did not come")
        last = parts[0][0]["last"]
        values += parts[0][1]
    return values


# ---------------------------------------------------------------- values


def text(attributes: Mapping[str, tuple[bytes, ...]], name: str) -> str:
    """The first value as text, "" where there is none."""
    return bounded(attributes.get(name, (b"",))[0].decode("utf-8", "replace"))


def number(attributes: Mapping[str, tuple[bytes, ...]], name: str) -> int:
    """The first value as a number, 0 where there is none."""
    try:
        return int(text(attributes, name) or 0)
    except ValueError:
        return 0
