"""What `check` knows: plain facts of the directories and of the tenant, each piece possibly `Unread`.

`sources.posture` and `cloud.posture` fill them; nothing here judges.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prepop.model import (
    Account,
    ExtraReading,
    Method,
    MethodsPolicy,
    Person,
    Privileged,
    Registration,
    TenantFacts,
)
from prepop.options import CloudOptions, DirectoryKind, MappingRules, Scope
from prepop.rules.extras.joining import Fit
from prepop.rules.readiness.population import Population
from prepop.rules.readiness.words import Unread

NOT_ASKED = Unread("It was not looked at.")
TENANT_NOT_ASKED = Unread(
    "The tenant was not asked.", "register the app, complete [cloud], then `prepop check`"
)
"""Instead of the tenant's facts, where the directory alone is looked at."""

# ---------------------------------------------------------------- a directory


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server showed. `until`: the end of its validity, UTC."""

    names: tuple[str, ...]
    issuer: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Server:
    """One URL of the config. `problem` is "" where connecting, TLS and bind all went well."""

    url: str
    problem: str = ""
    hint: str = ""
    tls: str = ""
    certificate: Certificate | None = None
    name: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """What the schema says of one attribute of the mapping. `known` False: there is no such attribute.

    id, set_id: schemaIDGUID and attributeSecurityGUID as stored (16 bytes, or b""). confidential: reading
    takes a right of its own. everywhere: replicated to all domain controllers. filtered: kept from
    read-only ones. catalog: in the global catalog.
    """

    name: str
    known: bool = True
    id: bytes = b""
    set_id: bytes = b""
    confidential: bool = False
    everywhere: bool = True
    filtered: bool = False
    catalog: bool = True


@dataclass(frozen=True, slots=True)
class PeopleDacl:
    """People of one container with one and the same DACL. `example` is the DN of one of them."""

    container: str
    descriptor: bytes
    people: int
    example: str
    admins: int = 0


@dataclass(frozen=True, slots=True)
class Connector:
    """An account with which a synchronisation writes passwords back. sids: its own and its groups'."""

    name: str
    dn: str
    sids: frozenset[str]


@dataclass(frozen=True, slots=True)
class DirectoryFacts:
    """One directory. For an export most pieces are Unread: a file has no server.

    writable: attributes and child classes that the reading account may write on the people looked at.
    dacls: of the people; containers: by DN; head: the domain; admin_holder: adminSDHolder: all self-relative
    security descriptors. password_age: minPwdAge of the domain policy. not_known: what an
    export leaves out, and what follows. admins_unseen: as `DirectoryReading` has it.
    """

    name: str
    kind: DirectoryKind
    servers: tuple[Server, ...] = ()
    people: tuple[Person, ...] | Unread = NOT_ASKED
    admins_unseen: str = ""
    who: str | Unread = NOT_ASKED
    bind: str = ""
    policy: Mapping[str, int] | Unread = NOT_ASKED
    schema: Mapping[str, Attribute] | Unread = NOT_ASKED
    global_catalog: bool = False
    writable: tuple[str, ...] | Unread = NOT_ASKED
    others: Mapping[str, int] | Unread = NOT_ASKED
    dacls: tuple[PeopleDacl, ...] | Unread = NOT_ASKED
    containers: Mapping[str, bytes] = field(default_factory=dict)
    head: tuple[str, bytes] | Unread = NOT_ASKED
    admin_holder: bytes | Unread = NOT_ASKED
    connectors: tuple[Connector, ...] | Unread = NOT_ASKED
    password_age: timedelta | Unread = NOT_ASKED
    not_known: Mapping[str, str] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        """True for an export, and where at least one server let us in."""
        return self.kind is not DirectoryKind.LDAP or any(not server.problem for server in self.servers)


# ---------------------------------------------------------------- extra files


@dataclass(frozen=True, slots=True)
class ExtraFacts:
    """One extra file. fit: how its rows and the people who were read belong together, None without people."""

    name: str
    reading: ExtraReading | Unread
    fit: Fit | None = None


# ---------------------------------------------------------------- the tenant


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the tenant says of its synchronisation. `last_sync`: UTC, None where it says nothing."""

    synced: bool
    last_sync: datetime | None


@dataclass(frozen=True, slots=True)
class Sku:
    """One subscription. plans: service plan ids that are provisioned. usable: GRAPH section 7d."""

    id: str
    part: str
    status: str
    seats: int
    used: int
    plans: frozenset[str]

    @property
    def usable(self) -> bool:
        """Enabled or in its grace period, with seats."""
        return self.status in ("Enabled", "Warning") and self.seats > 0


@dataclass(frozen=True, slots=True)
class SyncFeatures:
    """What Entra Connect last published; None where the answer does not name it (GRAPH section 7a).

    directory_wins: mobile and otherMobile of the directory over what was set in the cloud (GRAPH section 3).
    """

    writeback: bool | None
    password_hashes: bool | None = None
    cloud_policy: bool | None = None
    directory_wins: bool | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What the access token allows. `app`: False for a signed-in person, whose `roles` are scopes then."""

    app: bool
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Probe:
    """One read that was tried. `permission`: the narrowest one for it. ok: None where nothing could be
    told.
    """

    permission: str
    what: str
    ok: bool | None
    says: str = ""


@dataclass(frozen=True, slots=True)
class CloudFacts:
    """The tenant. Lists are complete, or Unread.

    resets: what people did since the run that is to be proved.
    members: account ids of the scope's groups, by name; unread_groups: why some could not be read.
    """

    tenant: TenantFacts | Unread
    organisation: Organisation | Unread
    accounts: tuple[Account, ...] | Unread
    registrations: Mapping[str, Registration] | Unread
    privileged: Privileged
    members: Mapping[str, frozenset[str]]
    skus: tuple[Sku, ...] | Unread
    features: SyncFeatures | Unread
    policy: MethodsPolicy | Unread
    admins_may_reset: bool | Unread
    token: Token | Unread
    probes: tuple[Probe, ...]
    email_methods: bool = True
    unread_groups: tuple[str, ...] = ()
    resets: "tuple[Reset, ...] | Unread" = NOT_ASKED


# ---------------------------------------------------------------- proof


@dataclass(frozen=True, slots=True)
class WrittenAccount:
    """An account that a run wrote, with the methods whose outcome was done."""

    id: str
    upn: str
    methods: frozenset[Method]


@dataclass(frozen=True, slots=True)
class ProofFacts:
    """What a run wrote. `at`: when it ended, UTC."""

    run: str
    at: datetime
    accounts: tuple[WrittenAccount, ...]


@dataclass(frozen=True, slots=True)
class Reset:
    """One line of the audit log about self-service password reset (GRAPH section 7g). at: UTC.

    account: whose password it was about, by object id. done: None where the log says neither yes nor no.
    """

    account: str
    at: datetime
    activity: str
    done: bool | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReadinessFacts:
    """Everything that is judged. proof: None where nobody asked. credential_ends: when the certificate of the
    sign-in runs out, None where there is none or that cannot be seen from here.
    """

    now: datetime
    mapping: MappingRules
    scope: Scope
    options: CloudOptions
    directories: tuple[DirectoryFacts, ...]
    cloud: CloudFacts | Unread
    population: Population | Unread
    proof: ProofFacts | Unread | None = None
    extras: tuple[ExtraFacts, ...] = ()
    credential_ends: datetime | None = None
