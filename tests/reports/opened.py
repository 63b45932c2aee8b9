"""A report in a real browser: Chromium opens the file from disk with the network cut."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prepop.options import ReportFormat
from prepop.reports import write_reports
from prepop.rules.summary import Summary

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# As root in a container Chromium has no sandbox of its own; the rest keeps it from the network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = "html[data-ready]"
LONG = 600_000  # milliseconds after which a hanging test gives up: the machine may be busy


def missing() -> str:
    """What keeps these tests from running; "" where nothing does."""
    if find_spec("playwright") is None or find_spec("axe_playwright_python") is None:
        return "playwright or axe-playwright-python is not installed: pip install 'prepop[test]'"
    if chromium() is None:
        return "no Chromium: apt-get install chromium, or name one in PREPOP_CHROMIUM"
    return ""


def chromium() -> str | None:
    """The browser, if there is one."""
    names = (os.environ.get("PREPOP_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


class Opened:
    """A report in a page of its own, and everything that the page said or asked for."""

    def __init__(self, browser: "Browser", summary: Summary, folder: Path, **options: Any) -> None:
        self.paths = write_reports(summary, folder, [ReportFormat.HTML, ReportFormat.CSV])
        self.said: list[str] = []
        self.asked: list[str] = []
        self.context: BrowserContext = browser.new_context(**options)
        self.context.set_default_timeout(LONG)
        self.context.set_offline(True)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(f"dialog {dialog.message}"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(self.paths[0].as_uri())
        if options.get("java_script_enabled", True):
            self.page.wait_for_selector(READY)

    @property
    def status(self) -> str:
        """What the page says of the rows that it shows."""
        return self.page.inner_text("#status")

    def column(self, number: int) -> list[str]:
        """The texts of one column of the rows on the page, the first line of each cell."""
        cells = self.page.locator(f"#table tbody tr:not(.detail) > :nth-child({number})").all_inner_texts()
        return [cell.split("\n")[0] for cell in cells]
