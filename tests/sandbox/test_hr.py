"""The sample's file of HR: read as any extra file, it fits most people and has the mess of real lists."""

from datetime import UTC, datetime
from pathlib import Path

from prepop.options import ExtraOptions
from prepop.rules.extras.joining import join
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.hr import ATTRIBUTE, KEY, MAIL, write_hr_file
from prepop.sources.extra import open_extra
from tests.rules.extras.made import staff


def test_the_sample_of_hr(tmp_path: Path) -> None:
    """Numbers without leading zeros, a title, leavers, double rows, people whom HR does not know."""
    here = sample(400, seed=1)
    path = tmp_path / "hr.csv"
    write_hr_file(here, path)
    block = ExtraOptions("hr", path, KEY, ATTRIBUTE, max_age_hours=0)
    reading = open_extra(block).read([MAIL], datetime(2026, 11, 26, tzinfo=UTC))
    people = staff(*(entry.values[ATTRIBUTE][0] for entry in here.people))
    (fit,) = join(people, [reading]).fits
    assert fit.zeros_aside
    assert 300 < fit.fitting < 390
    assert fit.people_alone > 10
    assert fit.rows_alone == 12
    assert 2 <= fit.several < 20
    assert fit.rows_keyless == fit.by_zeros == 0


def test_it_is_the_same_every_time(tmp_path: Path) -> None:
    """Everything follows from people and seed."""
    for name in ("a.csv", "b.csv"):
        write_hr_file(sample(50, seed=3), tmp_path / name, seed=3)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
