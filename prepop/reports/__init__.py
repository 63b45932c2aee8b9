"""Forms in which a plan or a run is shown: terminal, HTML, XLSX, CSV and JSON.

All render one `Summary` and compute nothing of their own. A form imports its library only when asked for.
"""

from collections.abc import Sequence
from pathlib import Path

from prepop.options import ReportFormat
from prepop.rules.summary.explanation import Explanation
from prepop.rules.summary.words import Summary

__all__ = [
    "explanation_document",
    "render_explanation",
    "render_terminal",
    "summary_document",
    "write_reports",
]


def write_reports(summary: Summary, folder: Path, formats: Sequence[ReportFormat]) -> tuple[Path, ...]:
    """Write `report.html`, `report.xlsx`, `report.csv`, `summary.json` into the folder, as asked for.

    Beside the CSV stand the lists of who must register something by themselves (`to_register`).
    Each file is owner-only, and there whole or not at all. Raises OutputError at the first that cannot be
    written. Returns the paths in the order of `formats`.
    """
    return tuple(_write(summary, folder, form) for form in formats)


def _write(summary: Summary, folder: Path, form: ReportFormat) -> Path:
    match form:
        case ReportFormat.HTML:
            from prepop.reports.html import write_html

            return write_html(summary, folder / "report.html")
        case ReportFormat.XLSX:
            from prepop.reports.xlsx_file import write_xlsx

            return write_xlsx(summary, folder / "report.xlsx")
        case ReportFormat.CSV:
            from prepop.reports.csv_file import write_csv
            from prepop.reports.to_register import write_to_register

            if summary.about_people:
                write_to_register(summary, folder)
            return write_csv(summary, folder / "report.csv")
        case ReportFormat.JSON:
            from prepop.reports.json_file import write_json

            return write_json(summary, folder / "summary.json")


def render_terminal(summary: Summary, *, width: int, colour: bool, brief: bool = False) -> str:
    """The summary in a screen: verdict, funnel, findings, first rows, next command; or what is new of it."""
    from prepop.reports.terminal import render_terminal as render

    return render(summary, width=width, colour=colour, brief=brief)


def summary_document(summary: Summary) -> dict[str, object]:
    """The summary as plain JSON values, for `--json` and `summary.json`."""
    from prepop.reports.json_file import summary_document as document

    return document(summary)


def render_explanation(explanation: Explanation, *, width: int, colour: bool) -> str:
    """One person on a terminal: what the directory says, what came of it, what is registered, why."""
    from prepop.reports.terminal.explain import render_explanation as render

    return render(explanation, width=width, colour=colour)


def explanation_document(explanation: Explanation) -> dict[str, object]:
    """One person as plain JSON values, for `explain --json`."""
    from prepop.reports.terminal.explain import explanation_document as document

    return document(explanation)
