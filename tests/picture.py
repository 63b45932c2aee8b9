"""`python -m tests.picture [FILE [PEOPLE]]`: the picture of the report in README, from the demo, in Chromium.

The demo is the same each time but for its run's id and date, so the picture changes where the report does.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from prepop.cli.console import Console, Shown
from prepop.cli.demo import rehearse
from tests.reports.opened import FLAGS, chromium

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / ".github" / "report.png"
WIDTH, HEIGHT = 1200, 900


def take(path: Path, people: int = 500) -> None:
    """Rehearse, open the first report, and keep its upper part."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(rehearse(people, 1, Path(folder) / "demo", Shown(Console(as_json=True, quiet=True))))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto((Path(folder) / "demo" / "first" / "report.html").as_uri())
            page.screenshot(path=path)
            browser.close()


if __name__ == "__main__":
    words = sys.argv[1:]
    take(Path(words[0]) if words else PICTURE, int(words[1]) if words[1:] else 500)
