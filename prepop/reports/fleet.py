"""What became of many tenants: on the terminal, as `fleet.json` and `fleet.html`; and reading shards back."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from prepop.errors import Exit, Incomplete, UsageError
from prepop.files import Untrusted, read_guarded, write_owner_only
from prepop.reports.html.fleet import render_fleet_page
from prepop.reports.terminal import printed
from prepop.rules.fleet import FORMAT, Fleet, by_gravity

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_SHARD = re.compile(r"fleet-(\d+)-of-(\d+)\.json")


def stem_of(shard: tuple[int, int] | None) -> str:
    """How the files of a fleet are called, without their endings: `fleet`, or `fleet-I-of-N` of a shard."""
    return f"fleet-{shard[0]}-of-{shard[1]}" if shard else "fleet"


def write_fleet(fleet: Fleet, folder: Path) -> Path:
    """Write the document and the page; the answer is the page. Raises OutputError."""
    stem = stem_of(fleet.shard)
    write_owner_only(folder / f"{stem}.json", _adapter().dump_json(fleet, indent=2) + b"\n")
    page = folder / f"{stem}.html"
    write_owner_only(page, render_fleet_page(fleet, folder).encode())
    return page


def fleet_document(fleet: Fleet) -> dict[str, object]:
    """The document, of plain JSON values."""
    document = _adapter().dump_python(fleet, mode="json")
    assert isinstance(document, dict)  # noqa: S101 - a dataclass is dumped as one
    return document


def read_shards(folder: Path) -> list[Fleet]:
    """The shards that stand in a folder. Raises UsageError where there are none, or not of one fleet."""
    try:
        paths = sorted(path for path in folder.iterdir() if _SHARD.fullmatch(path.name))
    except OSError as error:
        raise UsageError(f"joining the shards in {folder}: {error.strerror}") from error
    if not paths:
        raise UsageError(
            f"joining the shards in {folder.absolute()}: no fleet-I-of-N.json is there",
            hint="fleet VERB CONFIG... --shard I/N --out DIR writes one",
        )
    shards = [_read(path) for path in paths]
    kinds = {(fleet.verb, fleet.shard[1] if fleet.shard else 0, fleet.configs) for fleet in shards}
    if len(kinds) > 1:
        raise UsageError(
            f"joining the shards in {folder}: they are of different fleets (verb, N, or number of configs)",
            hint="give each fleet a folder of its own, and each shard the same configs",
        )
    return shards


def _read(path: Path) -> Fleet:
    from pydantic import ValidationError

    try:
        fleet = _adapter().validate_json(read_guarded(path))
    except Untrusted as error:
        raise UsageError(f"joining the shards: {path} {error.why}") from error
    except OSError as error:
        raise Incomplete(f"joining the shards: reading {path}: {error.strerror}") from error
    except ValidationError as error:
        raise UsageError(
            f"joining the shards: {path} is not what a fleet writes ({error.error_count()} mistakes)",
            hint="run that shard again",
        ) from error
    named = _SHARD.fullmatch(path.name)
    if fleet.format != FORMAT or not named or fleet.shard != (int(named[1]), int(named[2])):
        raise UsageError(
            f"joining the shards: {path} holds another shard than its name says", hint="run that shard again"
        )
    return fleet


@cache
def _adapter() -> "TypeAdapter[Fleet]":
    from pydantic import TypeAdapter

    return TypeAdapter(Fleet)


def render_fleet(fleet: Fleet, page: str, *, width: int, colour: bool) -> str:
    """A row a tenant, what needs somebody first, and where the page is."""
    return printed(_lines(fleet, page), width=width, colour=colour)


def _lines(fleet: Fleet, page: str) -> Iterable[RenderableType]:
    rows = by_gravity(fleet.rows)
    yield Text(f"{fleet.headline} (exit {fleet.exit_code}: {Exit(fleet.exit_code).text})", style="bold")
    wide = max((len(row.name) for row in rows), default=0)
    for row in rows:
        told = _told(
            row.means if row.exit_code else "", row.changes, row.able and f"able {row.able}", row.found
        )
        yield Text(f"{row.name:<{wide}}  {row.exit_code:>3}  {told}")
        if row.note:
            yield Padding(Text(row.note), (0, 0, 0, wide + 7))
    yield Text(f"\n{page}")


def _told(*parts: str) -> str:
    said: Sequence[str] = [part for part in parts if part]
    return "; ".join(said) or "nothing to do"
