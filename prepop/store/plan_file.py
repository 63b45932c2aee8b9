"""`plan.json`: a plan as a file that is reviewed today and applied tomorrow (CONTRACT section 10).

The same input gives the same file, byte for byte, but for the lines `run` and `created`. `digest` is the
SHA-256 of the canonical JSON (keys sorted, no blanks, UTF-8) of everything but `run`, `created` and
`digest` itself. One change, one left-alone row and one account's standing take one line each, so that
two plans can be compared with any text tool.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from prepop.errors import UsageError
from prepop.files import Untrusted, read_guarded, write_owner_only
from prepop.model import Action, Change, Evidence, Finding, Plan

if TYPE_CHECKING:
    from pydantic import ValidationError

FORMAT = "prepop-plan/1"
_SHOWN = 10  # mistakes of one file that a message names before "... and N more"


def digest(plan: Plan) -> str:
    """What was signed off: the digest of everything in the plan but its run and its time."""
    return _digest(document(plan))


def save(plan: Plan, path: Path) -> str:
    """Write the plan, owner-only and whole or not at all; the answer is its digest. Raises OutputError."""
    whole = document(plan)
    whole["digest"] = _digest(whole)
    lines: list[str] = []
    for key, value in whole.items():
        if isinstance(value, list) and value:
            rows = ",\n".join("  " + _line(row) for row in value)
            lines.append(f"{_line(key)}: [\n{rows}\n]")
        else:
            lines.append(f"{_line(key)}: {_line(value)}")
    write_owner_only(path, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
    return str(whole["digest"])


def document(plan: Plan) -> dict[str, object]:
    """The plan as JSON values, without its digest."""
    whole = _object(plan)
    del whole["undoes"]  # it stands in "directory"
    return {"format": FORMAT, **whole, "directory": _directory(plan), "cloud": _cloud(plan)}


def load(path: Path, *, only_shown: bool = False) -> tuple[Plan, str, str]:
    """Read a plan: the plan, the digest that it says it has, and the digest that it really has.

    only_shown: nothing will be written by it, so that it may be anybody's.
    Raises UsageError where the file is missing, unreadable, written by others at will, or not a plan, with
    every place that is wrong.
    """
    try:
        raw = json.loads(path.read_bytes() if only_shown else read_guarded(path))
    except Untrusted as error:
        raise UsageError(
            f"reading the plan {path}: {error.why}",
            hint="a plan decides whose number goes where: look at it again before you apply it",
        ) from error
    except OSError as error:
        raise UsageError(
            f"reading the plan {path}: {error.strerror or error}",
            hint="name the plan.json that `prepop plan` wrote",
        ) from error
    except (ValueError, RecursionError) as error:
        place = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "not JSON"
        raise _not_a_plan(path, [place]) from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise _not_a_plan(path, [f'format: is not "{FORMAT}"'])
    said = raw.get("digest")
    if not isinstance(said, str):
        raise _not_a_plan(path, ["digest: is missing"])
    return _validated(raw, path), said, _digest(raw)


def canonical_digest(whole: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the canonical JSON: keys sorted, no blanks."""
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(whole: Mapping[str, object]) -> str:
    return canonical_digest(
        {key: value for key, value in whole.items() if key not in ("run", "created", "digest")}
    )


def _line(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate from a damaged name, which UTF-8 cannot carry
        return json.dumps(value)
    return text


def _json(value: object) -> object:
    """Facts as JSON values: a dataclass is an object with its fields, a source is called "from".

    How is found out once for each type: a plan of a large tenant has millions of values.
    """
    kind = type(value)
    return value if kind in _PLAIN else _maker(cast("Any", kind))(value)


_PLAIN = frozenset({str, int, bool, type(None)})


@cache
def _maker(kind: Any) -> Callable[[Any], object]:  # of a type that it is for each
    if issubclass(kind, datetime):
        return lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if issubclass(kind, str):
        return str
    if issubclass(kind, int):
        return lambda number: number
    if issubclass(kind, Mapping):
        return lambda mapping: {str(key): _json(item) for key, item in mapping.items()}
    if issubclass(kind, tuple):
        return lambda values: [_json(item) for item in values]
    names = [(f.name, "from" if kind is Change and f.name == "source" else f.name) for f in fields(kind)]
    if kind is Evidence:
        # most rows have little evidence: what is empty is left out
        return lambda facts: {
            called: _json(found) for name, called in names if (found := getattr(facts, name))
        }
    if kind is Finding:
        return lambda finding: {
            **{called: _json(getattr(finding, name)) for name, called in names},
            "level": str(finding.level),
        }
    return lambda facts: {called: _json(getattr(facts, name)) for name, called in names}


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", _json(value))


# ---------------------------------------------------------------- what was read, as the file has it

_UNDOES, _PEOPLE = "undoes", "people"


def _directory(plan: Plan) -> dict[str, object]:
    """One flat object: words and the number of people; those of several directories under "NAME.word"."""
    words: dict[str, object] = {} if plan.undoes is None else {"kind": "journal", _UNDOES: plan.undoes}
    for read in plan.directory:
        prefix = f"{read.name}." if read.name else ""
        words |= {prefix + word: text for word, text in read.said.items()}
        words[prefix + _PEOPLE] = read.people
    return words


def _cloud(plan: Plan) -> dict[str, object]:
    whole = _object(plan.cloud)
    who = plan.cloud.telephony
    del whole["telephony"]  # flat, as everything here
    carriers = {"sms": str(who.sms), "voice": str(who.voice), "telephony_configured": int(who.configured)}
    return {"tenant_id": plan.tenant, "tenant_name": whole.pop("name"), **whole, **carriers}


def _directories(words: Mapping[str, object]) -> list[dict[str, object]]:
    """The directories of a flat object; a word belongs to the longest name that it begins with."""
    names = sorted(
        (word.removesuffix(_PEOPLE).removesuffix(".") for word in words if _ends_in_people(word)),
        key=len,
        reverse=True,
    )
    reads: dict[str, dict[str, object]] = {}
    for word, value in words.items():
        name = next((name for name in names if not name or word.startswith(f"{name}.")), "")
        said = word.removeprefix(f"{name}.") if name else word
        read = reads.setdefault(name, {"name": name, "said": {}})
        if said == _PEOPLE:
            read[_PEOPLE] = value
        else:
            cast("dict[str, object]", read["said"])[said] = value
    return list(reads.values())


def _ends_in_people(word: str) -> bool:
    return word == _PEOPLE or word.endswith(f".{_PEOPLE}")


def _parts(body: dict[str, object]) -> dict[str, object]:
    """The file's objects in the shape of the plan's parts. What is not an object stays, to be refused."""
    parts = dict(body)
    match body.get("directory"):
        case {"undoes": run}:
            parts |= {"directory": [], _UNDOES: run}
        case dict() as words:
            parts["directory"] = _directories(words)
        case _:
            pass
    match body.get("cloud"):
        case {"tenant_name": name, **rest}:
            who: dict[str, object] = {key: rest.pop(key) for key in ("sms", "voice") if key in rest}
            who |= {"configured": rest.pop("telephony_configured", 0)}
            parts["cloud"] = {"name": name, "telephony": who, **rest}
        case _:
            pass
    match body.get("changes"):
        case [*changes]:
            parts["changes"] = [
                {("source" if key == "from" else key): value for key, value in change.items()}
                if isinstance(change, dict)
                else change
                for change in changes
            ]
        case _:
            pass
    return parts


def _validated(raw: dict[str, object], path: Path) -> Plan:
    from pydantic import ValidationError

    body = {key: value for key, value in raw.items() if key not in ("format", "digest", _UNDOES)}
    try:
        plan: Plan = _adapter().validate_python(_parts(body))
    except ValidationError as error:
        raise _not_a_plan(path, places(error)) from error
    if mistakes := list(_mistakes(plan)):
        raise _not_a_plan(path, mistakes)
    return plan


def places(error: "ValidationError") -> list[str]:
    """Where a document is not as it should be, and why. Names places, never the values there."""
    return [
        f"{'.'.join(str(part) for part in mistake['loc']) or 'the file'}: {mistake['msg']}"
        for mistake in error.errors(include_input=False, include_url=False)
    ]


def moment_mistakes(key: str, when: datetime) -> Iterator[str]:
    """Why a time in a document is not a moment in UTC."""
    try:
        when.astimezone(UTC)
    except OverflowError:
        yield f"{key}: is no moment"
    if when.tzinfo is None:
        yield f"{key}: has no time zone"


def _mistakes(plan: Plan) -> Iterator[str]:
    """What the types alone cannot say of a plan."""
    yield from moment_mistakes("created", plan.created)
    ids: set[str] = set()
    for place, change in enumerate(plan.changes):
        if change.id in ids:
            yield f"changes.{place}.id: another change has it"
        if change.needs is not None and change.needs not in ids:
            yield f"changes.{place}.needs: no earlier change has this id"
        there = (change.before is not None, bool(change.after))
        if there != _SIDES[change.action] or (change.action is Action.REMOVE and change.after is not None):
            yield f"changes.{place}: before and after do not make this a change of kind {change.action}"
        ids.add(change.id)


_SIDES = {Action.ADD: (False, True), Action.REPLACE: (True, True), Action.REMOVE: (True, False)}


@cache
def _adapter() -> Any:  # pydantic's adapter; what leaves this module is a Plan
    from pydantic import TypeAdapter

    return TypeAdapter(Plan)


def _not_a_plan(path: Path, mistakes: list[str]) -> UsageError:
    more = [f"... and {len(mistakes) - _SHOWN} more"] if len(mistakes) > _SHOWN else []
    return UsageError(
        f"reading the plan {path}: it is not a {FORMAT} file\n" + "\n".join(mistakes[:_SHOWN] + more),
        hint="make the plan again with `prepop plan`; a plan cannot be edited",
    )
