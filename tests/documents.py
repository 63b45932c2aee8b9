"""The tables of the documents, written out of the program's own words.

    python -m tests.documents      writes every table anew

A table stands between `<!-- NAME -->` and `<!-- /NAME -->`, in any document and in as many as need it.
`tests/test_documents.py` holds each against what would be written now.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

import click
from pydantic_core import PydanticUndefined

from prepop.cli import VERBS, app
from prepop.errors import Exit
from prepop.model import Ending, Outcome, Result, Traffic
from prepop.options import Limit
from prepop.reasons import FindingCode, Level, Reason, Severity
from prepop.rules.events import Event
from prepop.rules.readiness.permission_table import PERMISSIONS, Use
from prepop.rules.summary.figures import STEPS, RunFigures, figures
from prepop.settings import shapes
from prepop.settings.environment import SECTIONS
from prepop.settings.template import config_template
from tests.store.made import full

ROOT = Path(__file__).parent.parent
_MARKED = re.compile(r"<!-- (?P<name>[a-z-]+) -->\n(?P<table>.*?)<!-- /(?P=name) -->", re.DOTALL)


def documents() -> list[Path]:
    """Every document of the project."""
    inside = (path for folder in ("prepop", "mappings", "jobs") for path in (ROOT / folder).rglob("*.md"))
    return [*sorted(ROOT.glob("*.md")), *sorted(inside)]


def marked(text: str) -> Iterator[tuple[str, str]]:
    """The tables that stand in a text, by name."""
    yield from ((found["name"], found["table"]) for found in _MARKED.finditer(text))


def filled(text: str) -> str:
    """A document with its tables made anew. Raises KeyError for a name that no table has."""
    return _MARKED.sub(lambda found: f"<!-- {found[1]} -->\n{TABLES[found[1]]()}<!-- /{found[1]} -->", text)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join("|" + "".join(f" {cell} |" if cell else " |" for cell in line) + "\n" for line in lines)


# ---------------------------------------------------------------- codes


def reasons() -> str:
    """Why something is left alone."""
    rows: list[tuple[str, ...]] = []
    for level in Level:
        rows.append((f"**{level}**", "", ""))
        rows += [(f"`{reason}`", reason.text, reason.fix) for reason in Reason if reason.level is level]
    return _table(("code", "what it says", "what would fix it"), rows)


def findings() -> str:
    """What stops a plan, or is said of it."""

    def when(code: FindingCode) -> str:
        lifted = code.can_be_accepted or code.severity is Severity.WARN
        return code.text if lifted else f"{code.text}; cannot be accepted"

    return _table(
        ("code", "level", "when"), ((f"`{code}`", str(code.severity), when(code)) for code in FindingCode)
    )


def exits() -> str:
    """How a command can end."""
    return _table(("code", "meaning"), ((str(code.value), code.text) for code in Exit))


_USES = {
    Use.PLAN: "planning",
    Use.APPLY: "besides, for `apply` and `sync`",
    Use.CHECK: "besides, for a whole `check`",
    Use.EXTRA: "only where it is wanted",
}


def permissions() -> str:
    """What the app may do, and what is without it."""
    rows: list[tuple[str, ...]] = []
    for use, words in _USES.items():
        rows.append((f"**{words}**", "", ""))
        rows += [(f"`{one.name}`", one.why, one.without) for one in PERMISSIONS if one.use is use]
    return _table(("permission", "for", "without it"), rows)


# ---------------------------------------------------------------- keys


_WORDS: tuple[tuple[object, str], ...] = (
    (shapes.LimitText, "a limit"),
    (shapes.VariableName, "name of a variable"),
    (shapes.RegionCode, "region"),
    (shapes.Attributes, "attributes"),
    (shapes.Texts, "texts"),
    (shapes.Filled, "text, not empty"),
    (shapes.Text, "text"),
    (bool, "true or false"),
)


def kind_of(hint: object) -> str:
    """A key's type in words. Raises LookupError for one that has none yet."""
    for known, words in _WORDS:  # a type may ask for more than the known one that it is made of
        if hint == known or get_args(hint)[: len(get_args(known)) or None] == get_args(known) != ():
            return words
    if get_origin(hint) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(hint))
    if get_origin(hint) in (Union, UnionType) and type(None) not in get_args(hint):
        return " or ".join(kind_of(option) for option in get_args(hint))
    if get_origin(hint) in (Union, UnionType):
        return kind_of(next(one for one in get_args(hint) if one is not type(None)))
    base, *more = get_args(hint) if hasattr(hint, "__metadata__") else (hint,)
    if get_origin(base) is tuple:
        return f"list of: {kind_of(get_args(base)[0])}"
    if get_origin(base) is dict:
        return f"table of: {kind_of(get_args(base)[1])}"
    if isinstance(base, type) and issubclass(base, StrEnum):
        return ", ".join(f"`{word}`" for word in base)
    if base is int:
        bounds = {type(rule).__name__: rule for one in more for rule in one.metadata}
        return f"{bounds['Ge'].ge:,} to {bounds['Le'].le:,}"
    raise LookupError(f"no words for {hint}")


def toml(value: object) -> str:
    """A default as `prepop.toml` would have it."""
    match value:
        case Limit(count=count, share=share):
            parts = [f"{count}"] if count is not None else []
            parts += [f"{share:.6%}".rstrip("%").rstrip("0").rstrip(".") + "%"] if share is not None else []
            return json.dumps(", ".join(parts))
        case tuple() | list():
            return f"[{', '.join(toml(one) for one in value)}]"
        case bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case None:
            return ""
        case dict():
            return "{}"
    raise LookupError(f"no TOML for {value!r}")


def keys_of(shape: type[shapes.Shape]) -> Iterator[tuple[str, str, str]]:
    """Every key of a section: name, type, default."""
    hints = get_type_hints(shape, include_extras=True)
    for name, field in shape.model_fields.items():
        default = None if field.default is PydanticUndefined else field.default
        shown = toml(default)
        yield field.alias or name, kind_of(hints[name]), f"`{shown}`" if shown else ""


def _keys(sections: Iterable[tuple[str, type[shapes.Shape]]], leave: Collection[str] = ()) -> str:
    rows = [
        (f"`{section}{key}`", kind, default)
        for section, shape in sections
        for key, kind, default in keys_of(shape)
        if section + key not in leave
    ]
    return _table(("key", "type", "default"), rows)


def keys() -> str:
    """Every key of `prepop.toml`."""
    return _keys([("", shapes.TopShape), *((f"{name}.", shape) for name, shape in SECTIONS.items())])


def mapping_keys() -> str:
    """Every key of a mapping; what all methods have is said once."""
    methods, office = shapes.MethodShape, shapes.OfficeShape
    shared = [f"office.{key}" for key, _, _ in keys_of(methods)]
    return _keys([("region.", shapes.RegionShape), ("METHOD.", methods), ("office.", office)], shared)


_COMMENTED = re.compile(r"(?:# )?(?P<key>[a-z_]+) = .*?#\s*(?P<said>\S.*)$")


def _said() -> Mapping[str, str]:
    """What the config that `init` writes says of each key, else the contract, by `section.key`."""
    found: dict[str, str] = {}
    section = ""
    contract = (ROOT / "prepop" / "CONTRACT.md").read_text(encoding="utf-8")
    for line in (*config_template().splitlines(), "[]", *contract.splitlines()):
        bare = line.removeprefix("# ")
        if (head := re.match(r"\[\[?([a-z.]*)\]", bare)) is not None:
            section = f"{head[1]}."
        elif (row := _COMMENTED.fullmatch(line)) is not None:
            found.setdefault(section + row["key"], row["said"].replace("|", "\\|"))
    return found


#: What neither says, since it stands in a row of several there.
_PLAINLY = {
    "directory.name": "what messages and reports call it; needed where there are several",
    "directory.path": "the export, for kind = ldif or csv",
    "directory.base": "where people are looked for, one or several places of the tree",
    "directory.user": "who signs in, for bind = simple",
    "directory.password_env": "the variable that holds the password of bind = simple",
    "directory.password_file": "or the file that holds it, readable by its owner alone",
    "directory.page_size": "people that are asked for at once",
    "cloud.client_id": "the application's id",
    "cloud.certificate_file": "certificate and private key, PEM or PFX, for credential = certificate",
    "cloud.certificate_password_env": "the variable that holds the password of that file",
    "cloud.certificate_password_file": "or the file that holds it",
    "cloud.secret_env": "the variable that holds the secret, for credential = secret",
    "cloud.secret_file": "or the file that holds it",
    "cloud.requests_in_flight": "requests side by side; the pacer takes fewer where Graph wants that",
    "scope.exclude_groups": "nobody in these groups is touched, whoever else names them",
    "scope.users": "these accounts alone",
    "scope.guests": "guests too",
    "limits.additions": "accounts that may gain a method in one run: a count, a share of the scope, or both",
    "limits.replacements": "accounts that may get another value in one run",
    "limits.removals": "accounts that may lose a method in one run",
    "limits.cloud_shrink": "how many fewer accounts than in the last run are believed",
    "notify.people.password_file": "or the file that holds it, readable by its owner alone",
    "notify.people.password_env": "the variable that holds that user's password",
    "state.keep_days": "values in the journal, and report folders, are forgotten after so long",
    "report.dir": "where each run leaves a folder of its own",
    "report.formats": "which reports are written",
}


def config_reference() -> str:
    """Every key of `prepop.toml` with its variable, and what the template says of it."""
    said = _said()
    sections: list[tuple[str, type[shapes.Shape]]]
    sections = [("", shapes.TopShape), *((f"{name}.", shape) for name, shape in SECTIONS.items())]
    rows = []
    for section, shape in sections:
        for key, kind, default in keys_of(shape):
            inside = section.rstrip(".").upper().replace(".", "__")
            variable = f"PREPOP_{inside}__{key.upper()}" if section else "PREPOP_MAPPING"
            rows.append(
                (
                    f"`{section}{key}`",
                    kind,
                    default,
                    f"`{variable}`",
                    said.get(section + key) or _PLAINLY.get(section + key, ""),
                )
            )
    return _table(("key", "type", "default", "variable", "what for"), rows)


def verbs() -> str:
    """The help of every verb."""
    parts = []
    with click.Context(app, info_name="prepop", help_option_names=["-h", "--help"]) as above:
        for name in VERBS:
            verb = app.get_command(above, name)
            assert verb is not None
            with click.Context(verb, info_name=name, parent=above, max_content_width=100) as ctx:
                ctx.terminal_width = 100
                parts.append(f"### prepop {name}\n\n```\n{verb.get_help(ctx).rstrip()}\n```\n")
    return "\n" + "\n".join(parts) + "\n"


# ---------------------------------------------------------------- rooms


def rooms() -> str:
    """Every room of the house, what it is for, and how large it is, in round numbers."""
    rows = []
    for door in sorted((ROOT / "prepop").rglob("__init__.py")):
        room = door.parent
        if room.name == "prepop":
            continue
        modules = [path for path in room.glob("*.py") if path != door or len(_lines(path)) > 30]
        whole = sum(len(_lines(path)) for path in room.glob("*.py"))
        about = _lines(door)[0].strip('"')
        depth = len(room.relative_to(ROOT / "prepop").parts) - 1
        name = f"{'· ' * depth}`{room.relative_to(ROOT / 'prepop').as_posix()}`"
        rows.append((name, about, str(len(modules)), f"{max(100, round(whole, -2)):,}"))
    return _table(("room", "what it is for", "modules", "lines"), rows)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def events() -> str:
    """What a run tells to a collector of logs."""
    return _table(
        ("number", "name", "what happened"), ((str(one.number), f"`{one}`", one.text) for one in Event)
    )


_RESULTS = {
    Result.DONE: "written, and Graph's answer or a reading afterwards shows it",
    Result.ALREADY_TRUE: "it was there before prepop's write, as somebody else wrote it; not prepop's own",
    Result.MOVED_ON: "what is there is not what the plan saw, or nobody may touch the account: left as it is",
    Result.FAILED: "Graph refused it; status, code and request-id stand beside it",
    Result.UNKNOWN: "sent, and not yet known whether it came true: the next run, or `resume`, reads it back",
    Result.NOT_TRIED: "the run stopped before it, or a change that it needs did not come true",
}


def outcomes() -> str:
    """What can become of a change."""
    return _table(("outcome", "meaning"), ((f"`{result}`", _RESULTS[result]) for result in Result))


def metrics() -> str:
    """Every figure, as a night with everything in it writes it."""
    made = full()
    done = {change.id: Outcome(change.id, Result.DONE, 201) for change in made.changes}
    traffic = Traffic(9, 1, 7, dict.fromkeys(STEPS, (0.0, 1.0)))
    at = made.created
    night = RunFigures(Ending.DONE, Exit.DONE, at, 60.0, at, at, made, done, traffic)
    found: dict[str, tuple[str, str]] = {}
    for figure in figures(night):
        found.setdefault(figure.name, (figure.about, ", ".join(f"`{name}`" for name, _ in figure.labels)))
    return _table(
        ("metric", "what", "labels"), ((f"`{name}`", what, labels) for name, (what, labels) in found.items())
    )


TABLES: Mapping[str, Callable[[], str]] = {
    "reasons": reasons,
    "findings": findings,
    "exits": exits,
    "permissions": permissions,
    "keys": keys,
    "mapping-keys": mapping_keys,
    "config-reference": config_reference,
    "verbs": verbs,
    "events": events,
    "metrics": metrics,
    "outcomes": outcomes,
    "rooms": rooms,
}


if __name__ == "__main__":
    for document in documents():
        before = document.read_text(encoding="utf-8")
        if (after := filled(before)) != before:
            document.write_text(after, encoding="utf-8", newline="\n")
            print(f"{document.relative_to(ROOT)}: written")
