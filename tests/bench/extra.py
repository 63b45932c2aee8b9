"""What an extra file costs: `python -m tests.bench extra [ROWS]` (100000).

A file of HR with six columns, as CSV and as a workbook, read and joined with as many people; beside it the
first plan of that many people without any file (`tests.bench plan`). CPU seconds; the goal is a tenth of it.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import xlsxwriter

from prepop.model import ExtraReading
from prepop.options import ExtraOptions
from prepop.rules.extras.joining import JoinedPeople, join
from prepop.sources.extra import open_extra
from tests.bench.plan import measure
from tests.rules.decisions.world import person

HEADER = ("Personnel no.", "Surname", "Department", "Private mail", "Private mobile", "Since")
COLUMNS = ("Private mail", "Private mobile")
T = TypeVar("T")


def rows(count: int) -> list[tuple[str, ...]]:
    """So many rows of texts, each with a key of its own."""
    return [
        (f"{n:06d}", f"Name {n}", f"D{n % 50}", f"p{n}@example.org", f"+44 7400 {n:06d}", "2020-01-01")
        for n in range(count)
    ]


def files(folder: Path, count: int) -> tuple[Path, Path]:
    """The same rows in both forms."""
    lines = [HEADER, *rows(count)]
    table, book = folder / "hr.csv", folder / "hr.xlsx"
    table.write_text("".join(";".join(line) + "\r\n" for line in lines), encoding="utf-8", newline="")
    made = xlsxwriter.Workbook(book, {"constant_memory": True})
    sheet = made.add_worksheet()
    for at, line in enumerate(lines):
        for column, text in enumerate(line):
            sheet.write_string(at, column, text)
    made.close()
    return table, book


def cpu(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of some work, and its answer."""
    gc.collect()
    began = time.process_time()
    answer = work()
    return time.process_time() - began, answer


def main(count: int) -> None:
    """A line for each step."""
    people = [person(n, employeeid=f"{n:06d}", mobile="+44 7400 123456") for n in range(count)]
    with tempfile.TemporaryDirectory() as name:
        for path in files(Path(name), count):
            options = ExtraOptions("hr", path, HEADER[0], "employeeID", max_age_hours=0)

            def read(options: ExtraOptions = options) -> ExtraReading:
                return open_extra(options).read(COLUMNS, datetime.now(UTC))

            reading_took, reading = cpu(read)

            def joined(reading: ExtraReading = reading) -> JoinedPeople:
                return join(people, [reading])

            joining_took, made = cpu(joined)
            assert made.fits[0].fitting == count
            sys.stdout.write(f"{path.name}: read {reading_took:.2f} s, joined {joining_took:.2f} s\n")
            sys.stdout.flush()
    plan, _ = measure(count, 2)
    sys.stdout.write(f"a first plan without it: {plan.cpu:.1f} s\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
