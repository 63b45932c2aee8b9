"""The HTML report in a real browser: what it does, from disk and with the network cut."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from prepop.rules.summary import summarise
from tests.reports import samples
from tests.reports.opened import Opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path) -> Iterator[Opened]:
    """A report of 400 rows."""
    summary = summarise(samples.large(400), previous=samples.large(200), digest=samples.DIGEST)
    report = Opened(browser, summary, tmp_path)
    yield report
    assert report.said == []
    report.context.close()


def test_opens_from_disk_without_a_network(opened: Opened) -> None:
    """The page asks for nothing but itself and says nothing on the console."""
    assert opened.asked == [opened.paths[0].as_uri()]
    assert opened.status == "Rows 1 to 50 of 400"
    assert opened.page.locator("#controls").is_visible()
    assert not opened.page.locator("#static-note").is_visible()


def test_filters(opened: Opened) -> None:
    """Text, verdict, reason, method, department and country narrow the rows, together; clearing shows all."""
    page, rows = opened.page, summarise(samples.large(400)).rows
    page.fill("#f-text", "given7. MOBILE")
    expected = [row for row in rows if "given7." in row.upn and "mobile" in (row.method + row.source).lower()]
    assert 0 < len(expected) == len(opened.column(1))
    page.fill("#f-text", "no such text")
    assert opened.status == "No rows (filtered from 400)"
    assert "No row fits" in page.inner_text("#table tbody")
    page.click("#reset")
    assert opened.status == "Rows 1 to 50 of 400"
    for name, field in (
        ("verdict", "group"),
        ("reason", "reason"),
        ("method", "method"),
        ("region", "region"),
    ):
        value = page.locator(f"#f-{name} option").last.get_attribute("value")
        page.select_option(f"#f-{name}", value)
        number = sum(getattr(row, field) == value for row in rows)
        assert f"of {number} (filtered from 400)" in opened.status
        page.click("#reset")
    page.select_option("#f-verdict", "change")
    page.select_option("#f-method", "email")
    number = sum(row.reason is None and row.method == "email" for row in rows)
    assert f"of {number} (filtered" in opened.status
    page.click("#reset")
    department = rows[0].department
    page.select_option("#f-department", department)
    assert set(opened.column(2)) == {department}
    page.check("#f-new")
    assert "filtered" in opened.status


def test_links_lead_to_their_rows(opened: Opened) -> None:
    """A step of the funnel, a reason and a security list each show their rows, and the focus goes there."""
    page, summary = opened.page, summarise(samples.large(400))
    for step in summary.funnel[:7]:
        page.click(f".funnel a:text-is('{step.title}')")
        number = sum(step.holds(row) for row in summary.rows)
        assert f"of {number:,}" in opened.status, step.title
        page.wait_for_selector("#rows-h:focus")
    line = summary.reasons[0]
    page.click(f"#alone a:text-is('{line.reason.value}')")
    assert f"of {line.count} (filtered" in opened.status


def test_sorts(opened: Opened) -> None:
    """A head sorts upwards, then downwards, then not, and says so to a screen reader."""
    page = opened.page
    head = page.locator("#table th[data-key=value]")
    before = opened.column(5)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    upwards = opened.column(5)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    page.click("#last")
    downwards = opened.column(5)
    assert sorted(downwards) == sorted(upwards)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert opened.column(5) == before
    page.locator("#table th[data-key=account] button").click()
    names = opened.column(1)
    assert names == sorted(names, key=lambda name: int(name.removeprefix("given").split(".")[0]))


def test_pages(opened: Opened) -> None:
    """First, previous, next, last, a number and a size lead through all rows, and stop at the ends."""
    page = opened.page
    seen: list[str] = []
    for _ in range(8):
        seen += opened.page.locator("#table tbody tr").all_inner_texts()
        if page.is_enabled("#next"):
            page.click("#next")
    assert len(seen) == 400
    assert opened.status == "Rows 351 to 400 of 400"
    assert page.is_disabled("#last")
    page.click("#first")
    assert page.is_disabled("#previous")
    page.fill("#page", "3")
    page.press("#page", "Enter")
    assert opened.status == "Rows 101 to 150 of 400"
    page.fill("#page", "99")
    page.press("#page", "Tab")
    assert opened.status == "Rows 351 to 400 of 400"
    page.select_option("#size", "250")
    assert opened.status == "Rows 1 to 250 of 400"


def test_row_opens_by_keyboard(opened: Opened) -> None:
    """With keys alone a row is reached, opened to its explanation, and closed again."""
    page = opened.page
    page.focus("#copy")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "open":
            break
    button = page.locator("button.open").first
    assert button.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    detail = page.locator("#" + str(button.get_attribute("aria-controls")))
    text = detail.inner_text()
    for word in ("Directory value", "Normal form", "Policy", "Account id", "The same person", "country"):
        assert word in text
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "false"
    assert page.locator("tr.detail").count() == 0


@pytest.mark.parametrize("hostile", [False, True])
def test_copy_is_the_table(hostile: bool, browser: "Browser", tmp_path: Path) -> None:
    """What is copied is report.csv to the letter: same columns, same masking, no formula."""
    plan = samples.hostile() if hostile else samples.plural()
    report = Opened(browser, summarise(plan), tmp_path, permissions=["clipboard-read", "clipboard-write"])
    report.page.click("#copy")
    report.page.wait_for_selector("#copied:not(:empty)")
    copied = report.page.evaluate("navigator.clipboard.readText()")
    assert report.page.inner_text("#copied") == f"Copied {len(plan.changes) + len(plan.left_alone)} rows."
    table = report.paths[1].read_bytes().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(copied, newline=""))) == list(
        csv.reader(io.StringIO(table, newline=""))
    )
    report.page.fill("#f-text", "person")
    report.context.close()


def test_hostile_texts_stay_texts(browser: "Browser", tmp_path: Path) -> None:
    """Scripts, handlers and direction marks of a directory are shown and do nothing."""
    report = Opened(browser, summarise(samples.hostile(), unmask=True), tmp_path)
    for button in report.page.locator("button.open").all()[:40]:
        button.click()
    assert report.said == []
    assert "<script>alert(1)</script>" in report.page.inner_text("#table")
    assert report.page.locator("#table img, #table script").count() == 0
    assert report.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    report.context.close()


@pytest.mark.parametrize(
    ("sample", "look"), [("plural", "light"), ("run", "dark"), ("plural", "narrow"), ("hostile", "light")]
)
def test_axe_finds_nothing(sample: str, look: str, browser: "Browser", tmp_path: Path) -> None:
    """axe-core finds no violation of WCAG 2.2 AA or of its best practices, light, dark and narrow."""
    import axe_playwright_python

    outcomes = samples.plural_outcomes() if sample == "run" else None
    plan = samples.hostile() if sample == "hostile" else samples.plural()
    check = samples.hostile_check() if sample == "hostile" else samples.check()
    report = Opened(
        browser,
        summarise(plan, outcomes, samples.singular(), check=check),
        tmp_path,
        color_scheme="dark" if look == "dark" else "light",
        viewport={"width": 380 if look == "narrow" else 1280, "height": 900},
        bypass_csp=True,  # for axe itself
    )
    report.page.locator("button.open").first.click()
    for closed in report.page.locator("#ready summary").all():
        closed.click()
    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
    report.page.evaluate(axe)
    found = report.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found["violations"]] == []
    assert report.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    report.context.close()


def test_readable_without_javascript(browser: "Browser", tmp_path: Path) -> None:
    """Without JavaScript everything is there but the filters, and no dead control is shown."""
    summary = summarise(samples.plural(), check=samples.check())
    report = Opened(browser, summary, tmp_path, java_script_enabled=False)
    page = report.page
    assert not page.locator("#controls").is_visible()
    assert not page.locator("#pager").is_visible()
    assert page.locator("button:visible, select:visible, input:visible").count() == 0
    assert page.locator("#table tbody tr").count() == 16
    for part in (
        "#verdict", "#sms", "#funnel", "#findings", "#ready", "#writes", "#alone", "#security", "#signoff",
    ):  # fmt: skip
        assert page.locator(part).is_visible()
    assert not page.get_by_text("directory-shared").is_visible()
    page.locator("#ready summary").first.click()
    assert page.get_by_text("directory-shared").is_visible()
    assert "Filtering needs JavaScript" in page.inner_text("#static-note")
    report.context.close()


@pytest.mark.parametrize("width", [1000, 1100, 1200, 1400])
def test_who_stays_without_stands_beside_the_bars(opened: Opened, width: int) -> None:
    """Also where the table is wider than its column, and says that there is more to the right."""
    opened.page.set_viewport_size({"width": width, "height": 900})
    # the page's own watcher of sizes comes after a frame
    opened.page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    bars = opened.page.locator(".split > div").first.bounding_box()
    table = opened.page.locator(".split .scroll").first.bounding_box()
    assert bars
    assert table
    assert table["x"] > bars["x"] + bars["width"] - 1
    assert table["y"] < bars["y"] + 100
