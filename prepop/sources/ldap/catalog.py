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


def shows_administrators(connection: ldap3.Connection, domain: str) -> bool:
    """Whether anybody of the domain has an adminCount that this account may see.

    Every domain has some who do (krbtgt, the members of Domain Admins: MS-ADTS 3.1.1.6.1), wherever the
    people stand that are read.
    """
    return _any(connection, domain, "(adminCount>=1)")


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
