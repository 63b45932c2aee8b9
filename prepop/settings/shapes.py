"""The shape of `prepop.toml` and of a mapping: keys, types, bounds (CONTRACT sections 4 and 5).

pydantic checks one section at a time and reports all its mistakes; what concerns several keys at once
is in `consistency`. Every key has a default here, so that a section with a mistake can be checked again
without it; what must be there is asked for in `consistency`.
"""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from prepop.model import Policy
from prepop.options import (
    NOTIFY_VARIABLE,
    Bind,
    Credential,
    DirectoryKind,
    Environment,
    EventsTo,
    Extension,
    Limit,
    Limits,
    MatchBy,
    NotifyWhen,
    Remove,
    ReportFormat,
    Screen,
    Several,
)
from prepop.settings.documents import quoted
from prepop.settings.limits import parse_limit

# RFC 4512 section 1.4: a descriptor (letters, digits, hyphens) or a dotted number.
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+")
_SPAN = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIRECTORY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("holds a line break or another control character. A backslash is written twice.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8 text.") from None
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty.")
    return text


def _listed(value: object) -> object:
    """One text where a list is asked for is a list of one; TOML's lists become tuples."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _attribute(name: str) -> str:
    file, colon, column = name.partition(":")
    if colon and _DIRECTORY_NAME.fullmatch(file) and column.strip():
        return f"{file}:{column.strip()}"  # a column of an extra file
    return _ldap_attribute(name)


def _ldap_attribute(name: str) -> str:
    if not _ATTRIBUTE.fullmatch(name):
        raise ValueError(
            f"{quoted(name)} cannot be an LDAP attribute: a name has letters, digits and hyphens only."
        )
    return name


def _variable(name: str) -> str:
    # The value is not shown: it may be the secret itself, put in the wrong place.
    if name and not _VARIABLE.fullmatch(name):
        raise ValueError("is not the name of an environment variable (letters, digits and _ only).")
    return name


def _directory_name(name: str) -> str:
    if not _DIRECTORY_NAME.fullmatch(name):
        raise ValueError(f"{quoted(name)} cannot be a name: use letters, digits, dots, hyphens and _.")
    return name


def span(text: str) -> timedelta:
    """A length of time such as 26h, 90m, 2d or 1d12h. Raises ValueError for anything else."""
    found = _SPAN.fullmatch(text.strip())
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    length = timedelta(days=days, hours=hours, minutes=minutes)
    if not length:
        raise ValueError(f'{quoted(text)} is no length of time. Say "26h", "90m" or "2d".')
    return length


def _span(text: str) -> str:
    span(text)
    return text


def region(text: str) -> str:
    """An ISO region that the numbering plans know. Raises ValueError with the likely one."""
    # the numbering plans take a tenth of a second to load, and most configs name no region
    from prepop.rules.values.phones.regions import known_region, near_region

    if known_region(text):
        return text
    meant = near_region(text)
    hint = f'Did you mean "{meant}"?' if meant else 'It is the two capital letters of ISO 3166, such as "DE".'
    raise ValueError(f"{quoted(text)} is not known. {hint}")


Text = Annotated[str, AfterValidator(_plain)]
Filled = Annotated[Text, AfterValidator(_filled)]
Texts = Annotated[tuple[Filled, ...], BeforeValidator(_listed)]
VariableName = Annotated[Text, AfterValidator(_variable)]
Attributes = Annotated[tuple[Annotated[Filled, AfterValidator(_attribute)], ...], BeforeValidator(_listed)]
LdapAttribute = Annotated[Filled, AfterValidator(_ldap_attribute)]
RegionCode = Annotated[Text, AfterValidator(region)]
LimitText = Annotated[Limit, BeforeValidator(parse_limit)]


class Shape(BaseModel):
    """No key beyond those named, and no value turned into another type: "yes" is not true."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


_word = Field(strict=False)  # enums come as their words

DEFAULT_LIMITS = Limits()


class DirectoryShape(Shape):
    """One `[directory]` block."""

    name: Annotated[Filled, AfterValidator(_directory_name)] = "directory"
    kind: Annotated[DirectoryKind, _word] = DirectoryKind.LDAP
    path: Text = ""
    url: Texts = ()
    base: Texts = ()
    filter: Text = ""
    ca_file: Text = ""
    start_tls: bool = False
    tls_names: Texts = ()
    bind: Annotated[Bind, _word] = Bind.KERBEROS
    user: Text = ""
    password_env: VariableName = ""
    password_file: Text = ""
    password_vault: Text = ""
    page_size: Annotated[int, Field(ge=1, le=1000)] = 1000
    sync_account: Text = ""


class ExtraShape(Shape):
    """One `[[extra]]` block."""

    name: Annotated[Filled, AfterValidator(_directory_name)] = ""
    path: Text = ""
    sheet: Text = ""
    key: Text = ""
    attribute: LdapAttribute = ""
    max_age_hours: Annotated[int, Field(ge=0, le=87_600)] = 48


class CloudShape(Shape):
    """The `[cloud]` section."""

    tenant: Text = ""
    environment: Annotated[Environment, _word] = Environment.GLOBAL
    endpoint: Text = ""
    credential: Annotated[Credential, _word] = Credential.MANAGED_IDENTITY
    client_id: Text = ""
    certificate_file: Text = ""
    certificate_password_env: VariableName = ""
    certificate_password_file: Text = ""
    secret_env: VariableName = ""
    secret_file: Text = ""
    screen: Annotated[Screen, _word] = Screen.REPORT
    requests_in_flight: Annotated[int, Field(ge=1, le=20)] = 4
    gates: Annotated[int, Field(ge=1, le=2)] = 1
    telephony_provider: Literal["auto"] | bool = "auto"


class ScopeShape(Shape):
    """The `[scope]` section."""

    groups: Texts = ()
    exclude_groups: Texts = ()
    users: Texts = ()
    match: Annotated[tuple[Annotated[MatchBy, _word], ...], BeforeValidator(_listed)] = (
        MatchBy.ANCHOR,
        MatchBy.SID,
    )
    disabled: bool = False
    guests: bool = False
    privileged: bool = False
    protected: Texts = ()


class LimitsShape(Shape):
    """The `[limits]` section."""

    additions: LimitText = DEFAULT_LIMITS.additions
    replacements: LimitText = DEFAULT_LIMITS.replacements
    removals: LimitText = DEFAULT_LIMITS.removals
    unmatched: LimitText = DEFAULT_LIMITS.unmatched
    unread: LimitText = DEFAULT_LIMITS.unread
    source_shrink: LimitText = DEFAULT_LIMITS.source_shrink
    cloud_shrink: LimitText = DEFAULT_LIMITS.cloud_shrink
    min_population: Annotated[int, Field(ge=0, le=10_000_000)] = DEFAULT_LIMITS.min_population
    failures: LimitText = DEFAULT_LIMITS.failures
    refusals: LimitText = DEFAULT_LIMITS.refusals
    unreadable: LimitText = DEFAULT_LIMITS.unreadable


class TrustShape(Shape):
    """The `[trust]` section."""

    shared_value_max: Annotated[int, Field(ge=1, le=10_000)] = 1
    cool_down_days: Annotated[int, Field(ge=0, le=366)] = 0
    countries: Annotated[tuple[RegionCode, ...], BeforeValidator(_listed)] = ()
    extra_domains: Texts = ()
    refused_days: Annotated[int, Field(ge=0, le=366)] = 7


class StateShape(Shape):
    """The `[state]` section."""

    dir: Filled = "state"
    keep_days: Annotated[int, Field(ge=1, le=36_600)] = 90


class ReportShape(Shape):
    """The `[report]` section."""

    dir: Filled = "reports"
    formats: Annotated[tuple[Annotated[ReportFormat, _word], ...], BeforeValidator(_listed)] = tuple(
        ReportFormat
    )


class NotifyShape(Shape):
    """The `[notify]` section."""

    when: Annotated[NotifyWhen, _word] = NotifyWhen.ATTENTION
    urls_env: VariableName = NOTIFY_VARIABLE
    urls_file: Text = ""
    attach: Annotated[tuple[Annotated[ReportFormat, _word], ...], BeforeValidator(_listed)] = ()
    within: Annotated[Text, AfterValidator(_span)] = "26h"


class PeopleShape(Shape):
    """The `[notify.people]` section; without it nobody gets a mail."""

    server: Text = ""
    user: Text = ""
    password_env: VariableName = ""
    password_file: Text = ""
    sender: Text = ""
    templates: Text = ""
    most: Annotated[int, Field(ge=1, le=100_000)] = 500
    removals: bool = False


class MetricsShape(Shape):
    """The `[metrics]` section."""

    textfile: Text = ""
    otlp: Text = ""


class LogShape(Shape):
    """The `[log]` section."""

    events: Annotated[EventsTo, _word] = EventsTo.NONE


class TopShape(Shape):
    """What stands outside of all sections."""

    mapping: Text = ""


class RegionShape(Shape):
    """`[region]` of a mapping. `ou` is looked at key by key in `mapping_file`."""

    attributes: Attributes = Field(default=(), alias="from")
    ou: dict[str, RegionCode] = {}
    default: RegionCode | None = None


class MethodShape(Shape):
    """`[mobile]`, `[alternateMobile]` and `[email]` of a mapping."""

    attributes: Attributes = Field(default=(), alias="from")
    several: Annotated[Several, _word] = Several.LEAVE_ALONE
    policy: Annotated[Policy, _word] = Policy.FILL
    remove: Annotated[Remove, _word] = Remove.NEVER


class OfficeShape(MethodShape):
    """`[office]` of a mapping, whose numbers may have an extension."""

    extension: Annotated[Extension, _word] = Extension.LEAVE_ALONE
