"""`report.html`: one offline page.

The page asks nothing of the network: style and script stand in it and are allowed by their hashes in a
Content-Security-Policy, everything else is forbidden there. jinja2 escapes every text; the rows for the
script stand in a JSON block in which no `<` is left.

The table of all rows is 300 lines of our own rather than itables 2.9.1 with its offline DataTables bundle,
which was tried on the same 100,000 rows, in the same Chromium, on the same (busy) machine:

                          itables      own
    file                  26.5 MB      10.3 MB, with everything that a row opens to
    until rows can be used  17 s       1.7 s
    a keystroke in filter  340 ms      57 ms
    heap                   304 MB      31 MB
    policy                 needs eval and innerHTML; no Trusted Types, scripts in 3 places

axe-core found nothing in either; both page rather than scroll virtually, which keeps the browser's own find,
the keyboard and a screen reader's row count honest.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from prepop.files import write_owner_only
from prepop.reasons import Reason
from prepop.reports.html.charts import Bar, bars, meter
from prepop.reports.html.rows import STATIC_ROWS, rows_json
from prepop.rules.phrases import SMS_LAST_DAY, SMS_RETIRES, counted, share, shortened
from prepop.rules.readiness.telling import Told
from prepop.rules.summary.endings import Tone
from prepop.rules.summary.words import Step, Summary

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

MOST_LINES = 10  # of a table of countries or departments
MOST_ENTRIES = 8  # of a security list
MOST_HOLDERS = 5
LONG_CODE = 40  # characters
MOST_TEXT = 160  # characters of one text outside the row that is opened; report.js cuts alike


def write_html(summary: Summary, path: Path) -> Path:
    """Write the page: UTF-8, line feeds."""
    write_owner_only(path, render_html(summary).encode())
    return path


def render_html(summary: Summary) -> str:
    """The page as text."""
    style, script, sheets = asset("report.css"), asset("report.js"), _sheets(summary)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src '{allowed_by(style)}' '{allowed_by(sheets)}'",
            f"script-src '{allowed_by(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
    return _template().render(
        s=summary,
        style=style,
        sheets=sheets,
        script=script,
        policy=policy,
        sign=_SIGNS[summary.mark.tone],
        title=_title(summary),
        told=summary.readiness if isinstance(summary.readiness, Told) else None,
        intro=_intro(summary),
        group_of=_group_of,
        meter_of=_meters(summary).__getitem__,
        rows=rows_json(summary),
        unlisted=_unlisted(summary),
        static_rows=summary.rows[:STATIC_ROWS],
        ability_chart=_ability_chart(summary),
        sms_chart=_sms_chart(summary),
        kinds=_kinds(summary),
        sms_day=SMS_RETIRES,
        short_departments=[line for line in summary.ability.departments if line.without],
        most_lines=MOST_LINES,
        most_entries=MOST_ENTRIES,
        most_holders=MOST_HOLDERS,
    )


def _unlisted(summary: Summary) -> int:
    """Methods that are registered already and whose accounts need nothing: no row shows them."""
    shown = sum(row.reason is Reason.ALREADY_REGISTERED for row in summary.rows)
    return sum(step.count or 0 for step in summary.funnel if step.key == "registered") - shown


def _sheets(summary: Summary) -> str:
    """The style of printed sheets: each shows run, digest and its number, because sheets come apart.

    Margin boxes (CSS paged media level 3) are printed by Chromium and Edge from 131 on.
    """
    return (
        "@page { @bottom-left { width: 88%; font: 6.5pt sans-serif; "
        f"content: {_css_text(summary.sheet)}; }} "
        '@bottom-right { font: 6.5pt sans-serif; content: counter(page) " / " counter(pages); } }'
    )


def _css_text(text: str) -> str:
    """A string of CSS in which nothing ends the string or the style: all but letters and digits by code."""
    return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\{ord(c):x} " for c in text) + '"'


# a mark beside the colour, for eyes and paper without it
_SIGNS = {Tone.GOOD: "\u2713", Tone.WARN: "\u25b2", Tone.BLOCK: "\u25a0", Tone.NEUTRAL: "\u25cf"}


def _title(summary: Summary) -> str:
    if summary.undoes:
        return "rollback report" if summary.applied else "rollback, dry-run report"
    return "run report" if summary.applied else "dry-run report"


def _intro(summary: Summary) -> str:
    masked = (
        "Numbers and addresses are masked." if summary.masked else "Numbers and addresses are shown whole."
    )
    what = (
        f"A rollback takes back what run {summary.undoes} wrote."
        if summary.undoes
        else "prepop registers the phone numbers and private addresses that the directory holds as methods "
        "with which people can reset their own password."
    )
    now = "" if summary.applied else " This page is a preview: nothing has been written."
    return f"{what}{now} {masked}"


def _kinds(summary: Summary) -> Sequence[tuple[str, str]]:
    """The columns of the tables of writes: only kinds of change that occur."""
    kinds = (("Added", "additions"), ("Replaced", "replacements"), ("Removed", "removals"))
    return [kind for kind in kinds if any(getattr(line, kind[1]) for line in summary.writes.methods)]


def _group_of(step: Step) -> str:
    """The value of the verdict filter behind a funnel step."""
    return "change" if len(step.groups) > 1 else "".join(step.groups)


def _meters(summary: Summary) -> Mapping[Step, str]:
    """A bar for each step: people out of all that were read, verdicts out of all rows."""
    read = summary.funnel[0].count or 0 if summary.funnel else 0
    return {
        step: meter(step.count or 0, read if step.unit == "people" else len(summary.rows))
        for step in summary.funnel
    }


def _ability_chart(summary: Summary) -> str:
    able = summary.ability
    if not able.known or not able.population:
        return ""
    lines = (
        Bar(summary.names.before, able.today or 0, able.population, "before"),
        Bar(summary.names.after, able.after or 0, able.population),
    )
    return bars(lines, "Accounts that can reset the password")


def _sms_chart(summary: Summary) -> str:
    sms, after = summary.sms, summary.ability.after
    if not after or sms.only_sms_voice is None or sms.telephony.whole:
        return ""
    lines = (
        Bar(SMS_LAST_DAY, after, after),
        Bar(SMS_RETIRES, after - min(sms.only_sms_voice, after), after, "before"),
    )
    return bars(lines, "Accounts that can reset the password, without a telephony provider")


def _coded(text: str) -> "Markup":
    """A sentence in which what stands between `backticks` is code; everything in it is escaped.

    A long command takes lines of its own.
    """
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:  # a mark without its partner marks nothing
        return escape(text)
    short, long = Markup("<code>{}</code>"), Markup('<code class="block">{}</code>')
    return Markup("").join(
        (long if len(part) > LONG_CODE else short).format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


def _breaking(text: str) -> "Markup":
    """An address too long for a line breaks at its marks, not within a word. Everything is escaped."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=@)|(?=\.)", text) if "@" in text else [text]
    return Markup("<wbr>").join(escape(part) for part in parts)


def _template() -> "Template":
    return pages().get_template("report.html.j2")


@cache
def pages() -> "Environment":
    """The templates of pages, with their filters; every text is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("prepop.reports.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = lambda value: "not known" if value is None else f"{value:,}"
    environment.filters["moment"] = lambda at: f"{at.day} {at:%B %Y, %H:%M} UTC"
    environment.filters["counted"] = counted
    environment.filters["share"] = share
    environment.filters["short"] = lambda text: shortened(text, MOST_TEXT)
    environment.filters["coded"] = _coded
    environment.filters["breaking"] = _breaking
    environment.filters["trusted"] = Markup  # for our own style, script and charts only
    return environment


@cache
def asset(name: str) -> str:
    """A style or script of ours, as text."""
    return files("prepop.reports.html").joinpath("templates", name).read_text(encoding="utf-8")


def allowed_by(text: str) -> str:
    """The source expression that allows exactly this inline style or script (CSP level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
