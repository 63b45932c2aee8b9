"""Where people, accounts, files and notices are: the edges of the program, and all settings together."""

import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from prepop.options.deciding import Limits, MappingRules, Scope, Screen, Trust


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


class EventsTo(StrEnum):
    """Where a run's events go besides the log."""

    NONE = "none"
    WINDOWS = "windows"  # Event Log, numbered
    JOURNAL = "journal"  # fields of systemd's journal


NOTIFY_VARIABLE = "PREPOP_NOTIFY_URLS"
"""The variable that holds the addresses of notices where `notify.urls_env` names no other."""


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
class PeopleOptions:
    """`[notify.people]`: each person hears by mail of what was changed on the own account.

    tls: from the first byte (smtps); else STARTTLS, never without. templates: an own folder of them, or None.
    most: mails a run. removals: also people of whom something was removed only.
    """

    host: str
    port: int
    tls: bool
    sender: str
    user: str = ""
    templates: Path | None = None
    most: int = 500
    removals: bool = False


@dataclass(frozen=True, slots=True)
class Secrets:
    """Values that `_env` and `_file` keys led to. Never printed."""

    ldap_passwords: dict[str, str] = field(default_factory=dict, repr=False)  # by directory name
    client_secret: str = field(default="", repr=False)
    certificate_password: str = field(default="", repr=False)
    notify_urls: tuple[str, ...] = field(default=(), repr=False)
    mail_password: str = field(default="", repr=False)


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
    people: PeopleOptions | None = None
    metrics_textfile: Path | None = None
    metrics_otlp: str = ""
    events_to: EventsTo = EventsTo.NONE

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
