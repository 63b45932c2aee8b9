"""How heavy and how fast the reports are: `python -m tests.bench.report [ROWS ...]` (100000 and 500000).

For each size, each in a process of its own: CPU seconds and peak memory of summarising and of each form,
file sizes; then, in headless Chromium with the network cut, time to the first paint, to the rows being ready,
of each keystroke in the filter, and of a sort. Numbers are medians where something can be repeated.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from prepop.options import ReportFormat
from prepop.reports import render_terminal, write_reports
from prepop.rules.phrases import counted
from prepop.rules.summary import summarise
from tests.reports import samples
from tests.reports.opened import FLAGS, READY, chromium

KEYSTROKES = "given12"


def _memory() -> float:
    """Peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _form(rows: int, form: str, folder: Path) -> None:
    """One form in this process: prints its seconds, peak memory over the plan's, and file size."""
    plan = samples.large(rows)
    before, start = _memory(), time.process_time()
    summary = summarise(plan)
    summarised = time.process_time() - start
    start = time.process_time()
    if form == "terminal":
        size = len(render_terminal(summary, width=100, colour=False))
    else:
        (path,) = write_reports(summary, folder, [ReportFormat(form)])
        size = path.stat().st_size
    seconds = time.process_time() - start
    sys.stdout.write(
        f"  {form:<9} summarise {summarised:6.1f} s   render {seconds:6.1f} s   "
        f"+{_memory() - before:6.0f} MB over the plan's {before:.0f}   {size / 1e6:7.2f} MB written\n"
    )


def _browser(page_file: Path) -> None:
    """The page in Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        paints, ready = [], []
        for _ in range(3):
            context = browser.new_context()
            context.set_offline(True)
            page = context.new_page()
            page.goto(page_file.as_uri(), wait_until="commit")
            page.wait_for_selector(READY, timeout=120_000)
            ready.append(page.evaluate("performance.now()"))
            paints.append(
                page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            )
            if len(ready) < 3:
                context.close()
        strokes = [
            page.evaluate(
                "text => { const field = document.getElementById('f-text'); field.value = text;"
                " const start = performance.now(); field.dispatchEvent(new Event('input'));"
                " document.body.offsetHeight; return performance.now() - start; }",
                KEYSTROKES[: number + 1],
            )
            for number in range(len(KEYSTROKES))
        ]
        page.click("#reset")
        sort = page.evaluate(
            "() => { const head = document.querySelector('th[data-key=account] button');"
            " const start = performance.now(); head.click();"
            " document.body.offsetHeight; return performance.now() - start; }"
        )
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        browser.close()
    sys.stdout.write(
        f"  Chromium  first paint {statistics.median(paints):.0f} ms   "
        f"rows ready {statistics.median(ready):.0f} ms   "
        f"keystroke first {strokes[0]:.0f} ms, then median {statistics.median(strokes[1:]):.0f} ms"
        f"   sort {sort:.0f} ms   heap {heap:.0f} MB\n"
    )


def main(sizes: list[int]) -> None:
    """Measure all forms at each size."""
    for rows in sizes:
        sys.stdout.write(f"{counted(rows, 'row')}\n")
        sys.stdout.flush()
        with tempfile.TemporaryDirectory() as folder:
            for form in ("terminal", *ReportFormat):
                command = [sys.executable, "-m", __spec__.name, "--form", str(rows), str(form), folder]
                subprocess.run(command, check=True)
            if chromium():
                _browser(Path(folder) / "report.html")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--form"]:
        _form(int(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
    else:
        main([int(size) for size in sys.argv[1:]] or [100_000, 500_000])
