"""`fleet.html`: one offline page of many tenants, with links to the report and the log of each."""

import os
from pathlib import Path
from urllib.parse import quote

from prepop.errors import Exit
from prepop.reports.html import allowed_by, asset, pages
from prepop.rules.fleet import Fleet, by_gravity

_MARKS = {"good": "✓", "warn": "▲", "block": "■"}


def render_fleet_page(fleet: Fleet, folder: Path) -> str:
    """The page as text. folder: where it will stand, from which its links lead."""
    style = asset("report.css")
    policy = (
        f"default-src 'none'; style-src '{allowed_by(style)}'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    tone = _tone(fleet.exit_code)
    return (
        pages()
        .get_template("fleet.html.j2")
        .render(
            f=fleet,
            rows=by_gravity(fleet.rows),
            style=style,
            policy=policy,
            tone=tone,
            tone_of=_tone,
            mark_of=lambda code: _MARKS[_tone(code)],
            means=Exit(fleet.exit_code).text.replace("`", ""),
            link=lambda path: _link(path, folder),
        )
    )


def _tone(code: int) -> str:
    match Exit(code):
        case Exit.DONE | Exit.PENDING:
            return "good"
        case Exit.SOME_FAILED | Exit.OUT_OF_TIME | Exit.INTERRUPTED | Exit.LOCKED:
            return "warn"
        case Exit.BUG | Exit.USAGE | Exit.BLOCKED | Exit.INCOMPLETE:
            return "block"


def _link(path: str, folder: Path) -> str:
    """From the page to a file: relative, so that both can be moved together; another drive has its own."""
    try:
        way = os.path.relpath(path, folder)
    except ValueError:
        return Path(path).as_uri()
    return quote(way.replace(os.sep, "/"), safe="/.")
