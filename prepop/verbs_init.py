"""`prepop init`: ask, try, write a config that `load` accepts, and show how the app is registered.

The one verb that asks, and only on a terminal: elsewhere everything comes from options. Nothing that
exists is written over without --force, and no secret is written at all.
"""

import getpass
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prepop.console import Console
from prepop.errors import ConfigError, Exit, PrepopError, UsageError
from prepop.files import write_owner_only
from prepop.model import Method
from prepop.options import Bind, Credential, DirectoryOptions, Environment
from prepop.rules.app_registration import az, powershell

MAPPING = "mapping.toml"
_TRIED = ("mobile", "telephoneNumber")
_CREDENTIALS = [one.value for one in Credential if one is not Credential.NONE]  # that is for loopback


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options said, and then the answers. Empty: not said."""

    url: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    ca_file: str = ""
    tls_name: tuple[str, ...] = ()
    bind: str = ""
    user: str = ""
    password_env: str = "PREPOP_LDAP_PASSWORD"  # noqa: S105 - the name of a variable
    tenant: str = ""
    environment: str = ""
    credential: str = ""
    client_id: str = ""
    certificate_file: str = ""
    secret_env: str = "PREPOP_CLIENT_SECRET"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that was tried on the way. ok: None where it could not be tried."""

    what: str
    ok: bool | None
    says: str


def init(
    file: Path, given: Wanted, environ: Mapping[str, str], console: Console, *, force: bool, trying: bool
) -> Exit:
    """Write FILE, and a mapping beside it where there is none.

    Raises UsageError where the file exists, or where something is missing and nobody can be asked;
    ConfigError with every mistake in what was said.
    """
    _known(given)
    if file.exists() and not force:
        raise UsageError(
            f"writing {file}: it exists", hint="name another file, or write over it with --force"
        )
    asking = sys.stdin.isatty() and not console.as_json
    wanted, tried = _asked(given, file, environ, trying) if asking else (given, [])
    if missing := [f"--{name}" for name in ("url", "base", "tenant") if not getattr(wanted, name)]:
        raise UsageError(
            f"writing {file}: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not said",
            hint="say it with the option; on a terminal prepop init asks",
        )
    if not asking and trying:
        tried = [try_directory(options_of(wanted, file), environ.get(wanted.password_env, ""))]
    mapping = file.absolute().parent / MAPPING
    text = config_text(wanted)
    _write(file, text, mapping, wanted, environ)
    _answer(file, mapping, wanted, tried, console)
    return Exit.DONE


# ---------------------------------------------------------------- asking


def _asked(given: Wanted, file: Path, environ: Mapping[str, str], trying: bool) -> tuple[Wanted, list[Tried]]:
    """Ask for what was not said. The directory is tried at once, and asked for again where that fails."""
    wanted, tried = given, list[Tried]()
    while True:
        wanted = _directory(wanted, given)
        if not trying:
            break
        password = environ.get(wanted.password_env, "")
        if wanted.bind == Bind.SIMPLE and not password:
            password = getpass.getpass("Password, for trying it now (it is not kept): ", sys.stderr)
        found = try_directory(options_of(wanted, file), password)
        _say(f"  {'ok' if found.ok else 'no' if found.ok is False else 'not tried'}: {found.says}")
        if found.ok is not False or _ask("Keep it all the same? (y/n)", "n").lower().startswith("y"):
            tried.append(found)
            break
        given = replace(given, url=(), base=(), user="", ca_file="", bind="")
    return _cloud(wanted), tried


def _directory(wanted: Wanted, given: Wanted) -> Wanted:
    url = given.url or _list(_ask("Domain controllers", ", ".join(wanted.url) or "ldaps://dc1.corp.example"))
    base = given.base or tuple(
        one.strip() for one in _ask("Where people are; several with ; between",
        "; ".join(wanted.base) or "OU=Staff,DC=corp,DC=example").split(";") if one.strip()
    )  # fmt: skip
    ca_file = given.ca_file or _ask(
        "CA certificate of the controllers (PEM), empty for the system's", wanted.ca_file
    )
    bind = given.bind or _choice("Bind", [one.value for one in Bind], wanted.bind or Bind.SIMPLE)
    user = given.user or (
        _ask("Account that reads", wanted.user or "svc-prepop@corp.example") if bind == Bind.SIMPLE else ""
    )
    return replace(wanted, url=url, base=base, ca_file=ca_file, bind=bind, user=user)


def _cloud(wanted: Wanted) -> Wanted:
    tenant = wanted.tenant or _ask("Tenant (id or domain)", "contoso.onmicrosoft.com")
    environment = wanted.environment or _choice(
        "Cloud", [one.value for one in Environment], Environment.GLOBAL
    )
    credential = wanted.credential or _choice("How prepop signs in", _CREDENTIALS, Credential.CERTIFICATE)
    client_id = wanted.client_id
    if not client_id and credential not in (Credential.AZURE_CLI, Credential.DEVICE_CODE):
        client_id = _ask("Application (client) id, empty where it is not registered yet", "")
    certificate = wanted.certificate_file
    if not certificate and credential == Credential.CERTIFICATE:
        certificate = _ask("Its certificate with private key (PEM)", "prepop.pem")
    return replace(
        wanted, tenant=tenant, environment=environment, credential=credential, client_id=client_id,
        certificate_file=certificate,
    )  # fmt: skip


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


def _list(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


# ---------------------------------------------------------------- trying


def options_of(wanted: Wanted, file: Path) -> DirectoryOptions:
    """The directory block as it will be read."""
    folder = file.absolute().parent
    return DirectoryOptions(
        url=wanted.url,
        base=wanted.base,
        ca_file=folder / wanted.ca_file if wanted.ca_file else None,
        tls_names=wanted.tls_name,
        start_tls=any(url.startswith("ldap://") for url in wanted.url),
        bind=Bind(wanted.bind or Bind.KERBEROS),
        user=wanted.user,
    )


def try_directory(options: DirectoryOptions, password: str) -> Tried:
    """Connect, bind and look for people, with what `check` uses."""
    from prepop.rules.readiness.words import Unread
    from prepop.sources.posture import open_posture

    what = "directory"
    if options.bind is Bind.SIMPLE and not password:
        return Tried(what, None, "not tried: there is no password yet")
    try:
        facts = open_posture(options, password).look(_TRIED, lambda stage, done, total: None)
    except PrepopError as error:
        return Tried(what, False, error.message)
    for server in facts.servers:
        if server.problem:
            return Tried(what, False, f"{server.url}: {server.problem}. {server.hint}".rstrip())
    if isinstance(facts.people, Unread):
        return Tried(what, False, f"{facts.people.why} {facts.people.look}".rstrip())
    return Tried(what, bool(facts.people), f"{len(facts.people):,} people below {' and '.join(options.base)}")


# ---------------------------------------------------------------- writing


def config_text(wanted: Wanted) -> str:
    """The commented config."""
    from prepop.settings.template import config_template, filled

    values: dict[tuple[str, str], str | bool | Sequence[str]] = {
        ("", "mapping"): MAPPING,
        ("directory", "url"): wanted.url,
        ("directory", "base"): wanted.base,
        ("cloud", "tenant"): wanted.tenant,
    }
    if any(url.startswith("ldap://") for url in wanted.url):
        values["directory", "start_tls"] = True
    if wanted.bind == Bind.SIMPLE:
        values["directory", "password_env"] = wanted.password_env
    if wanted.credential == Credential.SECRET:
        values["cloud", "secret_env"] = wanted.secret_env
    for section, key, value in (
        ("directory", "ca_file", wanted.ca_file),
        ("directory", "tls_names", wanted.tls_name),
        ("directory", "bind", wanted.bind),
        ("directory", "user", wanted.user),
        ("cloud", "environment", wanted.environment),
        ("cloud", "credential", wanted.credential),
        ("cloud", "client_id", wanted.client_id),
        ("cloud", "certificate_file", wanted.certificate_file),
    ):
        if value:
            values[section, key] = value
    return filled(config_template(), values)


def _write(file: Path, text: str, mapping: Path, wanted: Wanted, environ: Mapping[str, str]) -> None:
    """Write both, once `load` has read them. What is only missing so far (a secret, a certificate, the
    app's id) is no mistake."""
    from prepop.settings import load
    from prepop.settings.samples import default_mapping
    from prepop.settings.template import filled

    made = not mapping.exists()
    if made:
        write_owner_only(mapping, default_mapping().encode())
    trial = file.with_name(f".{file.name}.trial")
    later: dict[tuple[str, str], str | bool | Sequence[str]] = {}
    if not wanted.client_id or not (file.absolute().parent / wanted.certificate_file).is_file():
        later["cloud", "credential"] = Credential.AZURE_CLI.value
    try:
        write_owner_only(trial, filled(text, later).encode())
        known = {key: value for key, value in environ.items() if not key.startswith("PREPOP_")}
        load(trial, {**known, wanted.password_env: "x", wanted.secret_env: "x"})
    except ConfigError as error:
        if made:
            mapping.unlink()
        mistakes = [mistake.replace(str(trial), str(file)) for mistake in error.mistakes]
        raise ConfigError(mistakes, hint="nothing was written") from error
    finally:
        trial.unlink(missing_ok=True)
    write_owner_only(file, text.encode())


def _answer(file: Path, mapping: Path, wanted: Wanted, tried: list[Tried], console: Console) -> None:
    environment = Environment(wanted.environment or Environment.GLOBAL)
    mapped = {Method.MOBILE, Method.OFFICE, Method.EMAIL}
    commands = {
        use: {
            "powershell": powershell(wanted.tenant, environment, mapped, writing=use == "apply"),
            "az": az(wanted.tenant, environment, mapped, writing=use == "apply"),
        }
        for use in ("plan", "apply")
    }
    words = [f"Wrote {file}", f"The mapping is {mapping}: which attribute fills which method."]
    words += [f"{one.what}: {one.says}" for one in tried]
    if wanted.bind == Bind.SIMPLE:
        words.append(f"Put the password into {wanted.password_env}; it stands in no file.")
    words.append("")
    for use, title in (
        ("plan", "An app that plans and checks, and cannot write"),
        ("apply", "An app that applies"),
    ):
        words += [f"# {title}: Microsoft Graph PowerShell", commands[use]["powershell"]]
        words += [f"# {title}: Azure CLI", commands[use]["az"]]
    words += ["# A managed identity needs no app: give these roles to its service principal.", ""]
    words.append(f"Then: prepop check -c {file}")
    console.answer(
        "\n".join(words),
        {
            "config": str(file),
            "mapping": str(mapping),
            "tried": [{"what": one.what, "ok": one.ok, "says": one.says} for one in tried],
            "commands": commands,
        },
    )


def _known(given: Wanted) -> None:
    """Words that are no choice are told at once, all of them."""
    mistakes = []
    for option, said, known in (
        ("--bind", given.bind, [one.value for one in Bind]),
        ("--environment", given.environment, [one.value for one in Environment]),
        ("--credential", given.credential, _CREDENTIALS),
    ):
        if said and said not in known:
            mistakes.append(f'{option}: "{said}" is not known; say {", ".join(known)}')
    if mistakes:
        raise UsageError("; ".join(mistakes))
