"""The HTML report on a desk, on a phone and on paper: nothing is cut, and nothing lies on anything else."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from prepop.model import Method
from prepop.reasons import Reason
from prepop.rules.summary import summarise
from tests.reports import runs, samples
from tests.reports.opened import Opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

# each text of an element, and on how many lines it stands
LINES = """box => [...box.childNodes].filter(one => one.nodeType === Node.TEXT_NODE).map(one => {
  const range = document.createRange();
  range.selectNodeContents(one);
  return [one.data, new Set([...range.getClientRects()].map(line => line.top)).size];
})"""
ENDING = [[".department", 1], [".example", 1], [".org", 1]]
# true where the words of a caption end within the box that scrolls
WITHIN = """caption => {
  const range = document.createRange();
  range.selectNodeContents(caption);
  const box = caption.closest(".scroll").getBoundingClientRect();
  return range.getBoundingClientRect().right <= box.right + 1;
}"""
# tables wider than their box without a visible sign above, and cells beyond the edge of the screen
CUT = """() => {
  const wide = [...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth + 1
    && !(box.previousElementSibling?.matches(".more") && !box.previousElementSibling.hidden));
  const shown = [...document.querySelectorAll("td, tbody th")].filter((cell) => cell.checkVisibility());
  const beyond = shown.filter((cell) => cell.getBoundingClientRect().right > innerWidth + 1);
  return [...wide, ...beyond].map((one) => one.textContent.slice(0, 60));
}"""


@pytest.mark.parametrize("script", [True, False])
def test_an_address_breaks_at_its_marks(script: bool, browser: "Browser", tmp_path: Path) -> None:
    """On a screen of 1280 no part of an address stands on two lines, with the script and without it."""
    long = "somebody.withaname@mail.department.example.org"
    changes = (samples.change(1, Method.EMAIL, after=long), samples.change(2, Method.EMAIL, after=long))
    report = Opened(
        browser,
        summarise(samples.plan(changes), unmask=True),
        tmp_path,
        viewport={"width": 1280, "height": 900},
        java_script_enabled=script,
    )
    values = report.page.locator("#table tbody td:nth-of-type(4) bdi")
    assert values.all_inner_texts() == [long, long]
    assert values.first.evaluate(LINES) == [["somebody", 1], [".withaname@", 1], ["mail", 1], *ENDING]
    report.context.close()


@pytest.mark.parametrize("applied", [True, False])
def test_a_verdict_stays_in_its_column(applied: bool, browser: "Browser", tmp_path: Path) -> None:
    """The longest word of a verdict does not lie on the value beside it, in a plan nor in a run."""
    plan = samples.plan(left_alone=(samples.alone(1, Reason.ALREADY_REGISTERED, present="+44 7400123456"),))
    report = Opened(
        browser,
        summarise(plan, {} if applied else None),
        tmp_path,
        viewport={"width": 1280, "height": 900},
    )
    pill = report.page.locator("#table tbody .pill")
    assert pill.inner_text() == "already registered"
    assert pill.evaluate(
        "one => one.getBoundingClientRect().right <= one.closest('td').getBoundingClientRect().right"
    )
    report.context.close()


def test_captions_are_whole_on_a_phone(browser: "Browser", tmp_path: Path) -> None:
    """At 390 pixels no caption is cut by the box in which its table scrolls."""
    report = Opened(browser, summarise(samples.plural()), tmp_path, viewport={"width": 390, "height": 844})
    captions = report.page.locator(".scroll caption")
    assert captions.count() >= 4
    assert [one.inner_text() for one in captions.all() if not one.evaluate(WITHIN)] == []
    report.context.close()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("sample", ["plan", "stopped", "rollback"])
def test_no_column_is_cut_without_a_sign(
    sample: str, script: bool, browser: "Browser", tmp_path: Path
) -> None:
    """At 390 pixels each table fits, or says above that it goes on; no cell is beyond the edge."""
    plan, outcomes, execution = runs.stopped()
    summary = {
        "plan": summarise(samples.plural(), previous=samples.singular(), check=samples.check()),
        "stopped": summarise(plan, outcomes, execution=execution),
        "rollback": summarise(runs.rollback()),
    }[sample]
    view = {"width": 390, "height": 844}
    report = Opened(browser, summary, tmp_path, viewport=view, java_script_enabled=script)
    assert report.page.evaluate(CUT) == []
    assert report.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    report.context.close()


def test_a_table_that_goes_on_says_so(browser: "Browser", tmp_path: Path) -> None:
    """Between a phone and a desk the table of rows is wider than its box, and the sign stands above it."""
    view = {"width": 800, "height": 900}
    report = Opened(browser, summarise(samples.plural()), tmp_path, viewport=view)
    sign = report.page.locator("#rows .more")
    assert sign.is_visible()
    assert "More columns" in sign.inner_text()
    report.page.set_viewport_size({"width": 1280, "height": 900})
    sign.wait_for(state="hidden")
    report.context.close()


def test_on_a_phone_rows_are_cards(browser: "Browser", tmp_path: Path) -> None:
    """Each value of a row stands under the head of its column, and the heads still sort."""
    view = {"width": 390, "height": 844}
    report = Opened(browser, summarise(samples.plural()), tmp_path, viewport=view)
    value = report.page.locator("#table tbody td[data-label=Value]").first
    assert value.evaluate("one => getComputedStyle(one, '::before').content") == '"Value: "'
    report.page.locator("#table th[data-key=value] button").click()
    assert report.page.locator("#table th[data-key=value]").get_attribute("aria-sort") == "ascending"
    report.context.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_each_sheet_bears_run_digest_and_number(paper: str, browser: "Browser", tmp_path: Path) -> None:
    """Sheets that come apart still say of which plan they are, and which of how many."""
    from pypdf import PdfReader

    digest = samples.DIGEST * 2  # as long as a real one
    summary = summarise(samples.large(80), digest=digest, check=samples.check())
    report = Opened(browser, summary, tmp_path)
    sheets = PdfReader(io.BytesIO(report.page.pdf(format=paper))).pages
    assert len(sheets) > 3
    for number, sheet in enumerate(sheets, start=1):
        lines = sheet.extract_text().replace("\u00a0", " ")
        assert f"prepop plan {summary.run} \u00b7 digest {digest}" in lines, number
        assert f"{number} / {len(sheets)}" in lines, number
    report.context.close()


def test_two_columns_stay_on_one_page_of_paper(browser: "Browser", tmp_path: Path) -> None:
    """A table beside a text is not cut after its first rows: both go to the next page together."""
    report = Opened(browser, summarise(samples.plural()), tmp_path)
    report.page.emulate_media(media="print")
    for box in report.page.locator(".split, .columns").all():
        assert box.evaluate("box => getComputedStyle(box).breakInside") == "avoid"
    report.context.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_prints(paper: str, browser: "Browser", tmp_path: Path) -> None:
    """On paper there are no controls; nothing is cut off; the sign-off box is whole on the last page."""
    summary = summarise(samples.large(200), digest=samples.DIGEST, check=samples.check())
    report = Opened(browser, summary, tmp_path)
    page = report.page
    page.emulate_media(media="print")
    assert not page.locator("#controls").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator("#signoff").is_visible()
    assert page.locator("#ready .well li").first.is_visible()  # on paper nothing can be opened
    assert samples.DIGEST in page.inner_text("#signoff")
    pdf = page.pdf(format=paper)
    assert pdf.startswith(b"%PDF")
    width = {"A4": 794, "Letter": 816}[paper] - 2 * 53  # CSS pixels, less 14 mm on both sides
    page.set_viewport_size({"width": width, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = "box => box.scrollWidth > box.clientWidth + 1"
    assert page.evaluate(f"[...document.querySelectorAll('.scroll')].filter({cut}).length") == 0
    report.context.close()
