"""What a directory says of itself, for `prepop check`: servers, schema, policies, and who may do what.

Every server of the config is tried; the first that lets us in is looked at closely. A piece that cannot be
read is `Unread` with the reason, and nothing is ever written. What is read, and where it is described:
MS-ADTS 3.1.1.3.2 (rootDSE), 3.1.1.2.3 (attributeSchema), 3.1.1.3.4.6 (LDAP policies), 3.1.1.4.5.6 and 7
(allowedChildClassesEffective, allowedAttributesEffective), 3.1.1.3.4.1.11 (control for security descriptors).
"""

import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import ldap3
from ldap3.core.exceptions import LDAPException

from prepop.errors import ConfigError, Incomplete, SignInError
from prepop.model import DirectoryReading
from prepop.options import DirectoryKind, DirectoryOptions, LdapHost, MatchBy
from prepop.ports import Progress
from prepop.rules.readiness.facts import (
    Certificate,
    DirectoryFacts,
    Server,
)
from prepop.rules.readiness.words import Unread
from prepop.rules.values.masking import mask_within
from prepop.sources import open_directory
from prepop.sources.entries import NOT_KNOWN
from prepop.sources.ldap.catalog import is_global_catalog
from prepop.sources.ldap.connection import UNREADABLE, ServerFailed, Timeouts, connected
from prepop.sources.ldap.people import ActiveDirectory
from prepop.sources.ldap.rights import (
    connectors,
    container_descriptors,
    descriptor,
    others,
    password_age,
    people_dacls,
    piece,
    writable,
)
from prepop.sources.ldap.schema import described
from prepop.sources.ldap.search import read_entry, text

log = logging.getLogger(__name__)

T = TypeVar("T")
_ROOT = (
    "defaultNamingContext",
    "configurationNamingContext",
    "schemaNamingContext",
    "dnsHostName",
    "dsServiceName",
    "supportedExtension",
    "supportedCapabilities",
)
_WHO_AM_I = b"1.3.6.1.4.1.4203.1.11.3"  # RFC 4532
_READ_ONLY = b"1.2.840.113556.1.4.1920"  # LDAP_CAP_ACTIVE_DIRECTORY_PARTIAL_SECRETS_OID: MS-ADTS 3.1.1.3.4.3


def open_posture(
    options: DirectoryOptions, password: str = "", match: Collection[MatchBy] = ()
) -> "LdapPosture | ExportPosture":
    """What looks at the directory of one `[directory]` block. match: `scope.match`."""
    if options.kind is DirectoryKind.LDAP:
        return LdapPosture(options, password)
    return ExportPosture(options, match)


class ExportPosture:
    """An LDIF or CSV file: its people, and nothing else."""

    def __init__(self, options: DirectoryOptions, match: Collection[MatchBy] = ()) -> None:
        self._options = options
        self._match = match

    def look(self, attributes: Collection[str], progress: Progress) -> DirectoryFacts:
        """Read the people."""
        source = open_directory(self._options, match=self._match)
        try:
            reading = source.read(attributes, progress)
        except (Incomplete, ConfigError) as error:
            return DirectoryFacts(
                self._options.name, self._options.kind, people=_unread(error, self._options)
            )
        return DirectoryFacts(
            self._options.name,
            self._options.kind,
            people=reading.people,
            not_known={
                name.removeprefix(NOT_KNOWN): meaning
                for name, meaning in reading.described.items()
                if name.startswith(NOT_KNOWN)
            },
        )


class LdapPosture:
    """One `[directory]` block of kind `ldap`."""

    def __init__(
        self, options: DirectoryOptions, password: str = "", *, timeouts: Timeouts | None = None
    ) -> None:
        self._options = options
        self._password = password
        self._timeouts = timeouts or Timeouts()
        self._hosts = options.hosts

    def look(self, attributes: Collection[str], progress: Progress) -> DirectoryFacts:
        """Try every server, then look closely at the first that lets us in."""
        servers: list[Server] = []
        facts: DirectoryFacts | None = None
        for to in self._hosts:
            try:
                with connected(to, self._options, self._password, self._timeouts) as connection:
                    root = read_entry(connection, "", _ROOT).attributes
                    servers.append(_server(to, connection, root))
                    if facts is None:
                        facts = self._look(to, connection, root, attributes, progress)
            except ServerFailed as error:
                servers.append(Server(to.url, str(error), error.hint))
            except SignInError as error:
                servers.append(Server(to.url, error.message, error.hint))
        if facts is None:
            return DirectoryFacts(self._options.name, DirectoryKind.LDAP, tuple(servers))
        source = ActiveDirectory(self._options, self._password, timeouts=self._timeouts)
        return _with(facts, tuple(servers), _read(source.read, attributes, progress, self._options))

    def _look(
        self,
        to: LdapHost,
        connection: ldap3.Connection,
        root: Mapping[str, tuple[bytes, ...]],
        attributes: Collection[str],
        progress: Progress,
    ) -> DirectoryFacts:
        options, domain = self._options, text(root, "defaultnamingcontext")
        progress("looking at the directory", 0, None)
        dacls = piece(lambda: people_dacls(connection, options))
        containers = {} if isinstance(dacls, Unread) else container_descriptors(connection, dacls, domain)
        return DirectoryFacts(
            name=options.name,
            kind=DirectoryKind.LDAP,
            who=_who(connection, root, options),
            bind=str(options.bind),
            policy=piece(lambda: _policy(connection, root)),
            schema=piece(partial(described, connection, text(root, "schemanamingcontext"), attributes)),
            global_catalog=is_global_catalog(connection),
            writable=piece(lambda: writable(connection, dacls, options)),
            others=piece(lambda: others(connection, options)),
            dacls=dacls,
            containers=containers,
            head=piece(lambda: (domain, descriptor(connection, domain))),
            admin_holder=piece(lambda: descriptor(connection, f"CN=AdminSDHolder,CN=System,{domain}")),
            connectors=piece(lambda: connectors(connection, domain, options)),
            password_age=piece(lambda: password_age(connection, domain)),
        )


def _with(
    facts: DirectoryFacts, servers: tuple[Server, ...], reading: DirectoryReading | Unread
) -> DirectoryFacts:
    if isinstance(reading, Unread):
        return replace(facts, servers=servers, people=reading)
    return replace(facts, servers=servers, people=reading.people, admins_unseen=reading.admins_unseen)


def _read(
    read: Callable[[Collection[str], Progress], DirectoryReading],
    attributes: Collection[str],
    progress: Progress,
    options: DirectoryOptions,
) -> DirectoryReading | Unread:
    try:
        return read(attributes, progress)
    except (Incomplete, ConfigError) as error:
        return _unread(error, options)


def _unread(error: Incomplete | ConfigError, options: DirectoryOptions) -> Unread:
    return Unread(mask_within(error.message, options.names), mask_within(error.hint, options.names))


# ---------------------------------------------------------------- the server


def _server(to: LdapHost, connection: ldap3.Connection, root: Mapping[str, tuple[bytes, ...]]) -> Server:
    tls, shown = "", None
    with contextlib.suppress(AttributeError, ValueError):  # ldap3's socket is TLS's once it is open
        tls = connection.socket.version() or ""
        shown = _certificate(connection.socket.getpeercert() or {})
    return Server(
        to.url,
        tls=tls,
        certificate=shown,
        name=text(root, "dnshostname"),
        read_only=_READ_ONLY in root.get("supportedcapabilities", ()),
    )


def _certificate(shown: Mapping[str, Any]) -> Certificate | None:
    """What `ssl` tells of a verified certificate."""
    until = shown.get("notAfter")
    if not isinstance(until, str):
        return None
    names = [value for kind, value in shown.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    issuer = [value for part in shown.get("issuer", ()) for name, value in part if name == "commonName"]
    # RFC 5280 times as OpenSSL prints them: `Nov 22 17:00:00 2027 GMT`
    moment = datetime.strptime(until, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    return Certificate(tuple(names), next(iter(issuer), ""), moment)


def _who(
    connection: ldap3.Connection, root: Mapping[str, tuple[bytes, ...]], options: DirectoryOptions
) -> str | Unread:
    """RFC 4532. A server that does not know it is not asked: ldap3 stumbles over the refusal."""
    asked = f"config says {options.user}" if options.user else "it is the ticket's owner"
    if _WHO_AM_I not in root.get("supportedextension", ()):
        return Unread(f"The server does not say who that is; {asked}.")
    try:
        found = connection.extend.standard.who_am_i()
    except (LDAPException, OSError, *UNREADABLE) as error:
        return Unread(f"The server was asked who that is, and answered: {error}.")
    who = found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found or "")
    return who.removeprefix("u:").removeprefix("dn:") or Unread(f"The server says nobody; {asked}.")


def _policy(connection: ldap3.Connection, root: Mapping[str, tuple[bytes, ...]]) -> Mapping[str, int]:
    """The limits of this server's own query policy, else of the default one."""
    service, configuration = text(root, "dsservicename"), text(root, "configurationnamingcontext")
    dn = (
        "CN=Default Query Policy,CN=Query-Policies,"
        f"CN=Directory Service,CN=Windows NT,CN=Services,{configuration}"
    )
    if service:
        own = text(read_entry(connection, service, ["queryPolicyObject"]).attributes, "querypolicyobject")
        dn = own or dn
    limits = read_entry(connection, dn, ["lDAPAdminLimits"]).attributes.get("ldapadminlimits", ())
    pairs = [limit.decode("utf-8", "replace").partition("=") for limit in limits]
    found = {name.strip(): int(value) for name, _, value in pairs if value.strip().isdigit()}
    if not found:
        raise ServerFailed(f"{dn} holds no limits that this account may see")
    return found
