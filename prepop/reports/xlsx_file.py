"""`report.xlsx`: sheets summary, changes, left alone, findings, security; readiness where there is a check.

Everything that came from a directory is written with `write_string`, so that it stays text: no formula, no
link, no number that loses its plus or its zeros. Counts are numbers, times are times.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from prepop.errors import OutputError
from prepop.files import write_through
from prepop.reasons import Reason, Severity
from prepop.rules.phrases import SMS_RETIRES, shortened
from prepop.rules.readiness.telling import Told
from prepop.rules.summary.words import Row, Summary

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

# Limits of the format: rows of a sheet, characters of a cell.
MOST_ROWS = 1_048_576
MOST_TEXT = 32_767
NOT_PRINTED = "account id"  # nor what stands behind it: on one page's width the rest could not be read
MOST_FOOT = 110  # characters: a footer has 255, with its marks and every & twice

Cell = str | int | datetime | None
Columns = Sequence[tuple[str, int]]

CHANGES: Columns = (
    ("account", 34),
    ("name", 24),
    ("department", 20),
    ("method", 16),
    ("action", 10),
    ("directory value", 24),
    ("value to register", 24),
    ("registered now", 24),
    ("country", 8),
    ("from", 18),
    ("policy", 10),
    ("why", 44),
    ("detail", 44),
    ("outcome", 12),
    ("answer", 40),
    ("account id", 38),
    ("person", 60),
)
LEFT_ALONE: Columns = (
    ("account", 34),
    ("name", 24),
    ("department", 20),
    ("method", 16),
    ("reason", 24),
    ("why", 44),
    ("directory value", 24),
    ("normal form", 24),
    ("registered now", 24),
    ("country", 8),
    ("from", 18),
    ("detail", 44),
    ("account id", 38),
    ("person", 60),
)
FINDINGS: Columns = (
    *(("level", 8), ("finding", 24), ("measured", 10), ("limit", 10), ("out of", 10)),
    *(("what was found", 70), ("what to do", 70), ("accepted", 50)),
)
SECURITY: Columns = (
    *(("list", 40), ("who", 40), ("method", 16)),
    *(("value", 26), ("detail", 50), ("holders", 80)),
)
READINESS: Columns = (
    ("group", 28),
    ("answer", 10),
    ("blocks", 8),
    ("question", 60),
    ("what was found", 90),
    ("what to do", 90),
    ("directory", 14),
    ("id", 34),
)


def write_xlsx(summary: Summary, path: Path) -> Path:
    """Write the workbook. Rows beyond the limit of a sheet go on in another one, `changes 2`."""

    def fill(new: Path) -> None:
        from xlsxwriter import Workbook
        from xlsxwriter.exceptions import XlsxWriterException

        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        book = Workbook(str(new), options)
        try:
            _fill(book, summary)
            book.close()
        except XlsxWriterException as error:
            raise OutputError(f"{path}: the workbook could not be written: {error}") from error

    write_through(path, fill)
    return path


def _fill(book: "Workbook", summary: Summary) -> None:
    title = f"prepop {'run' if summary.applied else 'plan'} {summary.run}"
    book.set_properties({"title": title, "created": _naive(summary.created)})
    pen = _Pen(book, summary.sheet)
    _summary_sheet(book, pen, summary)
    changes = (row for row in summary.rows if row.reason is None)
    pen.table("changes", CHANGES, map(_change, changes))
    quiet = (None, Reason.ALREADY_REGISTERED)  # the summary counts it, the CSV lists it
    pen.table("left alone", LEFT_ALONE, (_alone(row) for row in summary.rows if row.reason not in quiet))
    pen.table("findings", FINDINGS, _findings(summary))
    pen.table("security", SECURITY, _security(summary))
    if isinstance(summary.readiness, Told):
        pen.table("readiness", READINESS, _readiness(summary.readiness))


class _Pen:
    """Writes tables with one set of formats."""

    def __init__(self, book: "Workbook", foot: str) -> None:
        self._book = book
        self._foot = foot
        self.bold: Format = book.add_format({"bold": True})
        self.title: Format = book.add_format({"bold": True, "font_size": 14})
        self.head: Format = book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#E8EDF2", "valign": "top"}
        )
        self.number: Format = book.add_format({"num_format": "#,##0"})
        self.time: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self.wrapped: Format = book.add_format({"text_wrap": True, "valign": "top"})

    def cell(
        self, sheet: "Worksheet", row: int, column: int, value: Cell, style: "Format | None" = None
    ) -> None:
        """One typed cell; None and "" stay empty."""
        match value:
            case None | "":
                pass
            case str():
                sheet.write_string(row, column, shortened(value, MOST_TEXT), style)
            case int():
                sheet.write_number(row, column, value, style or self.number)
            case datetime():
                sheet.write_datetime(row, column, _naive(value), style or self.time)

    def sentence(self, sheet: "Worksheet", row: int, column: int, text: str, style: "Format | None") -> None:
        """A text over all columns from this one on, in as many lines as it needs."""
        wide = sum(SUMMARY[column:])
        lines = -(-len(text) // wide) if style is None else 1
        if lines > 1:
            sheet.set_row(row, 15 * min(lines, 20))
        sheet.merge_range(row, column, row, len(SUMMARY) - 1, "", style or self.wrapped)
        self.cell(sheet, row, column, text, style or self.wrapped)

    def paper(self, sheet: "Worksheet") -> None:
        """A4, on one page's width; each page shows run, digest and its number."""
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4)
        sheet.fit_to_pages(1, 0)
        foot = shortened(self._foot, MOST_FOOT).replace("&", "&&")
        sheet.set_footer(f"&L&8{foot}&R&8&P / &N")

    def table(self, name: str, columns: Columns, lines: Iterable[Sequence[Cell]]) -> None:
        """A sheet with a frozen, filtered header; as many sheets as the rows need."""
        rest = iter(lines)
        number = 1
        while True:
            sheet = self._book.add_worksheet(name if number == 1 else f"{name} {number}")
            for column, (title, wide) in enumerate(columns):
                sheet.set_column(column, column, wide)
                self.cell(sheet, 0, column, title, self.head)
            sheet.freeze_panes(1, 1)
            sheet.set_landscape()
            sheet.repeat_rows(0)
            self.paper(sheet)
            row = 0
            for row, line in enumerate(islice(rest, MOST_ROWS - 1), start=1):
                for column, value in enumerate(line):
                    self.cell(sheet, row, column, value)
            sheet.autofilter(0, 0, max(row, 1), len(columns) - 1)
            if NOT_PRINTED in (titles := [title for title, _ in columns]):
                sheet.print_area(0, 0, max(row, 1), titles.index(NOT_PRINTED) - 1)
            if row < MOST_ROWS - 1:
                return
            number += 1


# the columns of the summary: names, numbers, and what is told in sentences
SUMMARY: Sequence[int] = (44, 14, 14, 60)


def _summary_sheet(book: "Workbook", pen: _Pen, summary: Summary) -> None:
    sheet = book.add_worksheet("summary")
    for column, wide in enumerate(SUMMARY):
        sheet.set_column(column, column, wide)
    sheet.freeze_panes(1, 0)
    pen.paper(sheet)
    for row, line in enumerate(_summary_lines(summary)):
        for column, value in enumerate(line):
            style = pen.title if row == 0 else pen.bold if len(line) == 1 and column == 0 else None
            alone = isinstance(value, str) and not any(line[column + 1 :]) and column + 1 < len(SUMMARY)
            if alone and len(str(value)) > SUMMARY[column]:
                pen.sentence(sheet, row, column, str(value), style)
            else:
                pen.cell(sheet, row, column, value, style if isinstance(value, str) else None)


def _summary_lines(summary: Summary) -> Iterator[Sequence[Cell]]:
    yield (f"prepop {'run' if summary.applied else 'plan'} {summary.run}",)
    yield (summary.mark.text,)
    yield (summary.headline, None)
    yield (summary.stands, None)
    for note in summary.notes:
        yield (note, None)
    if summary.ready_line:
        yield (summary.ready_line, None)
    if summary.outcomes:
        yield (None, None)
        yield ("What became of it",)
        for outcome in summary.outcomes:
            yield (outcome.result, outcome.count)
    if summary.answers:
        yield (None, None)
        yield ("What was answered",)
        for answer in summary.answers:
            yield (answer.result, answer.count, answer.said)
    yield (None, None)
    yield ("Next",)
    for step in summary.next:
        yield (step, None)
    warnings = sum(finding.level is Severity.WARN for finding in summary.findings)
    blocking = len(summary.findings) - warnings - len(summary.accepted)
    yield (
        f"Findings: {blocking:,} blocking, {len(summary.accepted):,} accepted, {warnings:,} warnings",
        None,
    )
    if summary.security:
        yield (None, None)
        yield ("Security",)
    for concern in summary.security:
        yield (concern.title, concern.total)
    if summary.about_people:
        yield from _people_lines(summary)
    yield (None, None)
    yield (summary.names.writes,)
    yield (summary.writes.sentence, None)
    for title, lines in (
        ("by method", summary.writes.methods),
        ("by country", summary.writes.countries),
        ("by department", summary.writes.departments),
    ):
        yield (title, "added", "replaced", "removed")
        for line in lines:
            yield (line.name, line.additions, line.replacements, line.removals)
    yield (None, None)
    yield ("Why people are left alone",)
    for reason in summary.reasons:
        yield (reason.reason.value, reason.count, reason.reason.text)
        for remedy in reason.remedies or (reason.reason.fix,):
            yield (None, None, remedy)
    if summary.since:
        yield (None, None)
        yield (f"Since run {summary.since.run}",)
        yield ("new verdicts", summary.since.new)
        yield ("verdicts that are no more", summary.since.gone)
        for delta in summary.since.deltas:
            yield (delta.name, delta.before, delta.now)
    yield (None, None)
    yield ("This report",)
    yield ("made (UTC)", summary.created)
    for fact in summary.facts:
        if fact.name != "made (UTC)":
            yield (fact.name, fact.value)


def _people_lines(summary: Summary) -> Iterator[Sequence[Cell]]:
    able, sms = summary.ability, summary.sms
    yield (None, None)
    yield ("Who can reset the password",)
    yield (summary.names.able_before.lower(), _known(able.today))
    yield (summary.names.able_after.lower(), _known(able.after))
    yield ("not able with the data there is today", _known(able.never))
    yield ("with nobody among the people read", able.unread)
    yield ("not in the registration report", able.unlisted)
    for sentence in summary.explained:
        yield (sentence, None)
    yield (None, None)
    yield (SMS_RETIRES,)
    yield ("only SMS or voice", _known(sms.only_sms_voice))
    yield (summary.names.kept_by_email, _known(sms.kept_by_email))
    yield ("no sign-in but SMS or voice", _known(sms.prompted))
    for sentence in sms.sentences:
        yield (sentence, None)
    yield (None, None)
    yield ("From people to methods",)
    for step in summary.funnel:
        yield (step.title, _known(step.count), step.of)


def _change(row: Row) -> Sequence[Cell]:
    return (
        row.upn,
        row.name,
        row.department,
        row.method,
        row.verdict.value,
        row.raw,
        row.normal,
        row.present,
        row.region,
        row.source,
        row.policy,
        row.why,
        row.detail,
        row.outcome,
        row.answer,
        row.account_id,
        row.dn,
    )


def _alone(row: Row) -> Sequence[Cell]:
    return (
        row.upn,
        row.name,
        row.department,
        row.method,
        row.reason.value if row.reason else "",
        row.why,
        row.raw,
        row.normal,
        row.present,
        row.region,
        row.source,
        row.detail,
        row.account_id,
        row.dn,
    )


def _findings(summary: Summary) -> Iterator[Sequence[Cell]]:
    for finding in summary.findings:
        lifted = summary.acceptance(finding)
        yield (
            "accepted" if lifted else finding.level.value,
            finding.code.value,
            finding.measured,
            finding.limit,
            finding.population,
            finding.text,
            "" if lifted else finding.next,
            f"at {lifted.number:,}, by {lifted.by}" if lifted else "",
        )


def _security(summary: Summary) -> Iterator[Sequence[Cell]]:
    for concern in summary.security:
        for entry in concern.entries:
            yield (
                concern.title,
                entry.who,
                entry.method,
                entry.value,
                entry.detail,
                ", ".join(entry.holders),
            )


def _readiness(told: Told) -> Iterator[Sequence[Cell]]:
    for answer in told.answers:
        yield (
            answer.group.heading,
            answer.answer.value,
            "yes" if answer.blocks else "",
            answer.question,
            answer.says,
            answer.fix,
            answer.about,
            answer.id,
        )


def _known(number: int | None) -> Cell:
    return "not known" if number is None else number


def _naive(moment: datetime) -> datetime:
    """A spreadsheet knows no time zones: everything is UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
