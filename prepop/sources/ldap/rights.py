"""Who may do what in a directory, read from it: descriptors of people and containers, the accounts of the
synchronisation with their groups, and what the reading account itself may write.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TypeVar

import ldap3
from ldap3.protocol.microsoft import security_descriptor_control
from ldap3.utils.conv import escape_filter_chars

from prepop.options import DirectoryOptions
from prepop.rules.readiness.facts import Connector, PeopleDacl
from prepop.rules.readiness.security_descriptor import ANYBODY, Malformed, sid
from prepop.rules.readiness.self_writing import SelfWritable
from prepop.rules.readiness.self_writing import self_writable as judge
from prepop.rules.readiness.words import Unread
from prepop.rules.values.distinguished_names import above
from prepop.rules.values.names import other_case
from prepop.sources.ldap.connection import ServerFailed
from prepop.sources.ldap.schema import described
from prepop.sources.ldap.search import PEOPLE_FILTER, BadFilter, NoSuchBase, number, pages, read_entry, text

T = TypeVar("T")
_DACL_ALONE = 4  # MS-ADTS 3.1.1.3.4.1.11: owner 1, group 2, DACL 4, SACL 8; without it a SACL is asked for
_EFFECTIVE = (
    "allowedAttributesEffective",
    "allowedChildClassesEffective",
    "sAMAccountName",
    "userPrincipalName",
)
_SAMPLE = 20  # people on whom the reading account's own rights are asked
_OTHERS = {
    "computers": "(objectClass=computer)",
    "contacts": "(objectClass=contact)",
    "groups": "(objectClass=group)",
}
#: What Entra Connect and cloud sync call the accounts that they make.
_CONNECTORS = "(|(sAMAccountName=MSOL_*)(sAMAccountName=provAgentgMSA*)(sAMAccountName=pGMSA_*))"


def piece(ask: Callable[[], T]) -> T | Unread:
    """A piece, or why it cannot be read. A server must have said so: a mistake of prepop is still a bug."""
    try:
        return ask()
    except NoSuchBase as error:
        return Unread(f"There is no {error}, or this account may not see it.")
    except (ServerFailed, BadFilter, Malformed) as error:
        return Unread(f"{error}.")


# ---------------------------------------------------------------- people and rights


def people_dacls(
    connection: ldap3.Connection, options: DirectoryOptions, at_most: int | None = None
) -> tuple[PeopleDacl, ...]:
    """Everybody's DACL, or those of so many people of each base; equal ones of one container together."""
    query = f"(&{PEOPLE_FILTER}{options.filter.strip()})"
    counts: Counter[tuple[str, bytes]] = Counter()
    admins: Counter[tuple[str, bytes]] = Counter()
    examples: dict[tuple[str, bytes], str] = {}
    unseen = 0
    for base in options.base:
        found = pages(
            connection,
            base,
            query,
            ("nTSecurityDescriptor", "adminCount"),
            size=options.page_size,
            controls=security_descriptor_control(sdflags=_DACL_ALONE),
        )
        looked_at = 0
        for page in found:
            looked_at += len(page)
            for entry in page:
                raw = entry.attributes.get("ntsecuritydescriptor", ())
                if not raw:
                    unseen += 1
                    continue
                admin = number(entry.attributes, "admincount") >= 1
                key = (next(above(entry.dn), ""), raw[0])
                counts[key] += 1
                admins[key] += admin
                examples[key] = min(entry.dn, examples.get(key, entry.dn))
            if at_most is not None and looked_at >= at_most:
                break  # a sample: the next page is not even asked for
    if not counts:
        raise ServerFailed(
            f"the rights on {unseen} people cannot be seen by this account" if unseen else "no people"
        )
    return tuple(
        PeopleDacl(key[0], key[1], counts[key], examples[key], admins[key])
        for key in sorted(counts, key=lambda key: (key[0].casefold(), examples[key]))
    )


def self_writable(
    connection: ldap3.Connection,
    options: DirectoryOptions,
    schema: str,
    attributes: Collection[str],
    at_most: int | None = None,
) -> tuple[SelfWritable, ...] | Unread:
    """Which of these attributes people may write on their own entry, and how many people.

    schema: the naming context of the schema. at_most: look at so many people of each base only.
    Unread where the rights cannot be read.
    """
    attributes_described = piece(partial(described, connection, schema, attributes))
    if isinstance(attributes_described, Unread):
        return attributes_described
    dacls = piece(partial(people_dacls, connection, options, at_most))
    return dacls if isinstance(dacls, Unread) else judge(dacls, attributes_described.values())


def container_descriptors(
    connection: ldap3.Connection, dacls: Collection[PeopleDacl], domain: str
) -> Mapping[str, bytes]:
    """The descriptors of all containers above the people, up to the domain; what cannot be seen is left
    out.
    """
    wanted = {dn for group in dacls for dn in (group.container, *above(group.container))}
    found: dict[str, bytes] = {}
    for dn in sorted(wanted):
        if other_case(dn).endswith(other_case(domain)):
            raw = piece(partial(descriptor, connection, dn))
            if not isinstance(raw, Unread):
                found[dn] = raw
    return found


def descriptor(connection: ldap3.Connection, dn: str) -> bytes:
    """The descriptor of one entry, its DACL alone. Raises ServerFailed where it cannot be seen."""
    entry = read_entry(
        connection, dn, ["nTSecurityDescriptor"], security_descriptor_control(sdflags=_DACL_ALONE)
    )
    raw = entry.attributes.get("ntsecuritydescriptor", ())
    if not raw:
        raise ServerFailed(f"the rights on {dn} cannot be seen by this account")
    return raw[0]


def writable(
    connection: ldap3.Connection, dacls: tuple[PeopleDacl, ...] | Unread, options: DirectoryOptions
) -> tuple[str, ...]:
    """What the account that reads may write on people, as the server works it out for it."""
    if isinstance(dacls, Unread):
        raise ServerFailed(dacls.why.rstrip("."))
    found: set[str] = set()
    asked = 0
    for group in list(_spread(dacls))[:_SAMPLE]:
        try:
            entry = read_entry(connection, group.example, _EFFECTIVE)
        except NoSuchBase:  # moved or deleted since the list was read
            continue
        own = {other_case(text(entry.attributes, name)) for name in ("samaccountname", "userprincipalname")}
        if {other_case(options.user), other_case(options.user.rpartition("\\")[2])} & (own - {""}):
            continue  # on oneself everybody may write a little
        asked += 1
        for name in ("allowedattributeseffective", "allowedchildclasseseffective"):
            found |= {value.decode("utf-8", "replace") for value in entry.attributes.get(name, ())}
    if not asked:
        raise ServerFailed("nobody could be looked at to see what this account may write")
    return tuple(sorted(found, key=str.casefold))


def _spread(dacls: tuple[PeopleDacl, ...]) -> Iterator[PeopleDacl]:
    """One group of each container first, then the others."""
    first = {group.container: group for group in reversed(dacls)}
    yield from first.values()
    yield from (group for group in dacls if first[group.container] is not group)


def others(connection: ldap3.Connection, options: DirectoryOptions) -> Mapping[str, int]:
    """How many other objects there are below the bases, by kind."""
    return {
        what: sum(len(page) for base in options.base for page in pages(connection, base, query, ["1.1"]))
        for what, query in _OTHERS.items()
    }


# ---------------------------------------------------------------- writeback


def connectors(connection: ldap3.Connection, domain: str, options: DirectoryOptions) -> tuple[Connector, ...]:
    """The accounts of the synchronisation, each with all its groups' SIDs (tokenGroups, which wants a base
    search).
    """
    query = _CONNECTORS
    if options.sync_account:
        name = escape_filter_chars(options.sync_account.rpartition("\\")[2])
        query = "".join(
            f"({attribute}={name})"
            for attribute in ("sAMAccountName", "userPrincipalName", "distinguishedName")
        )
        query = f"(|(sAMAccountName={name}$){query})"  # a managed account's name ends in $
    entries = [
        entry
        for page in pages(
            connection, domain, f"(&(objectClass=user){query})", ["sAMAccountName", "objectSid"]
        )
        for entry in page
    ]
    if options.sync_account and not entries:
        raise ServerFailed(f'directory.sync_account: the directory has no account "{options.sync_account}"')
    found = []
    for entry in sorted(entries, key=lambda entry: entry.dn.casefold()):
        groups = read_entry(connection, entry.dn, ["tokenGroups"]).attributes.get("tokengroups", ())
        sids = {sid(raw) for raw in (*entry.attributes.get("objectsid", ()), *groups)}
        found.append(Connector(text(entry.attributes, "samaccountname"), entry.dn, frozenset(sids | ANYBODY)))
    return tuple(found)


def password_age(connection: ldap3.Connection, domain: str) -> timedelta:
    """minPwdAge: a negative number of 100 nanoseconds (MS-ADA2, minPwdAge)."""
    entry = read_entry(connection, domain, ["minPwdAge"])
    if "minpwdage" not in entry.attributes:
        raise ServerFailed("minPwdAge of the domain cannot be seen by this account")
    return timedelta(microseconds=-number(entry.attributes, "minpwdage") / 10)
