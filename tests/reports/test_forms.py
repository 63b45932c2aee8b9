"""Each form: hostile texts stay inert, files are the owner's and whole."""

import csv
import io
import json
import os
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from openpyxl import load_workbook

from prepop.errors import OutputError
from prepop.model import Plan, Standing
from prepop.options import ReportFormat
from prepop.reasons import Reason
from prepop.reports import render_terminal, write_reports
from prepop.reports.csv_file import COLUMNS, OUTCOME_COLUMNS, inert
from prepop.reports.html import render_html
from prepop.reports.json_file import summary_document
from prepop.rules.readiness.telling import Told
from prepop.rules.readiness.words import Answer, Group, State
from prepop.rules.summary import summarise
from tests.reports import samples

ALL = list(ReportFormat)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Page(HTMLParser):
    """Tags with their attributes, and the text of scripts and of everything else."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)


@pytest.mark.skipif(os.name == "nt", reason="POSIX file modes")
def test_files_are_the_owners(tmp_path: Path) -> None:
    """Every report is readable by its owner alone, whatever the umask, and nothing else stays behind."""
    before = os.umask(0)
    try:
        paths = write_reports(summarise(samples.plural()), tmp_path / "new" / "run", ALL)
    finally:
        os.umask(before)
    assert [path.name for path in paths] == ["report.html", "report.xlsx", "report.csv", "summary.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    beside = {"to-register.csv", "groups.csv"}
    assert {path.name for path in paths[0].parent.iterdir()} == {path.name for path in paths} | beside


@pytest.mark.parametrize("form", ALL)
def test_failure_leaves_nothing_half_written(form: ReportFormat, tmp_path: Path) -> None:
    """Where a file cannot take its place the error names it, and no temporary file stays."""
    (path,) = write_reports(summarise(samples.singular()), tmp_path, [form])
    path.unlink()
    path.mkdir()
    (path / "in the way").touch()
    with pytest.raises(OutputError, match=re.escape(path.name)) as caught:
        write_reports(summarise(samples.singular()), tmp_path, [form])
    assert caught.value.hint
    beside = {"to-register.csv", "groups.csv"} if form is ReportFormat.CSV else set()
    assert {one.name for one in tmp_path.iterdir()} == {path.name} | beside


@pytest.mark.parametrize("plan", [samples.hostile(), samples.plural()])
@pytest.mark.parametrize("unmask", [True, False])
def test_no_field_of_the_table_is_a_formula(plan: Plan, unmask: bool, tmp_path: Path) -> None:
    """In report.csv no field begins as a formula does, but for numbers in normal form; every row is there."""
    summary = summarise(plan, unmask=unmask)
    (path,) = write_reports(summary, tmp_path, [ReportFormat.CSV])
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert lines[0] == list(COLUMNS)
    assert len(lines) == 1 + len(summary.rows)
    for field in (field for line in lines for field in line):
        assert not CONTROL.search(field)
        first = field.strip()[:1]
        assert first not in "=-@＝＋－＠" or not first
        assert first != "+" or re.fullmatch(r"\+\d{1,3} [\d•]+", field)


def test_number_keeps_its_form_in_the_table() -> None:
    """A number in normal form is written as it is; what is like a formula gets one apostrophe."""
    for kept in ("+44 7400123456", "+44 ••••••••56", "+44 2079460123x12", "", "Zoë", "a=b"):
        assert inert(kept) == kept
    for text in ("=1+1", "+1+2", "+1-206-555-0100", "-1", "@a", " =1", "'=1", "＝1", "+1 2065550100+3"):
        assert inert(text) == "'" + text


def test_outcomes_stand_beside_the_plan(tmp_path: Path) -> None:
    """A run's table has two more columns behind those of the contract."""
    summary = summarise(samples.plural(), samples.plural_outcomes())
    (path,) = write_reports(summary, tmp_path, [ReportFormat.CSV])
    lines = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert lines[0] == [*COLUMNS, *OUTCOME_COLUMNS]
    assert lines[3][-2:] == ["failed", "400 invalidPhoneNumber; refused; request-id req-1"]
    assert "400 invalidPhoneNumber" in render_html(summary)
    assert "400 invalidPhoneNumber" in render_terminal(summary, width=100, colour=False)


def test_spreadsheet_is_typed_and_inert(tmp_path: Path) -> None:
    """Sheets, frozen headers and filters; counts are numbers; texts stay texts, no formula, no link."""
    summary = summarise(samples.hostile(), check=samples.hostile_check())
    assert isinstance(summary.readiness, Told)
    (path,) = write_reports(summary, tmp_path, [ReportFormat.XLSX])
    book = load_workbook(path)
    assert book.sheetnames == ["summary", "changes", "left alone", "findings", "security", "readiness"]
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n"), (sheet.title, cell.coordinate, cell.value)
                assert cell.hyperlink is None
    assert book["readiness"].max_row == 1 + len(summary.readiness.answers)
    assert book["changes"].max_row == 1 + len(samples.HOSTILE)
    assert book["left alone"].max_row == 1 + 2 * len(samples.HOSTILE)
    found = {str(cell.value) for cell in book["changes"]["A"]}
    assert {'=HYPERLINK("https://example.com/?"&A1,"x")', "+1+2", "<script>alert(1)</script>"} <= found
    counts = [cell for cell in book["summary"]["B"] if cell.value is not None]
    assert any(cell.data_type == "n" for cell in counts)
    assert any(cell.is_date for cell in counts)
    book.close()


def test_spreadsheet_goes_on_in_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than a sheet holds are not lost; what is registered already is counted, not listed."""
    from prepop.reports import xlsx_file

    monkeypatch.setattr(xlsx_file, "MOST_ROWS", 11)
    summary = summarise(samples.large(100))
    path = xlsx_file.write_xlsx(summary, tmp_path / "report.xlsx")
    book = load_workbook(path, read_only=True)
    rows = sum(
        sheet.max_row - 1 for sheet in book.worksheets if sheet.title.startswith(("changes", "left alone"))
    )
    listed = [row for row in summary.rows if row.reason is not Reason.ALREADY_REGISTERED]
    assert rows == len(listed) < len(summary.rows)
    assert "changes 2" in book.sheetnames
    book.close()


@pytest.mark.parametrize("unmask", [True, False])
def test_page_holds_hostile_texts_as_text(unmask: bool) -> None:
    """No text of a directory makes a tag, an attribute, a script or an address of anything in the page."""
    harmless, hostile = (
        render_html(summarise(plan, unmask=unmask, check=check))
        for plan, check in (
            (samples.plural(), samples.check()),
            (samples.hostile(), samples.hostile_check()),
        )
    )
    page = Page(hostile)
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in Page(harmless).tags} | {"ul", "li"}
    names = {name for _, attributes in page.tags for name in attributes}
    assert not [
        name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "action")
    ]
    links = [attributes["href"] for _, attributes in page.tags if "href" in attributes]
    assert all(link is not None and re.fullmatch(r"#[a-z]+", link) for link in links)
    assert len(page.scripts) == 2
    assert not CONTROL.search(hostile.replace("\t", ""))
    hostile.encode()
    rows = json.loads(page.scripts[0])
    assert samples.HOSTILE[0] in [account[0] for account in rows["accounts"]]


def test_page_asks_nothing_of_the_network() -> None:
    """The policy forbids everything but the page's own style and script, which it names by their hashes."""
    import base64
    import hashlib

    text = render_html(summarise(samples.plural()))
    page = Page(text)
    policy = next(
        a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert len(styles) == 2
    for inline in (*styles, page.scripts[1]):
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert not re.findall(r"https?://", text)
    assert not [style for style in styles if re.search(r"url\(|@import", style)]


def test_terminal_survives_hostile_texts() -> None:
    """No escape code, control character or markup of a directory reaches the terminal."""
    for width in (100, 40):
        text = render_terminal(summarise(samples.hostile()), width=width, colour=False)
        assert not CONTROL.search(text)
        assert "<script>" in text
    plan = samples.plan((samples.change(1, name="x"),), ())
    assert "[bold]" in render_terminal(
        summarise(samples.plan(samples.hostile().changes[17:18], plan.left_alone)), width=100, colour=False
    )


def test_page_without_script_says_where_the_rest_is() -> None:
    """Up to 200 rows stand in the page itself; of more it names the files that have all."""
    few, many = (render_html(summarise(samples.large(rows))) for rows in (200, 400))
    assert few.count('<span class="pill ') == 200
    assert "the first 200 of 400 rows; report.csv and report.xlsx have all of them" in many
    assert "the first 200" not in few


def test_only_the_asked_forms_are_written(tmp_path: Path) -> None:
    """Forms that were not asked for are not there."""
    assert write_reports(summarise(samples.singular()), tmp_path, []) == ()
    write_reports(summarise(samples.singular()), tmp_path, [ReportFormat.JSON])
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_no_check_no_section() -> None:
    """Without a check there is no heading, no anchor, no sheet's worth of nothing."""
    page = render_html(summarise(samples.plural()))
    assert "#ready" not in page
    assert "Is this tenant ready" not in page


def test_what_is_to_be_typed_is_code() -> None:
    """Between backticks: code, a long command on lines of its own; one backtick alone marks nothing."""
    fixes = ("set `a = 1`, or `b`", f"`{'Set-Something ' * 9}`", "it`s", "`<b>&`")
    answers = (Answer(f"a{n}", Group.SYNC, "?", State.NO, "No.", fix) for n, fix in enumerate(fixes))
    page = render_html(summarise(samples.plural(), check=samples.check(*answers)))
    for text in (
        "set <code>a = 1</code>, or <code>b</code>",
        f'<code class="block">{"Set-Something " * 9}</code>',
        "it`s",
        "<code>&lt;b&gt;&amp;</code>",
    ):
        assert text in page


def test_check_that_cannot_be_shown_is_said_where_it_would_stand() -> None:
    """The section has the sentence and what to do, and not one answer."""
    page = render_html(summarise(samples.plural(), check=samples.check(tenant="another")))
    section = page[page.index('<section id="ready"') : page.index('<section id="sms"')]
    assert "It is of another tenant, Fabrikam (another)." in section
    assert "<code>prepop check --out</code>" in section
    assert "method-email" not in page


def test_accounts_that_nobody_was_read_for_stand_beside_the_shares() -> None:
    """Terminal, page and summary.json name how many of the accounts have nobody among the people read."""
    plan = samples.plural()
    listed = next(n for n, one in enumerate(plan.standings) if one.today is not Standing.UNKNOWN)
    marked = [replace(one, person=n != listed) for n, one in enumerate(plan.standings)]
    words = "nobody among the people who were read"
    for standings, count in ((plan.standings, 0), (tuple(marked), 1)):
        summary = summarise(replace(plan, standings=standings))
        assert summary.ability.unread == count
        assert summary_document(summary)["able"]["unread"] == count  # type: ignore[index]
        assert (words in render_terminal(summary, width=100, colour=False)) is bool(count)
        assert (words in render_html(summary)) is bool(count)
