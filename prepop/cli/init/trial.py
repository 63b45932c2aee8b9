"""What `prepop init` tries on the way, with what `check` looks with. It only reads, and no secret is kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from prepop.cli.console import Console
from prepop.cli.context import House
from prepop.cli.init.config import InitWishes, settings_of
from prepop.errors import PrepopError
from prepop.model import Family, Person, Privileged, TenantFacts
from prepop.options import Bind, CloudOptions, Credential, Settings, is_own
from prepop.rules.extras.guessing import CANDIDATES
from prepop.rules.phrases import counted, duration
from prepop.rules.readiness.facts import Token
from prepop.rules.readiness.words import State, Unread

PATIENCE = 60.0  # seconds for signing in; a managed identity is asked for by an address that may be silent


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing that was tried on the way. ok: None where it could not be tried. people: who was read."""

    what: str
    ok: bool | None
    says: str
    people: tuple[Person, ...] | None = None


@dataclass(frozen=True, slots=True)
class Trials:
    """Tries a config that is not written yet. terminal: there is somebody who can be asked to sign in."""

    file: Path
    environ: Mapping[str, str]
    console: Console
    terminal: bool

    def directory(self, wanted: InitWishes, password: str) -> Trial:
        """Connect, bind, look for people and at the mapping's attributes."""
        if wanted.bind == Bind.SIMPLE and not password:
            return Trial("directory", None, "not tried: there is no password yet")
        alone = replace(
            wanted,
            tenant="contoso.onmicrosoft.com",
            environment="",
            credential=Credential.AZURE_CLI.value,
            client_id="",
            certificate_file="",
            extra="",
        )
        environ = {**self.environ, **({wanted.password_env: password} if password else {})}
        try:
            settings = settings_of(alone, self.file, environ, overlay="DIRECTORY")
            return _directory(settings, self.console)
        except PrepopError as error:
            return _failed("directory", error)

    def tenant(self, wanted: InitWishes, secret: str) -> Trial:
        """Sign in with what was named, and ask for the tenant and the permissions."""
        if why := self.lacking(wanted, secret):
            return Trial("tenant", None, f"not tried: {why}")
        alone = replace(
            wanted,
            url=("ldaps://dc1.corp.example",),
            base=("DC=corp,DC=example",),
            ca_file="",
            tls_name=(),
            bind="",
            user="",
            extra="",
        )
        environ = {**self.environ, **({wanted.secret_env: secret} if secret else {})}
        try:
            settings = settings_of(alone, self.file, environ, overlay="CLOUD")
            tenant, token = asyncio.run(_signed_in(settings))
        except TimeoutError:
            return Trial(
                "tenant",
                False,
                f"signing in as {wanted.credential}: no answer within {duration(PATIENCE)}. "
                f"{_SILENT.get(wanted.credential, 'Check proxy and firewall')}.",
            )
        except PrepopError as error:
            return _failed("tenant", error)
        return _tenant(settings, tenant, token)

    def lacking(self, wanted: InitWishes, secret: str) -> str:
        """Why signing in cannot be tried yet; "" where it can."""
        client_id = wanted.client_id
        match wanted.credential:
            case "":
                return "no credential is named"
            case Credential.WORKLOAD_IDENTITY:
                client_id = client_id or self.environ.get("AZURE_CLIENT_ID", "")
                token_file = self.environ.get("AZURE_FEDERATED_TOKEN_FILE", "")
                if not token_file or not Path(token_file).is_file():
                    return "AZURE_FEDERATED_TOKEN_FILE names no file here; it does where the job runs"
            case Credential.MANAGED_IDENTITY | Credential.AZURE_CLI:
                return ""
            case Credential.DEVICE_CODE if not self.terminal:
                return "device-code asks a person, and there is no terminal"
        if not client_id:
            return "the app is not registered yet"
        if wanted.credential == Credential.SECRET and not secret:
            return f"{wanted.secret_env} holds no secret yet"
        if wanted.credential == Credential.CERTIFICATE:
            file = self.file.absolute().parent / wanted.certificate_file
            if not wanted.certificate_file or not file.is_file():
                return f"the certificate {wanted.certificate_file or '(none is named)'} is not there yet"
        return ""


_SILENT: Mapping[str, str] = {
    Credential.MANAGED_IDENTITY: "Only a machine in Azure, or one that Azure Arc manages, has an identity"
}


def _failed(what: str, error: PrepopError) -> Trial:
    """What went wrong and what to try, in one line."""
    return Trial(what, False, _with_hint("; ".join(error.message.splitlines()), error.hint))


def _with_hint(message: str, hint: str) -> str:
    return f"{message}. {hint[:1].upper()}{hint[1:]}".removesuffix(". ")


# ---------------------------------------------------------------- the directory


def _directory(settings: Settings, console: Console) -> Trial:
    what = "directory"
    # an extra file may be joined by any of these
    asked = (*settings.asked, *(name for name in CANDIDATES if not is_own(name)))
    (posture,) = House(settings).postures()
    with console.progress() as progress:
        facts = posture.look(asked, progress)
    for server in facts.servers:
        if server.problem:
            return Trial(what, False, _with_hint(f"{server.url}: {server.problem}", server.hint))
    if isinstance(facts.people, Unread):
        return Trial(what, False, f"{facts.people.why} {facts.people.look}".rstrip())
    from prepop.rules.readiness.directory import attributes

    where = " and ".join(settings.directories[0].base)
    says = f"{counted(len(facts.people), 'person', 'people')} below {where}"
    if facts.people:
        says += f"; {_values(settings, facts.people)}"
    seen = attributes(facts, [])
    if seen.answer is not State.YES:
        says += f". {seen.says}".removesuffix(".")
    return Trial(what, bool(facts.people), says, facts.people)


def _values(settings: Settings, people: tuple[Person, ...]) -> str:
    """How many people have each attribute of the mapping. Which addresses are usable
    depends on the domains of the tenant.
    """
    from prepop.rules.readiness.population import population

    found = population(
        people, (), settings.mapping, settings.scope, settings.trust, frozenset(), Privileged({}), {}
    )
    each = {value.attribute.lower(): value for value in reversed(found.values)}
    return ", ".join(
        f"{value.have:,} have {value.attribute}"
        + (f" ({value.usable:,} usable)" if value.method.family is Family.PHONE and value.have else "")
        for value in reversed(each.values())
    )


# ---------------------------------------------------------------- the tenant


async def _signed_in(settings: Settings) -> tuple[TenantFacts | Unread, Token | Unread]:
    """Raises TimeoutError. It waits for a person who has to type a code as long as the code is valid."""
    waits = settings.cloud.credential is Credential.DEVICE_CODE
    async with asyncio.timeout(None if waits else PATIENCE), House(settings).tenant() as tenant:
        return await tenant.posture.glance()


def _tenant(settings: Settings, tenant: TenantFacts | Unread, token: Token | Unread) -> Trial:
    may, enough = _permissions(settings, token)
    if isinstance(tenant, Unread):
        return Trial("tenant", False, f"signed in; {tenant.why.rstrip('.')}. {tenant.look}; {may}")
    return Trial("tenant", enough, f"{tenant.name} ({_domain(settings.cloud, tenant)}), {may}")


def _domain(options: CloudOptions, tenant: TenantFacts) -> str:
    """The domain that was named; else the first domain that every tenant has."""
    if options.tenant.lower() in tenant.domains:
        return options.tenant.lower()
    return min(
        tenant.domains,
        key=lambda domain: (".onmicrosoft." not in domain, len(domain), domain),
        default=tenant.id,
    )


def _permissions(settings: Settings, token: Token | Unread) -> tuple[str, bool]:
    """What the token allows of what the mapping needs, and whether planning can do with it."""
    from prepop.rules.readiness.permission_table import Use, missing, wanted

    if isinstance(token, Unread):
        return f"permissions not known: {token.why[:1].lower()}{token.why[1:].rstrip('.')}", True
    mapped = {rule.method for rule in settings.mapping.rules}
    asked = wanted(mapped, Use.PLAN)
    gone = missing(token.roles, asked)
    says = f"{len(asked) - len(gone)} of {len(asked)} permissions there"
    if not token.app:
        return f"{says}, as a person: good for a first look, not for a nightly job", True
    if gone:
        says += f"; missing: {', '.join(permission.name for permission in gone)}"
    elif missing(token.roles, wanted(mapped, Use.APPLY)):
        says += ", none to write: right for an app that only plans"
    else:
        says += ", those to write too"
    return says, not any(permission.needed for permission in gone)
