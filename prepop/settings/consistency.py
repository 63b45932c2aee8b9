"""What must be true of several keys together, and the options made from a section without mistakes.

Each function takes a checked section, notes what is wrong with it and returns the options; these are
used only where no mistake was noted at all.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from prepop.options import (
    NOTIFY_VARIABLE,
    Bind,
    CloudOptions,
    Credential,
    DirectoryKind,
    DirectoryOptions,
    LdapHost,
    Limits,
    NotifyOptions,
    Scope,
    Trust,
    is_loopback,
)
from prepop.settings import ldap, references
from prepop.settings.checking import Section
from prepop.settings.documents import quoted
from prepop.settings.shapes import (
    CloudShape,
    DirectoryShape,
    LimitsShape,
    MetricsShape,
    NotifyShape,
    ScopeShape,
    TrustShape,
    span,
)

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DOMAIN = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))+")


def directory(
    section: Section[DirectoryShape], folder: Path, environ: Mapping[str, str]
) -> tuple[DirectoryOptions, str]:
    """One directory and the password of its bind, "" where none is needed."""
    values = section.values
    password = filter_text = vault = ""
    hosts: tuple[LdapHost, ...] = ()
    ca_file = None
    path = None
    if values.kind is DirectoryKind.LDAP:
        hosts = ldap.hosts(section)
        ldap.bases(section)
        ldap.names_of_certificates(section)
        filter_text = ldap.filter_text(section)
        ca_file = references.authorities(section, "ca_file", values.ca_file, folder)
        # Kerberos can do without: then it has a ticket, a keytab or the machine's own account
        vault = references.vault_secret(section, "password", values.password_vault)
        given = bool(values.password_file or vault) or values.password_env in environ
        ldap.user(section, password=given)
        if vault and (values.password_env or values.password_file):
            section.mistake("password_vault", "password_env or password_file is given too; keep one of them.")
        elif values.bind is Bind.SIMPLE or given:
            password = references.read_secret(
                section, "password", values.password_env, values.password_file, folder, environ
            )
    elif not values.path:
        section.mistake("path", f'is missing; kind = "{values.kind}" reads a file.', "kind")
    else:
        path = references.export(section, "path", values.path, folder)
    return DirectoryOptions(
        name=values.name,
        kind=values.kind,
        path=path,
        hosts=hosts,
        base=values.base,
        filter=filter_text,
        ca_file=ca_file,
        tls_names=values.tls_names,
        bind=values.bind,
        user=values.user,
        page_size=values.page_size,
        sync_account=values.sync_account,
        password_vault=vault,
    ), password


def cloud(
    section: Section[CloudShape], folder: Path, environ: Mapping[str, str]
) -> tuple[CloudOptions, str, str]:
    """The tenant, the client secret and the certificate's password, "" where they are not needed."""
    values = section.values
    secret = password = ""
    certificate = token_file = None
    client_id = values.client_id
    if not values.tenant:
        section.mistake("tenant", 'is missing. It is the tenant\'s id or a domain, such as "contoso.com".')
    elif not (_GUID.fullmatch(values.tenant) or _DOMAIN.fullmatch(values.tenant)):
        section.mistake("tenant", "is neither a tenant id nor a domain.")
    _endpoint(section)
    if client_id and not _GUID.fullmatch(client_id):
        section.mistake("client_id", "is not an application (client) id: 8-4-4-4-12 hexadecimal digits.")
    match values.credential:
        case Credential.SECRET:
            if not values.secret_env and not values.secret_file:
                section.mistake(
                    "secret_env",
                    'is missing; credential = "secret" needs secret_env or secret_file.',
                    "credential",
                    "secret_file",
                )
            secret = references.read_secret(
                section, "secret", values.secret_env, values.secret_file, folder, environ
            )
        case Credential.CERTIFICATE:
            if not values.certificate_file:
                section.mistake(
                    "certificate_file",
                    'is missing; credential = "certificate" needs a PEM or PFX file with the private key.',
                    "credential",
                )
            certificate = references.certificate(section, "certificate_file", values.certificate_file, folder)
            password = references.read_secret(
                section,
                "certificate_password",
                values.certificate_password_env,
                values.certificate_password_file,
                folder,
                environ,
            )
        case Credential.WORKLOAD_IDENTITY:
            client_id = client_id or environ.get("AZURE_CLIENT_ID", "")
            token_file = _federated_token(section, environ)
        case Credential.NONE | Credential.MANAGED_IDENTITY | Credential.AZURE_CLI | Credential.DEVICE_CODE:
            pass
    if values.credential in _OF_AN_APPLICATION and not client_id:
        text = f'is missing; credential = "{values.credential}" needs the application (client) id.'
        section.mistake("client_id", text, "credential")
    options = CloudOptions(
        tenant=values.tenant,
        environment=values.environment,
        endpoint=values.endpoint.rstrip("/"),
        credential=values.credential,
        client_id=client_id,
        certificate_file=certificate,
        screen=values.screen,
        requests_in_flight=values.requests_in_flight,
        gates=values.gates,
        telephony_provider=None if values.telephony_provider == "auto" else values.telephony_provider,
        federated_token_file=token_file,
    )
    return options, secret, password


def notify(
    section: Section[NotifyShape], folder: Path, environ: Mapping[str, str]
) -> tuple[NotifyOptions, tuple[str, ...]]:
    """`[notify]`, and the addresses that notices go to: none where the usual variable is not set."""
    values = section.values
    variable = values.urls_env
    if variable == NOTIFY_VARIABLE and (values.urls_file or not environ.get(variable)):
        variable = ""
    found = references.read_secret(section, "urls", variable, values.urls_file, folder, environ).split()
    if odd := [place for place, url in enumerate(found, 1) if "://" not in url]:
        key = "urls_file" if values.urls_file else "urls_env"
        text = f"address {odd[0]} of {len(found)} has no scheme, such as mailtos://, msteams:// or json://."
        section.mistake(key, text)
    return NotifyOptions(values.when, tuple(dict.fromkeys(values.attach)), span(values.within)), tuple(found)


def collector(section: Section[MetricsShape]) -> None:
    """`metrics.otlp`: where figures go, in clear to this machine alone."""
    text = section.values.otlp
    if not text:
        return
    url = references.split_url(text)
    host = url.hostname or "" if url is not None else ""
    if url is None or url.scheme not in ("http", "https") or not host or "@" in url.netloc:
        shown = references.shown_url(text)
        section.mistake(
            "otlp", f"{shown} is not an address such as https://collector.example:4318/v1/metrics."
        )
    elif url.scheme == "http" and not is_loopback(host):
        section.mistake("otlp", "http goes to this machine alone; name the collector by https.")


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
        unread=values.unread,
        source_shrink=values.source_shrink,
        cloud_shrink=values.cloud_shrink,
        min_population=values.min_population,
        failures=values.failures,
        refusals=values.refusals,
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
        refused_days=values.refused_days,
    )


# ---------------------------------------------------------------- cloud


_OF_AN_APPLICATION = (
    Credential.SECRET,
    Credential.CERTIFICATE,
    Credential.WORKLOAD_IDENTITY,
    Credential.DEVICE_CODE,
)


def _endpoint(section: Section[CloudShape]) -> None:
    """Where requests go, and whether this credential may go there.

    A token of the real Graph is never sent to a program on this machine: it would be whoever's listens there.
    """
    text, credential = section.values.endpoint, section.values.credential
    url = references.split_url(text)
    loopback = False
    if text:
        if url is None or url.scheme not in ("http", "https") or not url.hostname:
            shown = references.shown_url(text)
            section.mistake("endpoint", f'{shown} is not an address such as "http://127.0.0.1:8080".')
            return  # whether it is on loopback is not known; one mistake is enough
        loopback = is_loopback(url.hostname)
        if "@" in url.netloc or url.query or url.fragment:
            text = "an endpoint holds a scheme, a host and perhaps a port, nothing else."
            section.mistake("endpoint", text)
        elif re.search(r"/(v1\.0|beta)/?$", url.path):
            section.mistake("endpoint", f"{references.shown_url(text)} ends in a version; leave that out.")
        elif url.scheme == "http" and not loopback:
            text = f"{references.shown_url(text)} is not encrypted; http:// is for loopback only."
            section.mistake("endpoint", text)
    if credential is Credential.NONE and not loopback:
        text = '"none" is for an endpoint on loopback only (the sandbox).'
        section.mistake("credential", text, "endpoint")
    if credential is not Credential.NONE and loopback:
        text = (
            f'"{credential}" would hand a token of the real tenant to whatever listens on this machine; '
            'an endpoint on loopback is for credential = "none" (the sandbox).'
        )
        section.mistake("credential", text, "endpoint")


def _federated_token(section: Section[CloudShape], environ: Mapping[str, str]) -> Path | None:
    """The file that the platform mounts, as azure-identity's own variable names it."""
    named = environ.get("AZURE_FEDERATED_TOKEN_FILE", "")
    try:
        if named and Path(named).is_file():
            return Path(named).absolute()
    except (OSError, ValueError):
        pass  # no file either
    section.mistake(
        "credential",
        '"workload-identity" needs AZURE_FEDERATED_TOKEN_FILE to name a file, and it '
        + ("names none. " if named else "is not set. ")
        + "Label the pod azure.workload.identity/use=true, or mount the projected token yourself.",
    )
    return None
