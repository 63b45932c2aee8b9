"""`fleet.html` in a real browser."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from prepop.reports.fleet import render_fleet, write_fleet
from prepop.rules.fleet import Fleet, FleetRow, FoundIn

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
ROWS = [
    FleetRow("contoso", "/c", 0, 61, "", "contoso.example", "r", "", {"done": 1200}, 2000, 5, 1205),
    FleetRow("fabrikam", "/f", 30, 9, findings=[FoundIn("too-many-additions", True, 812)]),
    FleetRow(
        "<script>alert(1)</script>", "/x", 1, 3600, "stopped after 3,600 seconds \u202e", log="/var/x.txt"
    ),
]
FLEET = Fleet("20260301T023000Z-0000", "sync", AT, AT, 3, ROWS, 1, missing=(2,))


def test_what_needs_somebody_stands_first() -> None:
    """On the terminal too; each row says what its code means, and what was found."""
    text = render_fleet(FLEET, "out/fleet.html", width=100, colour=False)
    rows = text.splitlines()
    assert "1 of 3 tenants ended well" in rows[0]
    assert text.index("<script>") < text.index("fabrikam") < text.index("contoso")
    assert "too-many-additions (812)" in text
    assert "5 → 1,205 of 2,000" in text


@pytest.mark.browser
@pytest.mark.parametrize("look", ["light", "dark", "narrow"])
def test_the_page_of_a_fleet(look: str, browser: "Browser", tmp_path: Path) -> None:
    """It asks nothing of the network, says nothing on the console, and axe-core finds nothing in it."""
    import axe_playwright_python

    page_file = write_fleet(FLEET, tmp_path)
    context = browser.new_context(
        color_scheme="dark" if look == "dark" else "light",
        viewport={"width": 380 if look == "narrow" else 1280, "height": 900},
        bypass_csp=True,  # for axe itself
        offline=True,
    )
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert asked == [page_file.as_uri()]
    assert said == []
    assert page.locator("tbody tr").count() == 3
    assert "Shard 2 did not report" in page.inner_text("#verdict")
    assert page.locator("script").count() == 0
    page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=str(tmp_path / "fleet.png"), full_page=True)
    context.close()
