"""What `prepop init` asks on a terminal, on standard error. What was said as an option is not asked."""

import getpass
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from prepop.cli.init.config import InitWishes
from prepop.cli.init.trial import Trial, Trials
from prepop.errors import UsageError
from prepop.options import Bind, Credential, Environment
from prepop.rules.phrases import visible

OPENING = (
    "This writes a config and a mapping, and tries both sides on the way; it changes nothing anywhere.\n"
    "Enter takes what stands in brackets. The directory comes first; where the app is not registered yet,\n"
    "leave its id empty and come back to it: the scripts that are written register it."
)
# NONE is for loopback
CREDENTIALS = [kind.value for kind in Credential if kind is not Credential.NONE]


def ask_all(given: InitWishes, trials: Trials | None) -> tuple[InitWishes, list[Trial]]:
    """Ask for directory and tenant. Each is tried at once, and asked for again where that fails."""
    tried: list[Trial] = []
    _say(OPENING)

    def directory(wanted: InitWishes) -> Trial | None:
        return trials.directory(wanted, _password(wanted, trials)) if trials else None

    def tenant(wanted: InitWishes) -> Trial | None:
        return trials.tenant(wanted, _secret(wanted, trials)) if trials else None

    wanted = _until_kept(given, given, _directory, directory, tried)
    wanted = _until_kept(wanted, given, _cloud, tenant, tried)
    return _people(wanted, given), tried


def _people(wanted: InitWishes, given: InitWishes) -> InitWishes:
    """What the directory leaves out, with whom to begin, whom never to touch."""
    file = given.extra or _ask("A file of HR with private addresses (CSV, XLSX), empty for none", "")
    email = given.email or _ask("Attribute with private addresses, empty for none", "")
    region = given.region or _ask(
        "Country of numbers without one, where a person has none (DE, GB, ...), empty to leave those alone",
        "",
    )
    group = given.group or _ask("Pilot group of Entra (name or id), empty for everybody", "")
    protected = given.protected or _list(
        _ask("Accounts never to touch, such as break-glass ones; several with , between", "")
    )
    return replace(wanted, group=group, protected=protected, region=region, email=email, extra=file)


def _until_kept(
    wanted: InitWishes,
    given: InitWishes,
    ask: Callable[[InitWishes, InitWishes], InitWishes],
    attempt: Callable[[InitWishes], Trial | None],
    tried: list[Trial],
) -> InitWishes:
    """Ask and try until it works, or is to be kept all the same. The second time everything is asked."""
    while True:
        wanted = ask(wanted, given)
        found = attempt(wanted)
        if found is None:
            return wanted
        words = {True: f"ok: {found.says}", False: f"no: {found.says}", None: found.says}
        _say(f"  {words[found.ok]}")
        if found.ok is not False or _ask("Keep it all the same? (y/n)", "n").lower().startswith("y"):
            tried.append(found)
            return wanted
        given = InitWishes(tls_name=given.tls_name)


def _directory(wanted: InitWishes, given: InitWishes) -> InitWishes:
    url = given.url or _list(_ask("Domain controllers", ", ".join(wanted.url) or "ldaps://dc1.corp.example"))
    base = given.base or _list(
        _ask(
            "Where people are; several with ; between",
            "; ".join(wanted.base) or "OU=Staff,DC=corp,DC=example",
        ),
        ";",
    )
    ca_file = given.ca_file or _ask(
        "CA certificate of the controllers (PEM), empty for the system's", wanted.ca_file
    )
    bind = given.bind or _choice("Bind", [kind.value for kind in Bind], wanted.bind or Bind.SIMPLE)
    user = given.user or (
        _ask("Account that reads", wanted.user or "svc-prepop@corp.example") if bind == Bind.SIMPLE else ""
    )
    return replace(wanted, url=url, base=base, ca_file=ca_file, bind=bind, user=user)


def _cloud(wanted: InitWishes, given: InitWishes) -> InitWishes:
    tenant = given.tenant or _ask("Tenant (id or domain)", wanted.tenant or "contoso.onmicrosoft.com")
    environment = given.environment or _choice(
        "Cloud", [cloud.value for cloud in Environment], wanted.environment or Environment.GLOBAL
    )
    credential = given.credential or _choice(
        "How prepop signs in", CREDENTIALS, wanted.credential or Credential.CERTIFICATE
    )
    client_id = given.client_id
    if not client_id and credential != Credential.AZURE_CLI:
        empty = (
            "it is the system's own" if credential == Credential.MANAGED_IDENTITY else "not registered yet"
        )
        client_id = _ask(f"Application (client) id, empty where {empty}", wanted.client_id)
    certificate = given.certificate_file
    if not certificate and credential == Credential.CERTIFICATE:
        certificate = _ask("Its certificate with private key (PEM)", wanted.certificate_file or "prepop.pem")
    return replace(
        wanted,
        tenant=tenant,
        environment=environment,
        credential=credential,
        client_id=client_id,
        certificate_file=certificate,
    )


def _password(wanted: InitWishes, trials: Trials) -> str:
    """The password of the account that reads: from its variable, else typed without being shown."""
    password = trials.environ.get(wanted.password_env, "")
    if wanted.bind == Bind.SIMPLE and not password:
        password = getpass.getpass("Password, for trying it now (it is not kept): ", sys.stderr)
    return password


def _secret(wanted: InitWishes, trials: Trials) -> str:
    """The secret of the app, if it has one: from its variable, else typed without being shown."""
    secret = trials.environ.get(wanted.secret_env, "")
    if wanted.credential == Credential.SECRET and wanted.client_id and not secret:
        secret = getpass.getpass("Client secret, for trying it now (it is not kept): ", sys.stderr)
    return secret


def _ask(question: str, default: str) -> str:
    """One line from the terminal; Enter takes the default."""
    sys.stderr.write(f"{question}{f' [{default}]' if default else ''}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise UsageError("asking: the input ended", hint="give the answers as options")
    return line.strip() or default


def _choice(question: str, words: Sequence[str], default: str) -> str:
    while True:
        said = _ask(f"{question} ({' | '.join(words)})", default)
        if said in words:
            return said
        _say(f'  "{said}" is none of them')


def _list(text: str, between: str = ",") -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(between) if part.strip())


def _say(text: str) -> None:
    sys.stderr.write("\n".join(map(visible, text.split("\n"))) + "\n")
