"""Hostile extra files: tables with their bytes spoiled, workbooks with the bytes of a part spoiled."""

import io
import random
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from prepop.errors import PrepopError
from prepop.options import ExtraOptions
from prepop.rules.extras.joining import join
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.hr import ATTRIBUTE, KEY, MAIL, write_hr_file
from prepop.sources.extra import open_extra
from tests.fuzz import mutate
from tests.rules.extras.made import staff

BOOK = Path(__file__).parents[1] / "sources" / "extra" / "hr.xlsx"
_PEOPLE = sample(30, seed=9)
STAFF = staff(*(entry.values[ATTRIBUTE][0] for entry in _PEOPLE.people))


def spoiled_table(dice: random.Random, folder: Path) -> bytes:
    """A table of HR with its bytes spoiled, read and joined."""
    whole = folder / "whole.csv"
    if not whole.exists():
        write_hr_file(_PEOPLE, whole)
    return _read(folder / "hr.csv", mutate.raw(dice, whole.read_bytes()))


def spoiled_book(dice: random.Random, folder: Path) -> bytes:
    """A workbook one part of which is spoiled, read and joined."""
    packed = io.BytesIO()
    with zipfile.ZipFile(BOOK) as old, zipfile.ZipFile(packed, "w") as new:
        names = old.namelist()
        hit = dice.choice([name for name in names if name.endswith((".xml", ".rels"))])
        for name in names:
            part = old.read(name)
            new.writestr(name, mutate.raw(dice, part) if name == hit else part)
    return _read(folder / "hr.xlsx", packed.getvalue())


def _read(path: Path, content: bytes) -> bytes:
    path.write_bytes(content)
    options = ExtraOptions("hr", path, KEY, ATTRIBUTE, max_age_hours=0)
    with suppress(PrepopError):
        reading = open_extra(options).read([MAIL], datetime.now(UTC))
        (fit,) = join(STAFF, [reading]).fits
        assert fit.rows == len(reading.rows) == len({row.number for row in reading.rows})
    return content
