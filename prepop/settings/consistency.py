"""What must be true of several keys together, and the options that come of a section that is right.

Each function takes a checked section, notes what is wrong with it and returns the options; these are
used only where no mistake was noted at all.
"""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from prepop.options import (
    Bind,
    CloudOptions,
    Credential,
    DirectoryKind,
    DirectoryOptions,
    Limits,
    Scope,
    Trust,
)
from prepop.settings.checking import Section
from prepop.settings.documents import quoted
from prepop.settings.mapping_file import is_distinguished_name
from prepop.settings.secret_values import read_secret
from prepop.settings.shapes import CloudShape, DirectoryShape, LimitsShape, ScopeShape, Shape, TrustShape

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DOMAIN = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))+")


def directory(
    section: Section[DirectoryShape], folder: Path, environ: Mapping[str, str]
) -> tuple[DirectoryOptions, str]:
    """One directory and the password of its bind, "" where none is needed."""
    values = section.values
    password = ""
    ca_file = None
    path = None
    if values.kind is DirectoryKind.LDAP:
        _ldap_addresses(section)
        if not values.base:
            section.mistake("base", 'is missing. Name where people are, such as "OU=Staff,DC=corp".', "kind")
        for base in values.base:
            if not is_distinguished_name(base):
                section.mistake("base", f"{quoted(base)} is not a distinguished name.")
        _filter(section)
        ca_file = _existing_file(section, "ca_file", values.ca_file, folder)
        if values.bind is Bind.SIMPLE:
            _needs_a_password(section)
        if values.bind is Bind.SIMPLE or values.password_file or values.password_env in environ:
            # Kerberos can do without: then it has a ticket, a keytab or the machine's own account
            password = read_secret(
                section, "password", values.password_env, values.password_file, folder, environ
            )
    elif not values.path:
        section.mistake("path", f'is missing; kind = "{values.kind}" reads a file.', "kind")
    else:
        path = _existing_file(section, "path", values.path, folder)
    return DirectoryOptions(
        name=values.name,
        kind=values.kind,
        path=path,
        url=values.url,
        base=values.base,
        filter=values.filter,
        ca_file=ca_file,
        start_tls=values.start_tls,
        tls_names=values.tls_names,
        bind=values.bind,
        user=values.user,
        page_size=values.page_size,
        incremental=values.incremental,
        full_every_days=values.full_every_days,
        sync_account=values.sync_account,
    ), password


def cloud(
    section: Section[CloudShape], folder: Path, environ: Mapping[str, str]
) -> tuple[CloudOptions, str, str]:
    """The tenant, the client secret and the certificate's password, "" where they are not needed."""
    values = section.values
    secret = password = ""
    certificate = None
    if not values.tenant:
        section.mistake("tenant", 'is missing. It is the tenant\'s id or a domain, such as "contoso.com".')
    elif not (_GUID.fullmatch(values.tenant) or _DOMAIN.fullmatch(values.tenant)):
        section.mistake("tenant", f"{quoted(values.tenant)} is neither a tenant id nor a domain.")
    on_loopback = _endpoint(section)
    if values.client_id and not _GUID.fullmatch(values.client_id):
        section.mistake("client_id", "is not an application (client) id: 8-4-4-4-12 hexadecimal digits.")
    needs_client = f'is missing; credential = "{values.credential}" needs the application (client) id.'
    match values.credential:
        case Credential.NONE:
            if not on_loopback:
                section.mistake(
                    "credential", '"none" is for an endpoint on loopback only (the sandbox).', "endpoint"
                )
        case Credential.SECRET:
            if not values.client_id:
                section.mistake("client_id", needs_client, "credential")
            if not values.secret_env and not values.secret_file:
                section.mistake(
                    "secret_env",
                    'is missing; credential = "secret" needs secret_env or secret_file.',
                    "credential",
                    "secret_file",
                )
            secret = read_secret(section, "secret", values.secret_env, values.secret_file, folder, environ)
        case Credential.CERTIFICATE:
            if not values.client_id:
                section.mistake("client_id", needs_client, "credential")
            if not values.certificate_file:
                section.mistake(
                    "certificate_file",
                    'is missing; credential = "certificate" needs a PEM or PFX file with the private key.',
                    "credential",
                )
            certificate = _existing_file(section, "certificate_file", values.certificate_file, folder)
            password = read_secret(
                section,
                "certificate_password",
                values.certificate_password_env,
                values.certificate_password_file,
                folder,
                environ,
            )
        case _:
            pass
    options = CloudOptions(
        tenant=values.tenant,
        environment=values.environment,
        endpoint=values.endpoint.rstrip("/"),
        credential=values.credential,
        client_id=values.client_id,
        certificate_file=certificate,
        screen=values.screen,
        requests_in_flight=values.requests_in_flight,
        gates=values.gates,
        telephony_provider=values.telephony_provider,
    )
    return options, secret, password


def scope(section: Section[ScopeShape]) -> Scope:
    """Who may be changed at all."""
    values = section.values
    if not values.match:
        section.mistake("match", 'is empty. Name at least one of "anchor", "sid", "upn".')
    section.no_repeats("match")
    return Scope(
        groups=values.groups,
        exclude_groups=values.exclude_groups,
        users=values.users,
        match=values.match,
        disabled=values.disabled,
        guests=values.guests,
        privileged=values.privileged,
        protected=values.protected,
    )


def limits(section: Section[LimitsShape]) -> Limits:
    """How much one run may change."""
    values = section.values
    return Limits(
        additions=values.additions,
        replacements=values.replacements,
        removals=values.removals,
        unmatched=values.unmatched,
        source_shrink=values.source_shrink,
        cloud_shrink=values.cloud_shrink,
        min_population=values.min_population,
        failures=values.failures,
        unreadable=values.unreadable,
    )


def trust(section: Section[TrustShape]) -> Trust:
    """Which values are believed."""
    values = section.values
    for domain in values.extra_domains:
        if not _DOMAIN.fullmatch(domain):
            section.mistake("extra_domains", f'{quoted(domain)} is not a domain such as "example.org".')
    return Trust(
        shared_value_max=values.shared_value_max,
        cool_down_days=values.cool_down_days,
        countries=values.countries,
        extra_domains=tuple(domain.lower() for domain in values.extra_domains),
    )


# ---------------------------------------------------------------- directory


def _ldap_addresses(section: Section[DirectoryShape]) -> None:
    values = section.values
    if not values.url:
        section.mistake("url", 'is missing. Name a domain controller, such as "ldaps://dc1.corp".', "kind")
    schemes = set()
    for address in values.url:
        url = _split(address)
        if url is None or url.scheme not in ("ldap", "ldaps") or not url.hostname:
            section.mistake("url", f'{_address(address)} is not an address such as "ldaps://dc1.corp".')
        elif "@" in url.netloc or url.path not in ("", "/") or url.query or url.fragment:
            section.mistake("url", "an address holds a scheme, a host and perhaps a port, nothing else.")
        else:
            schemes.add(url.scheme)
            if url.scheme == "ldap" and not values.start_tls:
                section.mistake(
                    "url",
                    f"{_address(address)} is not encrypted; use ldaps:// or start_tls = true.",
                    "start_tls",
                )
    if values.start_tls and schemes == {"ldaps"}:
        section.mistake("start_tls", "is for ldap:// addresses; ldaps:// is encrypted from the start.", "url")


def _filter(section: Section[DirectoryShape]) -> None:
    """RFC 4515: in brackets, and as many close as open (a bracket in a value is written \\28 or \\29)."""
    text = section.values.filter
    depth = 0
    for index, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 1 and index < len(text) - 1:
            break
    else:
        if depth == 0:
            return
    section.mistake("filter", 'is not an LDAP filter such as "(company=Contoso)": check its brackets.')


def _needs_a_password(section: Section[DirectoryShape]) -> None:
    values = section.values
    if not values.user:
        section.mistake("user", 'is missing; bind = "simple" needs a user.', "bind", "kind")
    if not values.password_env and not values.password_file:
        section.mistake(
            "password_env",
            'is missing; bind = "simple" needs password_env or password_file.',
            "bind",
            "kind",
            "password_file",
        )


# ---------------------------------------------------------------- cloud


def _endpoint(section: Section[CloudShape]) -> bool:
    """Check the endpoint; True where it is on this machine."""
    text = section.values.endpoint
    if not text:
        return False
    url = _split(text)
    if url is None or url.scheme not in ("http", "https") or not url.hostname:
        section.mistake("endpoint", f'{_address(text)} is not an address such as "http://127.0.0.1:8080".')
        return True  # whether it is on loopback is not known; one mistake is enough
    loopback = _is_loopback(url.hostname)
    if "@" in url.netloc or url.query or url.fragment:
        section.mistake("endpoint", "an endpoint holds a scheme, a host and perhaps a port, nothing else.")
    elif re.search(r"/(v1\.0|beta)/?$", url.path):
        section.mistake("endpoint", f"{_address(text)} ends in a version; leave that out.")
    elif url.scheme == "http" and not loopback:
        section.mistake("endpoint", f"{_address(text)} is not encrypted; http:// is for loopback only.")
    return loopback


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# ---------------------------------------------------------------- small steps


def _split(address: str) -> SplitResult | None:
    """The parts of an address, None where it cannot be divided or has an impossible port."""
    try:
        url = urlsplit(address)
        _ = url.port
    except ValueError:
        return None
    return url


def _address(address: str) -> str:
    """An address as a mistake may show it: without what could be a user and a password."""
    return "an address with a user in it" if "@" in address else quoted(address)


def _existing_file(section: Section[Shape], key: str, value: str, folder: Path) -> Path | None:
    if not value:
        return None
    path = (folder / value).absolute()
    try:
        if path.is_file():
            return path
        exists = path.exists()
    except (OSError, ValueError) as error:
        section.mistake(key, f"{quoted(value)} cannot be looked at: {getattr(error, 'strerror', error)}.")
        return None
    section.mistake(key, f"{quoted(value)} is {'no file' if exists else f'not there (looked in {folder})'}.")
    return None
