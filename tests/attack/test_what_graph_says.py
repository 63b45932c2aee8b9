"""Whoever answers for Graph may write anything into a code, a message or an id: shown, it does nothing."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prepop.cloud.wire.answers import GraphAnswer
from prepop.cloud.writer import answer
from prepop.model import Outcome, Result
from prepop.options import ReportFormat
from prepop.reports import render_terminal, write_reports
from prepop.reports.terminal.runs import RunLine, render_run, run_document
from prepop.rules.summary import summarise
from tests.cloud.opening import change
from tests.reports import samples

NUMBER, ADDRESS = "+44 7911 123456", "jane.doe@example.net"
HOSTILE = f"bad{NUMBER} {ADDRESS}\x1b[31m\nprepop: done\x9b\u202e"
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def shows(text: str) -> list[str]:
    """What of the value, or of what steers a terminal, can be seen in a text."""
    return [one for one in (NUMBER, "7911", ADDRESS, "jane.doe") if one in text] + STEERING.findall(text)


def outcome_of(change_id: str) -> Outcome:
    """A refusal as an earlier version put it into the journal: nothing masked."""
    return Outcome(change_id, Result.FAILED, 400, HOSTILE, HOSTILE, HOSTILE)


def test_what_graph_says_of_a_write_is_masked_where_it_enters() -> None:
    """Code, message and id hold no value when the journal gets them."""
    error = {
        "code": f"bad {NUMBER}",
        "message": f"{ADDRESS} {'x ' * 5000}",
        "innerError": {"request-id": NUMBER},
    }
    said = answer(change(1), GraphAnswer(400, {}, {"error": error}))
    assert shows(f"{said.code} {said.message} {said.request_id}") == []
    assert "bad" in said.code
    assert len(said.message) <= 1000


@pytest.mark.parametrize("form", list(ReportFormat))
def test_no_report_shows_it(form: ReportFormat, tmp_path: Path) -> None:
    """Page, workbook, table and document of a run whose every change was refused."""
    plan = samples.plural()
    outcomes = {one.id: outcome_of(one.id) for one in plan.changes}
    summary = summarise(plan, outcomes)
    (written,) = write_reports(summary, tmp_path, [form])
    if form is ReportFormat.XLSX:
        with zipfile.ZipFile(written) as book:
            text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    elif form is ReportFormat.CSV:
        text = str([*csv.reader(io.StringIO(written.read_text(encoding="utf-8-sig")))])
    else:
        text = written.read_text(encoding="utf-8")
    assert [one for one in shows(text) if one not in "\t"] == []


def test_the_terminal_shows_none_of_it() -> None:
    """The answer on the screen, without colours."""
    plan = samples.plural()
    outcomes = {one.id: outcome_of(one.id) for one in plan.changes}
    text = render_terminal(summarise(plan, outcomes), width=100, colour=False)
    assert shows(text) == []
    assert not any(line.startswith("prepop: done") for line in text.splitlines())


def test_runs_shows_none_of_it() -> None:
    """`prepop runs RUN` on the screen and as JSON."""
    changes = samples.plural().changes
    outcomes = {one.id: outcome_of(one.id) for one in changes}
    line = samples_line()
    shown = render_run(line, changes, outcomes, unmask=False, width=200, colour=False)
    assert shows(shown) == []
    document = run_document(line, changes, outcomes, unmask=False)
    assert shows(str(json.loads(json.dumps(document)))) == []
    odd = [replace(changes[0], after=f"{NUMBER}\x1b[31m")]
    assert STEERING.findall(render_run(line, odd, {}, unmask=False, width=200, colour=False)) == []


def samples_line() -> RunLine:
    """A run of today."""
    now = datetime(2026, 11, 22, 2, tzinfo=UTC)
    return RunLine(
        "20261122T020000Z-ab12",
        "sync",
        "t",
        now,
        now,
        20,
        {},
        "plan.json",
        {"failed": 1},
        None,
        "",
        "root\x1b[31m",
    )
