"""Reads `prepop.toml`, its mapping and the environment, and says everything that is wrong at once."""

from collections.abc import Mapping
from pathlib import Path

from prepop.errors import ConfigError
from prepop.options import DirectoryOptions, Secrets, Settings
from prepop.settings import consistency
from prepop.settings.checking import S, Section, check, dotted
from prepop.settings.digests import config_digest, mapping_digest
from prepop.settings.documents import Document, quoted, read_document, shown_key, unknown_key
from prepop.settings.environment import SECTIONS, overlay, variable_part
from prepop.settings.extras import extra_files
from prepop.settings.mapping_file import read_mapping
from prepop.settings.people import people as people_mail
from prepop.settings.places import Path as Place
from prepop.settings.shapes import (
    CloudShape,
    DirectoryShape,
    LimitsShape,
    LogShape,
    MetricsShape,
    NotifyShape,
    PeopleShape,
    ReportShape,
    ScopeShape,
    StateShape,
    TopShape,
    TrustShape,
)


def load(config_file: Path, environ: Mapping[str, str], *, only_directory: bool = False) -> Settings:
    """Read and check config, mapping and environment.

    Relative paths in the file and in the environment count from the config's folder; in the answer all
    are absolute. Raises ConfigError with every mistake of all three, each with its place.
    only_directory: [cloud] is not looked at, so that it may be missing; nobody may ask the tenant then.
    """
    document = read_document(config_file, str(config_file))
    if not document.usable:
        raise ConfigError(document.mistakes, hint=_hint(config_file))
    overlay(document, environ)
    if only_directory:
        document.values["cloud"] = {"tenant": "not-asked.example"}
    folder = config_file.absolute().parent

    known = ("mapping", *SECTIONS)
    for key in document.values.keys() - set(known):
        document.mistake((key,), dotted("", shown_key(key, known)), unknown_key(key, known))
    directories, passwords = _directories(document, folder, environ)
    cloud, secret, certificate_password = consistency.cloud(
        _section(CloudShape, document, "cloud"), folder, environ
    )
    extras = extra_files(document, folder)
    scope = consistency.scope(_section(ScopeShape, document, "scope"))
    limits = consistency.limits(_section(LimitsShape, document, "limits"))
    trust = consistency.trust(_section(TrustShape, document, "trust"))
    state = _section(StateShape, document, "state").values
    report = _section(ReportShape, document, "report").values
    notify, notify_urls = consistency.notify(_section(NotifyShape, document, "notify"), folder, environ)
    people, mail_password = people_mail(_section(PeopleShape, document, "notify.people"), folder, environ)
    metrics_section = _section(MetricsShape, document, "metrics")
    metrics = metrics_section.values
    consistency.collector(metrics_section)
    events_to = _section(LogShape, document, "log").values.events
    top = {key: document.values[key] for key in ("mapping",) if key in document.values}
    section = check(TopShape, document, (), "", top)
    mapping = section.values.mapping
    mistakes: tuple[str, ...] = ()
    if not mapping:
        section.mistake("mapping", 'is missing. Name the mapping file, such as "mappings/default.toml".')
    elif _is_missing(folder / mapping):
        section.mistake("mapping", f"there is no file {quoted(mapping)} (looked in {folder}).")
    else:
        names = [extra.name for extra in extras]
        rules, mapping_document = read_mapping(folder / mapping, str(config_file.parent / mapping), names)
        mistakes = mapping_document.mistakes
    mistakes = document.mistakes + mistakes
    if mistakes:
        raise ConfigError(mistakes)
    return Settings(
        config_file=config_file.absolute(),
        mapping_file=folder / mapping,
        mapping=rules,
        directories=directories,
        cloud=cloud,
        scope=scope,
        limits=limits,
        trust=trust,
        state_dir=folder / state.dir,
        keep_days=state.keep_days,
        report_dir=folder / report.dir,
        formats=tuple(dict.fromkeys(report.formats)),
        secrets=Secrets(passwords, secret, certificate_password, notify_urls, mail_password),
        config_digest=config_digest(directories, cloud, scope, limits, trust, folder, extras),
        mapping_digest=mapping_digest(rules),
        extras=extras,
        notify=notify,
        people=people,
        metrics_textfile=folder / metrics.textfile if metrics.textfile else None,
        metrics_otlp=metrics.otlp,
        events_to=events_to,
    )


def _section(shape: type[S], document: Document, name: str) -> Section[S]:
    *around, last = name.split(".")
    table: object = document.values
    for part in around:
        table = table.get(part) if isinstance(table, dict) else None
    found = table.get(last) if isinstance(table, dict) else None
    within = {key.removeprefix(f"{name}.") for key in SECTIONS if key.startswith(f"{name}.")}
    if within and isinstance(found, dict):
        found = {key: value for key, value in found.items() if key not in within}
    return check(shape, document, (*around, last), name, found)


def _directories(
    document: Document, folder: Path, environ: Mapping[str, str]
) -> tuple[tuple[DirectoryOptions, ...], dict[str, str]]:
    """All directories, and the passwords of their binds by name."""
    given = document.values.get("directory")
    if given is None or given == []:
        document.mistake(("directory",), "directory", "is missing. Say where people are read from.")
        return (), {}
    sections: list[Section[DirectoryShape]] = []
    if isinstance(given, list):
        for index, block in enumerate(given):
            place: Place = ("directory", index)
            name = block.get("name") if isinstance(block, dict) else None
            label = "directory"
            if len(given) > 1:
                label = f"directory[{name if isinstance(name, str) else index + 1}]"
                if isinstance(block, dict) and "name" not in block:
                    document.mistake(place, f"{label}.name", "is missing; each of several blocks needs one.")
            sections.append(check(DirectoryShape, document, place, label, block))
    else:
        sections.append(check(DirectoryShape, document, ("directory",), "directory", given))
    found: dict[str, DirectoryOptions] = {}
    passwords: dict[str, str] = {}
    for section in sections:
        options, password = consistency.directory(section, folder, environ)
        if variable_part(options.name) in found and "name" in section.values.model_fields_set:
            text = f"{quoted(options.name)} is the name of another block, but for capitals and marks."
            section.mistake("name", text)
        found[variable_part(options.name)] = options
        if password:
            passwords[options.name] = password
    return tuple(found.values()), passwords


def _is_missing(path: Path) -> bool:
    try:
        return not path.exists()
    except (OSError, ValueError):  # reading it will say what is wrong
        return False


def _hint(config_file: Path) -> str:
    return "" if config_file.exists() else "name the config with --config FILE, or set PREPOP_CONFIG."
