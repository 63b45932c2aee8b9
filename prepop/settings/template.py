"""Texts of `prepop.toml`: the one that an engineer fills in, and the one of the rehearsal."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from prepop.options import DirectoryKind


def demo_config(
    directory_ldif: Path,
    mapping: Path,
    endpoint: str,
    *,
    kind: DirectoryKind = DirectoryKind.LDIF,
    tenant: str = "contoso.onmicrosoft.com",
    state: str = "state",
    reports: str = "reports",
    verb: str = "demo",
    extra: str = "",
) -> str:
    """The config of the rehearsal: an export file for a directory, a sandbox on loopback for a tenant.

    Paths may be relative to the folder that the config will stand in. Limits are wide, because a
    rehearsal adds most of its people at once. extra: a file of HR whose rows belong to people by their
    employeeID, or "".
    """
    return f"""\
# prepop {verb} wrote this: a sample directory and an emulated tenant on this machine.
mapping = {_text(mapping)}

[directory]
kind = "{kind}"
path = {_text(directory_ldif)}
{_extra_block(extra)}
[cloud]
tenant = {_text(tenant)}
endpoint = {_text(endpoint)}          # the sandbox; nothing leaves this machine
credential = "none"

[limits]                            # a first run of everybody at once
additions = "100%"

[state]
dir = {_text(state)}

[report]
dir = {_text(reports)}
"""


def _extra_block(path: str) -> str:
    if not path:
        return ""
    return f"""
[[extra]]                           # the mapping names its columns as "hr:..."
name = "hr"
path = {_text(path)}
key = "Personnel no."
attribute = "employeeID"
"""


def config_template(
    *,
    mapping: str = "mappings/default.toml",
    url: str = "ldaps://dc1.corp.example",
    base: str = "OU=Staff,DC=corp,DC=example",
    tenant: str = "contoso.onmicrosoft.com",
) -> str:
    """A commented `prepop.toml` for a domain controller and a tenant, with every key and its default.

    What an engineer has to change is in the arguments. `load` accepts it as it is, once the mapping
    file is there.
    """
    return _TEMPLATE.format(mapping=_text(mapping), url=_text(url), base=_text(base), tenant=_text(tenant))


def _text(value: str | Path) -> str:
    """A TOML basic string. JSON's escapes are those of TOML, except for the delete character."""
    text = value.as_posix() if isinstance(value, Path) else value
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_TEMPLATE = """\
# prepop: what it reads, what it may write, and how much of it.
#
# Relative paths count from this file. Any key can be set by the environment, with two underscores
# between its parts: PREPOP_DIRECTORY__PAGE_SIZE=500. No secret stands here: a key that ends in _env
# names the variable that holds it, one that ends in _file the file.

mapping = {mapping}   # which attribute fills which method

[directory]
kind = "ldap"                       # ldap | ldif | csv
url = [{url}]   # ldaps:// (or ldap:// with start_tls = true); tried in order
base = [{base}]
filter = ""                         # and-ed to: user objects; "(company=Contoso)"
# ca_file = "corp-ca.pem"           # the CA of the domain controllers, where the system does not know it
# start_tls = true                  # for ldap:// addresses; certificates are always verified
# tls_names = ["dc.corp.example"]   # names the certificate may bear besides the host in the address
bind = "kerberos"                   # kerberos | simple (then user and password_env or password_file)
# user = "svc-prepop@corp.example"
# password_env = "PREPOP_LDAP_PASSWORD"   # or password_file, or from Key Vault:
# password_vault = "https://NAME.vault.azure.net/secrets/NAME"
page_size = 1000
# sync_account = "MSOL_0123456789ab" # for `check`: the account of Entra Connect, where it has another name
# An export instead of a server:    kind = "ldif" or "csv", and path = "export.ldif"
# Several directories (forests):    [[directory]] blocks, each with a name = "..."

# What the directory does not hold: private addresses and mobiles of HR, payroll, an office list; several
# blocks, if wanted. The mapping names a column as "hr:Private mail".
# [[extra]]
# name = "hr"
# path = "hr-export.csv"            # .csv or .xlsx
# sheet = ""                        # of a workbook; empty: the first
# key = "Personnel no."             # the column that names the person ...
# attribute = "employeeID"          # ... and the attribute of the directory with the same text
# max_age_hours = 48                # an older file is no reading (exit code 40); 0: any age

[cloud]
tenant = {tenant}   # its id or one of its domains
environment = "global"              # global | usgov | usgov-dod | china
credential = "managed-identity"     # or workload-identity | certificate | secret | azure-cli | device-code
# client_id = "00000000-0000-0000-0000-000000000000"
# certificate_file = "prepop.pem"
# certificate_password_env = "PREPOP_CERTIFICATE_PASSWORD"
# secret_env = "PREPOP_CLIENT_SECRET"
screen = "report"                   # report: ask the registration report first | live: read every account
requests_in_flight = 4
gates = 1                           # methods that a password reset asks for: 1 or 2
telephony_provider = "auto"         # do SMS and voice go on after 1 February 2027? auto: as the policy says

[scope]
groups = []                         # a pilot: only members of these Entra groups
exclude_groups = []
users = []
match = ["anchor", "sid"]           # in this order; "upn" may be added; none of them may contradict
disabled = false
guests = false
privileged = false                  # leave this false: `prepop guide security`
protected = []                      # accounts never touched, such as break-glass ones

[limits]                            # a number, a share of the accounts in scope, or both; 0 means none at all
additions = "500, 20%"
replacements = "50, 5%"
removals = "10, 1%"
unmatched = "20%"
unread = "10%"                      # synchronised accounts with nobody among the people read
source_shrink = "10%"
cloud_shrink = "10%"
unreadable = "10, 1%"               # accounts whose methods alone cannot be read; more end the reading
min_population = 50                 # shares count from here on
failures = "25, 10%"                # stop applying: no answer, 5xx, 401, a refusal of everybody
refusals = "20%"                    # stop applying: refusals of single accounts, of what was tried

[trust]
shared_value_max = 1                # more people than this with one value: all of them are left alone
cool_down_days = 0                  # a value changed more recently than this waits
countries = []                      # regions of phones that are allowed; empty: all
extra_domains = []                  # domains besides the tenant's own whose addresses are not used
refused_days = 7                    # what Graph refused on three runs in a row waits so long

[state]
dir = "state"                       # the ledger: keep it, back it up
keep_days = 90

[report]
dir = "reports"
formats = ["html", "xlsx", "csv", "json"]

[notify]                            # a night that needs a person says so; try it with `prepop notify --test`
when = "attention"                  # never | attention | changes | always
# urls_env = "PREPOP_NOTIFY_URLS"   # Apprise addresses (mail, Teams, Slack, webhooks ...): they hold secrets
# urls_file = "notify-urls"         # or in a file, blanks or lines between
attach = []                         # "html", "xlsx", "csv": reports that go along, masked
within = "26h"                      # `prepop runs --overdue` ends 30 where the last good run is older

# [notify.people]                   # each person hears by mail of what was added or replaced on the account
# server = "smtps://mail.corp.example"   # or smtp:// with STARTTLS; its certificate is verified
# user = ""                         # who signs in there; empty: nobody
# password_env = "PREPOP_MAIL_PASSWORD"
# sender = "it-service@corp.example"     # who says "that is not mine" answers here
# templates = ""                    # a folder of own words, LANGUAGE.txt.j2; en, de, fr, es are built in
# most = 500                        # mails a run; the rest go out with the next one
# removals = false                  # also to people of whom something was removed only

[metrics]
textfile = ""                       # figures of each run for node_exporter: ".../textfile/prepop.prom"
# otlp = "https://collector.example:4318/v1/metrics"   # or to an OpenTelemetry collector (prepop[otlp])

[log]
events = "none"                     # none | journal (fields of systemd's journal) | windows (Event Log)
"""


def with_extra(text: str, path: str, key: str, attribute: str) -> str:
    """A config whose `[[extra]]` block is no comment any more and describes this file."""
    start = text.index("# [[extra]]")
    end = text.index("\n\n", start)
    block = re.sub(r"(?m)^# ", "", text[start:end])
    for name, value in (("path", path), ("key", key), ("attribute", attribute)):
        line = f"{name} = {_text(value)}"
        block = re.sub(rf"(?m)^{name} = \"[^\"]*\" *", lambda _, line=line: f"{line:<35} ", block)  # type: ignore[misc]
    return text[:start] + block + text[end:]


_KEY = re.compile(r"(?:# )?(?P<key>[a-z_]+) = (?P<value>\S.*?)(?P<note>\s{2,}# .*|\s# .*|)$")


def filled(text: str, values: Mapping[tuple[str, str], str | bool | Sequence[str]]) -> str:
    """A config with these values, by section ("" for none) and key, in place of what stands there.

    A key that is commented out comes to life; comments behind values stay. Raises KeyError for a key that the
    text does not have.
    """
    left, lines, section = dict(values), [], ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line[1 : line.index("]")]
        found = _KEY.fullmatch(line)
        value = left.pop((section, found["key"]), None) if found else None
        if found and value is not None:
            start = f"{found['key']} = {_toml(value)}"
            lines.append(f"{start:<35} {found['note'].lstrip()}".rstrip())
        else:
            lines.append(line)
    if left:
        raise KeyError(next(iter(left)))
    return "\n".join(lines) + "\n"


def _toml(value: str | bool | Sequence[str]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    return "[" + ", ".join(_text(text) for text in value) + "]"
