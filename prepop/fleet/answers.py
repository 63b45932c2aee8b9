"""What a tenant's process answered, as a row. It may have answered nothing, or be of any shape."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from prepop.fleet.processes import ANSWER, LOG, TenantEnded
from prepop.model import Result
from prepop.rules.fleet import FleetRow, FoundIn
from prepop.rules.phrases import shortened, visible
from prepop.rules.values.masking import mask_within

_MOST = 300  # characters of a sentence
_MOST_BYTES = 64 * 1024 * 1024


def row_of(ended: TenantEnded) -> FleetRow:
    """The row of a tenant, from how its process ended and from what it said."""
    said = _document(ended.folder / ANSWER)
    able = _mapping(said.get("able"))
    log = ended.folder / LOG
    notes = (ended.note, _trouble(log) if ended.exit_code else "")
    outcomes = _mapping(said.get("outcomes"))
    return FleetRow(
        name=ended.tenant.name,
        config=str(ended.tenant.config),
        exit_code=int(ended.exit_code),
        seconds=ended.seconds,
        note=_sentence("; ".join(note for note in notes if note)),
        tenant=_sentence(said.get("tenant")),
        run=_sentence(said.get("run")),
        headline=_sentence(said.get("headline")),
        outcomes={result.value: count for result in Result if (count := _number(outcomes.get(result.value)))},
        population=_number(able.get("population")),
        before=_number(able.get("today")),
        after=_number(able.get("after")),
        findings=[_finding(_mapping(each)) for each in _sequence(said.get("findings"))],
        report=_report(said.get("reports")),
        log=str(log) if log.exists() else "",
    )


def _document(path: Path) -> Mapping[str, object]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return {}
        return _mapping(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _trouble(log: Path) -> str:
    """The first sentence in which prepop said what was wrong."""
    try:
        with log.open(encoding="utf-8", errors="replace") as file:
            return next((row[len("prepop: ") :].strip() for row in file if row.startswith("prepop: ")), "")
    except OSError:
        return ""


def _report(folder: object) -> str:
    """The page of the run, or what there is instead."""
    if not isinstance(folder, str):
        return ""
    names = ("report.html", "summary.json")
    return next((str(Path(folder) / name) for name in names if (Path(folder) / name).is_file()), "")


def _finding(said: Mapping[str, object]) -> FoundIn:
    return FoundIn(
        _sentence(said.get("code")), said.get("level") == "block", _number(said.get("measured")) or 0
    )


def _sentence(said: object) -> str:
    """A text as a table of tenants may show it: no value of a person, one line, not for ever."""
    return visible(mask_within(shortened(said, _MOST))) if isinstance(said, str) else ""


def _number(said: object) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _mapping(said: object) -> Mapping[str, object]:
    return said if isinstance(said, dict) else {}


def _sequence(said: object) -> Sequence[object]:
    return said if isinstance(said, list) else ()
