"""`readiness.json`: what `prepop check` found, a document beside a plan.

Its digest covers everything but itself, so that a file that was edited is not shown as what was found. It
guards against accident, as a plan's does: who can write the file can write the report too.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

from prepop.errors import UsageError
from prepop.files import write_owner_only
from prepop.rules.readiness.telling import as_values, tell
from prepop.rules.readiness.words import Readiness, State, Unread
from prepop.store.plan_file import canonical_digest, moment_mistakes, places

FORMAT = "prepop-readiness/1"
NAME = "readiness.json"
_SHOWN = 3  # mistakes that a sentence on a page names


def document(check: Readiness) -> dict[str, object]:
    """The check as plain JSON values: for the file, and for `check --json`."""
    told = tell(check)
    body: dict[str, object] = {
        "format": FORMAT,
        "made": check.made.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "tenant": told.tenant,
        "tenant_id": check.tenant_id,
        "config_digest": check.config_digest,
        "mapping_digest": check.mapping_digest,
        "headline": told.headline,
        "blocking": list(told.blocking),
        "answers": [as_values(answer) for answer in told.answers],
    }
    return {**body, "digest": canonical_digest(body)}


def save(check: Readiness, folder: Path) -> Path:
    """Write `readiness.json` into the folder, owner-only and whole or not at all. Raises OutputError."""
    path = folder / NAME
    text = json.dumps(document(check), ensure_ascii=False, indent=2) + "\n"
    write_owner_only(path, text.encode())
    return path


def load(path: Path) -> Readiness:
    """Read a check. Raises UsageError where the file is missing, unreadable, edited or something else."""
    try:
        raw = json.loads(path.read_bytes())
        if not isinstance(raw, dict) or raw.get("format") != FORMAT:
            raise UsageError(f"{NAME} is not a {FORMAT} file")
        digest = canonical_digest({key: value for key, value in raw.items() if key != "digest"})
    except OSError as error:
        raise UsageError(f"{NAME} could not be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{NAME} is not JSON") from error
    if raw.get("digest") != digest:
        raise UsageError(f"{NAME} was edited after it was made")
    return _validated(raw)


def check_in(folder: Path) -> Readiness | Unread | None:
    """The check that lies in this folder of a plan; why it cannot be shown; None where there is none.

    Never an error: what a run did to a tenant must be reported whatever lies beside its plan.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        return load(path)
    except UsageError as error:
        return Unread(f"{error.message}.")


def _validated(raw: Mapping[str, object]) -> Readiness:
    from pydantic import ValidationError

    body = {key: raw[key] for key in (field.name for field in fields(Readiness)) if key in raw}
    if isinstance(answers := body.get("answers"), list):
        body["answers"] = [
            {**answer, "about": answer.get("about") or ""} if isinstance(answer, dict) else answer
            for answer in answers
        ]
    try:
        found: Readiness = _adapter().validate_python(body)
    except ValidationError as error:
        raise _wrong(places(error)) from error
    if mistakes := list(_mistakes(found)):
        raise _wrong(mistakes)
    return found


def _wrong(mistakes: list[str]) -> UsageError:
    more = f" ... and {len(mistakes) - _SHOWN} more" if len(mistakes) > _SHOWN else ""
    return UsageError(f"{NAME} is not a {FORMAT} file ({'; '.join(mistakes[:_SHOWN])}{more})")


def _mistakes(found: Readiness) -> Iterator[str]:
    """What the types alone cannot say of a check."""
    yield from moment_mistakes("made", found.made)
    for place, answer in enumerate(found.answers):
        if answer.blocks and answer.answer is not State.NO:
            yield f"answers.{place}: blocks, and is not no"


@cache
def _adapter() -> Any:  # pydantic's adapter; what leaves this module is a Readiness
    from pydantic import TypeAdapter

    return TypeAdapter(Readiness)
