"""Global catalogs, and servers that hide adminCount: data that seems to be missing.

A global catalog holds a part of each entry's attributes. What it lacks (adminCount, mobile and
mS-DS-ConsistencyGuid, unless somebody changed the schema) comes as if nobody had it: an administrator gets
a phone, and what prepop wrote looks as if the directory had taken it away. The ports 3268 and 3269 say what
they are, but a load balancer or a forwarded port does not, and the root entry is the same on all ports of a
server (`isGlobalCatalogReady` only says that it has one). What tells them apart: a catalog answers a search
of the whole forest from the empty base; on its other ports a controller says noSuchObject (measured on
Samba 4.17; Microsoft, "How the Global Catalog Works", names the empty base as the way to search a forest).
"""

import logging

import ldap3
from ldap3.core.exceptions import LDAPException

from prepop.sources.ldap.connection import UNREADABLE, ServerFailed
from prepop.sources.ldap.search import number, pages, read_entry

log = logging.getLogger(__name__)


def refuse_global_catalog(connection: ldap3.Connection) -> None:
    """Raises ServerFailed where this server answers as a global catalog."""
    if is_global_catalog(connection):
        raise ServerFailed(
            "this is a global catalog, whatever its port: it holds a part of the attributes, and who is an "
            "administrator (adminCount), mobile or mS-DS-ConsistencyGuid may look as if nobody had them",
            "read from a domain controller on its own ports: ldaps://HOST (636), or ldap://HOST (389) with "
            "start_tls = true",
        )


def is_global_catalog(connection: ldap3.Connection) -> bool:
    """Whether the whole forest can be searched here from the empty base."""
    return _any(connection, "", "(objectClass=domainDNS)")


_ALWAYS = {500: "the built-in Administrator", 502: "krbtgt"}
"""Relative ids of accounts that are protected in every domain, and so have adminCount: MS-ADTS 3.1.1.6.1."""


def administrators_unseen(connection: ldap3.Connection, domain: str) -> str:
    """Why this account may not see who has adminCount, as half a sentence; "" where it may.

    Proved on accounts that always have it, found by their SIDs. That somebody else's is seen proves nothing:
    a right may be missing on administrators alone, whose entries have a descriptor of their own
    (adminSDHolder).
    """
    sids = read_entry(connection, domain, ["objectSid"]).attributes.get("objectsid", ())
    if not sids:
        return f"the SID of {domain} cannot be read"
    filters = "".join(f"(objectSid={_escaped(_with_rid(sids[0], rid))})" for rid in _ALWAYS)
    found = {
        int.from_bytes(sid[-4:], "little"): number(entry.attributes, "admincount")
        for page in pages(connection, domain, f"(|{filters})", ["objectSid", "adminCount"])
        for entry in page
        if (sid := entry.attributes.get("objectsid", (b"",))[0])
    }
    if not found:
        return f"neither {' nor '.join(_ALWAYS.values())} can be seen in {domain}"
    blind = [name for rid, name in _ALWAYS.items() if rid in found and found[rid] < 1]
    return f"adminCount of {' and of '.join(blind)} cannot be read, and both always have it" if blind else ""


def _with_rid(domain: bytes, rid: int) -> bytes:
    """The SID of an account: one more sub-authority than its domain has (MS-DTYP 2.4.2.2)."""
    return domain[:1] + bytes([domain[1] + 1]) + domain[2:] + rid.to_bytes(4, "little")


def _escaped(raw: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in raw)


def _any(connection: ldap3.Connection, base: str, query: str) -> bool:
    """Whether a search finds anything; a server that does not answer it finds nothing.

    Without pages: one entry is enough, and the size limit that ends the answer is not a failure here.
    """
    try:
        connection.search(base, query, ldap3.SUBTREE, attributes=["objectClass"], size_limit=1)
    except (LDAPException, OSError, *UNREADABLE) as error:
        log.debug("searching %s from %r: %s", query, base, error)
        return False
    return any(item["type"] == "searchResEntry" and item["raw_dn"] for item in connection.response or ())
