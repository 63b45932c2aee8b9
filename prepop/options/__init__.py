"""What the engineer decided: the parts of `prepop.toml` that rules and steps look at.

Plain frozen dataclasses; `settings` fills and checks them, CONTRACT section 4 describes every key.

    deciding     what decides a plan: scope, limits, trust, the mapping
    edges        where people, accounts, files and notices are; all settings together
"""

from prepop.options.deciding import (
    Extension,
    Limit,
    Limits,
    MappingRules,
    MatchBy,
    MethodRule,
    Region,
    Remove,
    Scope,
    Screen,
    Several,
    Trust,
)
from prepop.options.edges import (
    NOTIFY_VARIABLE,
    Bind,
    CloudOptions,
    Credential,
    DirectoryKind,
    DirectoryOptions,
    Environment,
    EventsTo,
    ExtraOptions,
    LdapHost,
    NotifyOptions,
    NotifyWhen,
    PeopleOptions,
    ReportFormat,
    Secrets,
    Settings,
    is_loopback,
    is_own,
)

__all__ = [
    "NOTIFY_VARIABLE",
    "Bind",
    "CloudOptions",
    "Credential",
    "DirectoryKind",
    "DirectoryOptions",
    "Environment",
    "EventsTo",
    "Extension",
    "ExtraOptions",
    "LdapHost",
    "Limit",
    "Limits",
    "MappingRules",
    "MatchBy",
    "MethodRule",
    "NotifyOptions",
    "NotifyWhen",
    "PeopleOptions",
    "Region",
    "Remove",
    "ReportFormat",
    "Scope",
    "Screen",
    "Secrets",
    "Settings",
    "Several",
    "Trust",
    "is_loopback",
    "is_own",
]
