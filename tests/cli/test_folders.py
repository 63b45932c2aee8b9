"""Folders that a command is told to write into."""

import sys
from pathlib import Path

import pytest

from prepop.errors import OutputError
from prepop.files import owner_only_folder


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
@pytest.mark.parametrize("below", ["", "reports"])
def test_a_link_that_leads_nowhere(below: str, tmp_path: Path) -> None:
    """A dangling link is called what it is, with where it leads; "File exists" would be a riddle."""
    link = tmp_path / "out"
    link.symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError, match=r"out is a link to .*gone, which does not exist"):
        owner_only_folder(link / below)
    assert not (tmp_path / "gone").exists()
