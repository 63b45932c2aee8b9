"""The first line of every form, and what stands right below it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from prepop.model import Ending, Execution, Outcome, Result
from prepop.options import ReportFormat
from prepop.reasons import FindingCode, Severity
from prepop.reports import render_terminal, write_reports
from prepop.reports.html import render_html
from prepop.rules.decisions.refusals import KNOWN
from prepop.rules.readiness.words import Answer, Group, Readiness, State
from prepop.rules.summary import Summary, summarise
from prepop.rules.summary.endings import Tone
from tests.reports import runs, samples

QUIET = samples.plan((samples.change(1), samples.change(2)))
EARLIER = "20261121T020000Z-ab12"
YES = Answer("directory-tls", Group.DIRECTORY, "Is it encrypted?", State.YES, "TLSv1.3.")


def came_to(*results: Result) -> Mapping[str, Outcome]:
    """Outcomes of the changes of QUIET, in plan order."""
    pairs = zip(QUIET.changes, results, strict=False)
    return {change.id: Outcome(change.id, result) for change, result in pairs}


def run(ending: Ending | None, *results: Result, closed: bool = True, **more: object) -> Summary:
    """A run of QUIET that ended so."""
    execution = replace(Execution(runs.RUN, ending, closed), **more)  # type: ignore[arg-type]
    return summarise(QUIET, came_to(*results), execution=execution)


@pytest.mark.parametrize(
    ("told", "tone", "text"),
    [
        (run(Ending.DONE, Result.DONE, Result.DONE), Tone.GOOD, "Done"),
        (run(Ending.DONE, Result.DONE, Result.MOVED_ON), Tone.GOOD, "Done"),
        (run(Ending.FAILURES, Result.DONE, Result.FAILED), Tone.WARN, "Done but for 1 failure"),
        (run(Ending.FAILURES, Result.UNKNOWN, Result.FAILED), Tone.WARN, "Done but for 2 failures"),
        (
            run(Ending.STOPPED, Result.FAILED, stopped_by="limits.refusals"),
            Tone.BLOCK,
            "Stopped by limits.refusals: 1 failed, 1 not tried",
        ),
        (
            run(Ending.INTERRUPTED, Result.DONE, closed=False),
            Tone.WARN,
            "Interrupted: 1 not tried yet",
        ),
        (run(Ending.INTERRUPTED, Result.DONE), Tone.WARN, "Interrupted: 1 not tried"),
        (run(Ending.OUT_OF_TIME, Result.UNKNOWN, closed=False), Tone.WARN,
         "Out of time: 1 in doubt, 1 not tried yet"),
        (run(Ending.BROKEN, Result.DONE), Tone.BLOCK, "Broken off: 1 not tried"),
        (
            run(None, Result.DONE, closed=False),
            Tone.WARN,
            "Not ended, still at work or cut off without a word: 1 not tried yet",
        ),
        (
            run(Ending.DONE, Result.ALREADY_TRUE, Result.ALREADY_TRUE, applied_before=EARLIER),
            Tone.NEUTRAL,
            f"Nothing written: already applied in run {EARLIER}",
        ),
        (summarise(samples.plan(), {}, execution=Execution("r", Ending.DONE, True)), Tone.NEUTRAL,
         "Done: there was nothing to change"),
    ],
)  # fmt: skip
def test_a_run_says_how_it_ended(told: Summary, tone: Tone, text: str) -> None:
    """Its first line says how it ended, by what, and what was left; red where it was stopped or broke off."""
    assert (told.mark.tone, told.mark.text) == (tone, text)


def test_a_blocked_plan_names_what_blocks() -> None:
    """The first line has every code that blocks, each once."""
    plan = samples.plural()
    twice = (*plan.findings, *plan.findings, *runs.stopped()[0].findings)
    mark = summarise(replace(plan, findings=twice)).mark
    assert mark.tone is Tone.BLOCK
    assert mark.text == "Blocked by too-many-removals; prepop refuses to apply this plan as it is"


@pytest.mark.parametrize(
    ("check", "warned", "tone", "below"),
    [
        (None, False, Tone.GOOD, ""),
        (samples.check(), False, Tone.WARN, "readiness says no to 2 questions"),
        (samples.check(tenant="other"), False, Tone.WARN, "the check beside the plan cannot be shown"),
        (None, True, Tone.WARN, "1 warning below"),
        (samples.check(), True, Tone.WARN, "1 warning below, readiness says no to 2 questions"),
    ],
)
def test_green_only_where_nothing_stands_against_it(
    check: Readiness | None, warned: bool, tone: Tone, below: str
) -> None:
    """A warning or a no of the check takes the green away, and is named."""
    plan = replace(QUIET, findings=samples.singular().findings if warned else ())
    mark = summarise(plan, check=check).mark
    can = "Can be applied, once somebody agrees"
    assert (mark.tone, mark.text) == (tone, f"{can}: {below}" if below else can)


def test_a_check_without_a_no_leaves_it_green() -> None:
    """Answers that say yes are no reason to warn."""
    check = replace(samples.check(), answers=(YES,))
    assert summarise(QUIET, check=check).mark.tone is Tone.GOOD


def test_answers_are_grouped() -> None:
    """Equal answers stand in one line with their number, whatever ids they bear; the most frequent first."""
    plan, outcomes, execution = runs.stopped()
    answers = summarise(plan, outcomes, execution=execution).answers
    assert [(one.result, one.count) for one in answers] == [("failed", 36), ("unknown", 5)]
    assert answers[0].said.startswith("403 accessDenied; Graph said: Insufficient privileges")
    assert not any("00000000-0000" in one.said for one in answers)
    assert answers[1].said == "503 serviceUnavailable; Graph said: Try again later."


def test_what_came_true_was_not_answered() -> None:
    """An answer is shown only of a change that did not come true."""
    change = QUIET.changes[0]
    for result in Result:
        outcome = Outcome(change.id, result, 200, "code", note="note")
        answers = summarise(QUIET, {change.id: outcome}).answers
        assert bool(answers) is not result.came_true, result


def _forms(summary: Summary, folder: Path) -> dict[str, str]:
    """All words of each form."""
    _, sheet, document = write_reports(
        summary, folder, [ReportFormat.CSV, ReportFormat.XLSX, ReportFormat.JSON]
    )
    book = load_workbook(sheet)
    cells = " ".join(str(one.value) for page in book.worksheets for row in page.iter_rows() for one in row)
    book.close()
    return {
        "html": render_html(summary),
        "terminal": " ".join(render_terminal(summary, width=1000, colour=False).split()),
        "xlsx": cells,
        "json": document.read_text(encoding="utf-8"),
    }


def test_every_form_says_the_same_first_line(tmp_path: Path) -> None:
    """Terminal, page, workbook and document have the same words of how a run ended, and of each answer."""
    plan, outcomes, execution = runs.stopped()
    summary = summarise(plan, outcomes, execution=execution)
    for name, text in _forms(summary, tmp_path).items():
        assert "Stopped by limits.failures: 36 failed, 5 in doubt, 241 not tried" in text, name
        assert "403 accessDenied" in text, name
        assert "svc-prepop on sync01.corp.example" in text, name
    terminal = render_terminal(summary, width=100, colour=False)
    assert terminal.startswith(summary.mark.text)


def test_an_accepted_finding_is_shown_as_accepted(tmp_path: Path) -> None:
    """Every form says at which number, by which user on which host; nothing calls the run blocked."""
    summary = summarise(samples.plural(), samples.plural_outcomes(), execution=runs.executed(Ending.FAILURES))
    assert not summary.blocked
    for name, text in _forms(summary, tmp_path).items():
        assert "svc-prepop on sync01.corp.example" in text, name
        assert "1, by svc-prepop" in text or '"by": "svc-prepop' in text, name
    found = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["findings"]
    accepted = {one["code"]: one["accepted"] for one in found}
    assert accepted["too-many-removals"] == {"number": 1, "by": "svc-prepop on sync01.corp.example"}
    assert accepted["sms-retires"] is None
    page = render_html(summary)
    assert 'class="pill accepted">Accepted</span> too-many-removals' in page
    assert "Blocks</span>" not in page
    assert "--accept" not in page, "what was accepted need not be accepted again"


def test_nobody_is_named_where_nobody_was_written_down() -> None:
    """A run of an older state says so, instead of naming nobody or whoever renders it."""
    execution = Execution(runs.RUN, Ending.DONE, True, accepted={FindingCode.TOO_MANY_REMOVALS: 1})
    summary = summarise(samples.plural(), samples.plural_outcomes(), execution=execution)
    assert summary.accepted[0].by == "somebody whose name was not written down"
    assert summary.operator == ""


@pytest.mark.parametrize("applied", [False, True])
def test_a_rollback_speaks_of_the_run_that_it_undoes(applied: bool, tmp_path: Path) -> None:
    """It names that run, says that the next sync writes it again, and leaves out what it cannot know."""
    execution = runs.executed(Ending.DONE, accepted={FindingCode.TOO_MANY_REMOVALS: 2})
    outcomes = runs.rolled_back() if applied else None
    summary = summarise(runs.rollback(), outcomes, execution=execution if applied else None)
    undone = "20261121T020000Z-ab12"
    assert summary.mark.text.startswith(f"Rollback of run {undone}, ")
    assert summary.headline.startswith("2 methods that run")
    assert any("prepop sync" in note and "unless" in note for note in summary.notes)
    assert summary.funnel == ()
    assert summary.explained == ()
    assert all(concern.total for concern in summary.security)
    assert f"run {undone} added the value; it is taken away again" in {row.why for row in summary.rows}
    for name, text in _forms(summary, tmp_path).items():
        assert "1 February 2027" not in text, name
        assert "From people to methods" not in text, name
        assert "not known" not in text, name
        assert "the directory has no value any more" not in text, name
    document = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert (document["undoes"], document["able"], document["sms_voice"]) == (undone, None, None)


def test_a_stopped_run_says_what_to_type() -> None:
    """First what to look at, then the commands; a closed run is planned again, an open one resumed."""
    plan, outcomes, execution = runs.stopped()
    answered = {key: one for key, one in outcomes.items() if one.result is not Result.UNKNOWN}
    steps = summarise(plan, answered, execution=execution).next
    assert steps[0].startswith("The answers say why")
    assert steps[-1] == "prepop plan"
    assert not any("resume" in step for step in steps)
    waiting = replace(execution, ending=Ending.OUT_OF_TIME, closed=False, stopped_by="")
    assert summarise(plan, answered, execution=waiting).next[-1] == f"prepop resume {runs.RUN}"
    undone = replace(execution, run="x")
    partly: dict[str, Outcome] = {}
    assert summarise(runs.rollback(), partly, execution=undone).next[-1] == (
        "prepop rollback 20261121T020000Z-ab12"
    )


def test_the_risks_come_first() -> None:
    """Verdict, findings, security, readiness; then the date, the funnel, the writes, in every form."""
    summary = summarise(samples.plural(), check=samples.check())
    page = render_html(summary)
    order = ["verdict", "findings", "security", "ready", "sms", "funnel", "writes", "alone", "rows"]
    places = [page.index(f'<section id="{name}"') for name in order]
    assert places == sorted(places)
    links = [page.index(f'<li><a href="#{name}"') for name in order]
    assert links == sorted(links)
    text = render_terminal(summary, width=100, colour=False)
    heads = ["Blocked by", "\nFindings", "\nSecurity", "\n1 February 2027", "\nFrom people", "\nWhat will be"]
    assert [text.index(head) for head in heads] == sorted(text.index(head) for head in heads)


def test_where_most_stay_without_says_how_many() -> None:
    """The table of departments has the column that it is named after; so does the document."""
    summary = summarise(samples.plural())
    assert {one.department: one.without for one in summary.ability.departments} == {
        "Berlin": 0, "Research": 1, "Sales": 1,
    }  # fmt: skip
    assert 'class="num">Without</th>' in render_html(summary)


def test_the_workbook_prints_on_one_width(tmp_path: Path) -> None:
    """Each sheet is fitted to one page's width, and its pages bear run, digest and their number."""
    summary = summarise(samples.plural(), digest=samples.DIGEST, check=samples.check())
    (path,) = write_reports(summary, tmp_path, [ReportFormat.XLSX])
    book = load_workbook(path)
    for sheet in book.worksheets:
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        assert sheet.page_setup.fitToWidth in (None, 1), "1 is what the format takes where nothing stands"
        assert sheet.page_setup.fitToHeight == 0, sheet.title
        assert samples.DIGEST in sheet.oddFooter.left.text, sheet.title
        assert summary.run in sheet.oddFooter.left.text, sheet.title
        assert "&P" in sheet.oddFooter.right.text, sheet.title
    printed = {
        sheet.title: sheet.print_area.rpartition("$")[0].rpartition(":$")[2] for sheet in book.worksheets
    }
    for name in ("changes", "left alone"):
        (last,) = (one.column_letter for one in book[name][1] if one.value == "account id")
        assert printed[name] < last, "long ids are for filters, not for paper"
    book.close()


def test_a_footer_is_no_code(tmp_path: Path) -> None:
    """What an id may hold does not end the footer's text, nor the style of the page."""
    plan = replace(QUIET, run='&R&D"}</style><b>')
    summary = summarise(plan)
    (path,) = write_reports(summary, tmp_path, [ReportFormat.XLSX])
    with ZipFile(path) as book:
        text = book.read("xl/worksheets/sheet1.xml").decode()
    assert "&amp;&amp;R&amp;&amp;D&quot;}" in text or '&amp;&amp;R&amp;&amp;D"}' in text
    page = render_html(summary)
    assert page.count("</style>") == 2
    assert "<b>" not in page


def test_findings_that_warn_are_no_block() -> None:
    """A plan with warnings alone is not blocked."""
    summary = summarise(samples.singular())
    assert {finding.level for finding in summary.findings} == {Severity.WARN}
    assert not summary.blocked


@pytest.mark.parametrize(
    ("ending", "others", "text"),
    [
        (Ending.DONE, Result.DONE, "Done but for 1 change that Graph refuses as before"),
        (Ending.FAILURES, Result.FAILED, "Done but for 1 failure and 1 change that Graph refuses as before"),
    ],
)
def test_known_refusals_are_counted_and_are_no_failures(ending: Ending, others: Result, text: str) -> None:
    """A night with nothing but known refusals ends 0, and its first line counts them, not in green."""
    first, second = QUIET.changes
    outcomes = {
        first.id: Outcome(first.id, Result.FAILED, 403, "accessDenied", note=KNOWN),
        second.id: Outcome(second.id, others),
    }
    told = summarise(QUIET, outcomes, execution=Execution(runs.RUN, ending, True))
    assert (told.mark.tone, told.mark.text) == (Tone.WARN, text)


def test_a_certificate_that_runs_out_is_told_a_month_before() -> None:
    """With its date and what to do; not before, and after it too."""
    plan = samples.plan()
    told = {
        days: list(summarise(plan, credential_ends=plan.created + timedelta(days=days)).notes)
        for days in (31, 30, 1, -4)
    }
    assert told[31] == []
    assert [len(told[days]) for days in (30, 1, -4)] == [1, 1, 1]
    assert "in 1 day: then no run can read the tenant" in told[1][0]
    assert "in 0 days" in told[-4][0]
    assert f"{plan.created + timedelta(days=1):%Y-%m-%d}" in told[1][0]
    assert told[1][0] in render_html(summarise(plan, credential_ends=plan.created + timedelta(days=1)))
