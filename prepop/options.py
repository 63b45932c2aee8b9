"""What the engineer decided: the parts of `prepop.toml` that rules and steps look at.

Plain frozen dataclasses; `settings` fills and checks them, CONTRACT section 4 describes every key.
"""

import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from prepop.model import Method, Policy


class MatchBy(StrEnum):
    """A way to find a person's account."""

    ANCHOR = "anchor"
    SID = "sid"
    UPN = "upn"


class Screen(StrEnum):
    """How present methods are looked at first."""

    REPORT = "report"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Scope:
    """Who may be changed at all."""

    groups: tuple[str, ...] = ()
    exclude_groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    match: tuple[MatchBy, ...] = (MatchBy.ANCHOR, MatchBy.SID)
    disabled: bool = False
    guests: bool = False
    privileged: bool = False
    protected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """A number, a share (0 to 1) of a population, or both: more than either blocks. None: not limited so.

    A share counts only from `min_population` on.
    """

    count: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one run may change before somebody has to look."""

    additions: Limit = Limit(500, 0.20)
    replacements: Limit = Limit(50, 0.05)
    removals: Limit = Limit(10, 0.01)
    unmatched: Limit = Limit(None, 0.20)
    unread: Limit = Limit(None, 0.10)
    source_shrink: Limit = Limit(None, 0.10)
    cloud_shrink: Limit = Limit(None, 0.10)
    min_population: int = 50
    failures: Limit = Limit(25, 0.10)
    refusals: Limit = Limit(None, 0.20)
    unreadable: Limit = Limit(10, 0.01)


@dataclass(frozen=True, slots=True)
class Trust:
    """Which values are believed."""

    shared_value_max: int = 1
    cool_down_days: int = 0
    countries: tuple[str, ...] = ()
    extra_domains: tuple[str, ...] = ()
    refused_days: int = 7


# ---------------------------------------------------------------- the mapping file: CONTRACT section 5


class Several(StrEnum):
    """What to do with several usable values in one attribute, which LDAP keeps in no order."""

    LEAVE_ALONE = "leave-alone"
    FIRST = "first"  # in sorted order of the normal form


class Extension(StrEnum):
    """What to do with an office number that ends in an extension."""

    LEAVE_ALONE = "leave-alone"
    KEEP = "keep"
    DROP = "drop"


class Remove(StrEnum):
    """Whether a method goes when the directory has no value any more."""

    NEVER = "never"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Region:
    """Which numbering plan a number without + belongs to.

    attributes: hold the person's own country (ISO code, or name), first usable one wins.
    ou: DN suffix to ISO region; the longest suffix wins. default: ISO region, or "" for none.
    """

    attributes: tuple[str, ...] = ()
    ou: tuple[tuple[str, str], ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class MethodRule:
    """Where one method's value comes from and what may happen to the method. `attributes` as written."""

    method: Method
    attributes: tuple[str, ...]
    policy: Policy = Policy.FILL
    remove: Remove = Remove.NEVER
    several: Several = Several.LEAVE_ALONE
    extension: Extension = Extension.LEAVE_ALONE


@dataclass(frozen=True, slots=True)
class MappingRules:
    """One mapping file. `rules` in the order of `Method`, at most one a method."""

    region: Region
    rules: tuple[MethodRule, ...]

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute to be read, each once (by lower case), in the order of the file."""
        names = [*self.region.attributes, *(name for rule in self.rules for name in rule.attributes)]
        return tuple({name.lower(): name for name in reversed(names)}.values())[::-1]

    @property
    def of_the_directory(self) -> tuple[str, ...]:
        """The attributes that a directory has; the others are columns of extra files."""
        return tuple(name for name in self.attributes if ":" not in name)

    def columns_of(self, file: str) -> tuple[str, ...]:
        """The columns of one extra file (by its name in the config) that are to be read, as written."""
        named = (name.partition(":") for name in self.attributes)
        return tuple(column for of, colon, column in named if colon and of.lower() == file.lower())


# ---------------------------------------------------------------- the edges: CONTRACT section 4


class DirectoryKind(StrEnum):
    """Where people are read from."""

    LDAP = "ldap"
    LDIF = "ldif"
    CSV = "csv"


class Bind(StrEnum):
    """How prepop signs in to Active Directory."""

    KERBEROS = "kerberos"
    SIMPLE = "simple"


@dataclass(frozen=True, slots=True)
class LdapHost:
    """A domain controller, as settings read it from a URL.

    url: as the config has it. tls: from the first byte (ldaps); else StartTLS, never without.
    """

    url: str
    host: str
    port: int
    tls: bool

    @property
    def is_ip(self) -> bool:
        """True where the host is an IP address, not a name."""
        return _ip(self.host) is not None


@dataclass(frozen=True, slots=True)
class DirectoryOptions:
    """One `[directory]` block, right by every rule of `settings`. `path` and `ca_file` are absolute.

    hosts: tried in order. base: distinguished names, none inside another. filter: RFC 4515, or "".
    sync_account: whom Entra Connect works as, for `check`; "" looks for the names that it gives itself.
    password_vault: the URL of its password in Key Vault, "" where it stands elsewhere. Never shown.
    """

    name: str = "directory"
    kind: DirectoryKind = DirectoryKind.LDAP
    path: Path | None = None
    hosts: tuple[LdapHost, ...] = ()
    base: tuple[str, ...] = ()
    filter: str = ""
    ca_file: Path | None = None
    tls_names: tuple[str, ...] = ()
    bind: Bind = Bind.KERBEROS
    user: str = ""
    page_size: int = 1000
    sync_account: str = ""
    password_vault: str = field(default="", repr=False)

    @property
    def names(self) -> frozenset[str]:
        """What its servers, accounts and files are called: no secret, whatever it looks like."""
        hosts = [name for host in self.hosts for name in (host.url, host.host, f"{host.host}:{host.port}")]
        files = [str(path) for path in (self.path, self.ca_file) if path]
        return frozenset(
            (self.name, self.user, self.sync_account, *self.tls_names, *self.base, *hosts, *files)
        )


@dataclass(frozen=True, slots=True)
class ExtraOptions:
    """One `[[extra]]` file, right by every rule of `settings`. `path` is absolute.

    key: the column that names the person; attribute: the directory's attribute with the same text.
    sheet: of a workbook, "" for the first. max_age_hours: an older file is no reading; 0 for any age.
    """

    name: str
    path: Path
    key: str
    attribute: str
    sheet: str = ""
    max_age_hours: int = 48


def is_own(attribute: str) -> bool:
    """Whether each person has this attribute anyway, by which extra files may be joined."""
    return attribute.lower() in ("objectguid", "userprincipalname", "samaccountname")


class Environment(StrEnum):
    """The national clouds: GRAPH section 8."""

    GLOBAL = "global"
    US_GOV = "usgov"
    US_GOV_DOD = "usgov-dod"
    CHINA = "china"


class Credential(StrEnum):
    """How prepop signs in to Entra ID; each an explicit class, never a chain that guesses."""

    MANAGED_IDENTITY = "managed-identity"
    WORKLOAD_IDENTITY = "workload-identity"
    CERTIFICATE = "certificate"
    SECRET = "secret"  # noqa: S105 - the name of a kind, not a secret
    AZURE_CLI = "azure-cli"
    DEVICE_CODE = "device-code"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CloudOptions:
    """The `[cloud]` block, right by every rule of `settings`. The files are absolute.

    federated_token_file: where the platform puts the token of a workload identity.
    """

    tenant: str
    environment: Environment = Environment.GLOBAL
    endpoint: str = ""
    credential: Credential = Credential.MANAGED_IDENTITY
    client_id: str = ""
    certificate_file: Path | None = None
    screen: Screen = Screen.REPORT
    requests_in_flight: int = 4
    gates: int = 1
    telephony_provider: bool | None = None
    """Whether a provider carries SMS and calls on; None: as the methods policy says."""
    federated_token_file: Path | None = None


def is_loopback(host: str) -> bool:
    """True for localhost and for the loopback addresses; no name is looked up."""
    address = _ip(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


class ReportFormat(StrEnum):
    """The forms in which a plan or run is reported."""

    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


class NotifyWhen(StrEnum):
    """Which ends of a run are told elsewhere."""

    NEVER = "never"
    ATTENTION = "attention"  # that need a person
    CHANGES = "changes"  # also those that wrote something
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class NotifyOptions:
    """`[notify]`. attach: forms of the report that go along. within: how old the last good run may be."""

    when: NotifyWhen = NotifyWhen.ATTENTION
    attach: tuple[ReportFormat, ...] = ()
    within: timedelta = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Values that `_env` and `_file` keys led to. Never printed."""

    ldap_passwords: dict[str, str] = field(default_factory=dict, repr=False)  # by directory name
    client_secret: str = field(default="", repr=False)
    certificate_password: str = field(default="", repr=False)
    notify_urls: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that config, mapping and environment say, checked.

    config_digest: SHA-256 (hex) of what decides a plan: directories, extra files, cloud, scope, limits,
    trust, but no secret, no place of state or reports and nothing of speed. mapping_digest: of the mapping
    alone.
    """

    config_file: Path
    mapping_file: Path
    mapping: MappingRules
    directories: tuple[DirectoryOptions, ...]
    cloud: CloudOptions
    scope: Scope
    limits: Limits
    trust: Trust
    state_dir: Path
    keep_days: int
    report_dir: Path
    formats: tuple[ReportFormat, ...]
    secrets: Secrets
    config_digest: str
    mapping_digest: str
    extras: tuple[ExtraOptions, ...] = ()
    notify: NotifyOptions = NotifyOptions()
    metrics_textfile: Path | None = None

    @property
    def asked(self) -> tuple[str, ...]:
        """The attributes that are to be read of each directory: the mapping's, and what joins extra files."""
        joining = (extra.attribute for extra in self.extras if not is_own(extra.attribute))
        names = (*self.mapping.of_the_directory, *joining)
        return tuple({name.lower(): name for name in reversed(names)}.values())[::-1]

    @property
    def names(self) -> frozenset[str]:
        """What servers, accounts and files of this config are called: no secret, whatever it looks like."""
        cloud = self.cloud
        files = (self.config_file, self.mapping_file, cloud.certificate_file, cloud.federated_token_file)
        folders = (self.state_dir, self.report_dir)
        beside = (text for extra in self.extras for text in (extra.path, extra.name, extra.attribute))
        named = [str(path) for path in (*files, *folders, *beside) if path]
        return frozenset((cloud.tenant, cloud.endpoint, cloud.client_id, *named)).union(
            *(directory.names for directory in self.directories)
        )
