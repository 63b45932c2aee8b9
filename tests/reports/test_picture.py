"""The picture in README is made by the demo, and its maker still works."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.picture import HEIGHT, PICTURE, ROOT, WIDTH

PNG = b"\x89PNG\r\n\x1a\n"


def _size(path: Path) -> tuple[int, int]:
    """Width and height as the header of a PNG has them."""
    head = path.read_bytes()[:24]
    assert head.startswith(PNG)
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


@pytest.mark.usefixtures("browser")
def test_the_maker_works(tmp_path: Path) -> None:
    """A picture of the same size as the one that README shows; small enough for a page."""
    picture = str(tmp_path / "report.png")
    done = subprocess.run(
        [sys.executable, "-m", "tests.picture", picture, "60"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert _size(tmp_path / "report.png") == _size(PICTURE) == (WIDTH, HEIGHT)
    assert PICTURE.stat().st_size < 200_000
