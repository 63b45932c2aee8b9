"""What `prepop init` does: ask, try, write a config that `load` accepts, and show how the app is registered.

The one verb that asks (`questions`), and only on a terminal: elsewhere everything comes from options.
What is said is tried on the way (`trial`) and written at the end (`config`). Nothing that exists
is written over without --force, and no secret is written at all.
"""

import logging
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from prepop.cli.console import Console
from prepop.cli.init.config import MAPPING, InitWishes, write
from prepop.cli.init.extra import look
from prepop.cli.init.questions import CREDENTIALS, ask_all
from prepop.cli.init.trial import Trial, Trials
from prepop.errors import Exit, UsageError
from prepop.options import Bind, Environment, MappingRules
from prepop.rules.readiness.app_registration import az, powershell

log = logging.getLogger(__name__)


def init(
    file: Path, given: InitWishes, environ: Mapping[str, str], console: Console, *, force: bool, trying: bool
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
    given = replace(
        given,
        ca_file=_placed(given.ca_file, file),
        certificate_file=_placed(given.certificate_file, file),
    )
    trials = Trials(file, environ, console, asking) if trying else None
    wanted, tried = ask_all(given, trials) if asking else (given, [])
    if missing := [f"--{name}" for name in ("url", "base", "tenant") if not getattr(wanted, name)]:
        raise UsageError(
            f"writing {file}: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not said",
            hint="say it with the option; on a terminal prepop init asks",
        )
    if trials and not asking:
        tried = [
            trials.directory(wanted, environ.get(wanted.password_env, "")),
            trials.tenant(wanted, environ.get(wanted.secret_env, "")),
        ]
    wanted, tried = _with_extra(wanted, tried)
    kept = (file.absolute().parent / MAPPING).exists() and (wanted.region or wanted.email)
    settings = write(wanted, file, environ)
    if kept:
        log.warning("%s was there and stays as it is: country and address are not written into it", MAPPING)
    _answer(file, wanted, settings.mapping, tried, console)
    return Exit.DONE


def _placed(path: str, file: Path) -> str:
    """A file as the config must name it: what was typed here is not looked for beside the config."""
    if not path or (file.absolute().parent / path).exists() or not Path(path).exists():
        return path
    return str(Path(path).absolute())


def _with_extra(wanted: InitWishes, tried: list[Trial]) -> tuple[InitWishes, list[Trial]]:
    """The extra file, looked at beside the people who were read."""
    if not wanted.extra:
        return wanted, tried
    people = next((trial.people for trial in tried if trial.what == "directory"), None)
    found = look(Path(wanted.extra), people)
    if not found.key:
        raise UsageError(f"looking at {wanted.extra}: {found.says}")
    described = replace(wanted, extra_key=found.key, extra_attribute=found.attribute)
    return described, [*tried, Trial("extra file", found.ok, found.says)]


def _answer(
    file: Path, wanted: InitWishes, rules: MappingRules, tried: list[Trial], console: Console
) -> None:
    environment = Environment(wanted.environment or Environment.GLOBAL)
    mapping, mapped = file.absolute().parent / MAPPING, {rule.method for rule in rules.rules}
    scripts = {
        "az": ("register-app.sh", az(wanted.tenant, environment, mapped)),
        "powershell": ("register-app.ps1", powershell(wanted.tenant, environment, mapped)),
    }
    written = [_script(file.absolute().parent / name, text) for name, text in scripts.values()]
    words = [f"Wrote {file.absolute()}", f"The mapping is {mapping}: which attribute fills which method."]
    words += [f"{trial.what}: {trial.says}" for trial in tried]
    if wanted.bind == Bind.SIMPLE:
        words.append(f"Put the password into {wanted.password_env}; it stands in no file.")
    words += [
        "Two apps with the least permissions, one that plans and one that applies: read "
        f"{written[0]} (Azure CLI)",
        f"or {written[1]} (Microsoft Graph PowerShell), and run it. It says what to put into {file.name}.",
        "A managed identity needs no app: give the roles that stand there to its service principal.",
    ]
    words.append(f"Then: prepop check -c {file}")
    console.answer(
        "\n".join(words),
        {
            "config": str(file),
            "mapping": str(mapping),
            "tried": [{"what": trial.what, "ok": trial.ok, "says": trial.says} for trial in tried],
            "scripts": dict(zip(scripts, map(str, written), strict=True)),
        },
    )


def _script(path: Path, text: str) -> Path:
    """Write it, unless somebody changed what is there: then beside it. The answer is where it stands."""
    if path.exists() and path.read_text(encoding="utf-8") != text:
        path = path.with_stem(f"{path.stem}-new")
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _known(given: InitWishes) -> None:
    """Report every word that is not one of the choices, all at once."""
    mistakes = []
    for option, said, known in (
        ("--bind", given.bind, [bind.value for bind in Bind]),
        ("--environment", given.environment, [environment.value for environment in Environment]),
        ("--credential", given.credential, CREDENTIALS),
    ):
        if said and said not in known:
            mistakes.append(f'{option}: "{said}" is not known; say {", ".join(known)}')
    if mistakes:
        raise UsageError("; ".join(mistakes))
