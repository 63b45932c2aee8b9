"""A package says of which commit it was built; one that cannot know says nothing, never another's."""

import subprocess
from pathlib import Path

import pytest

import prepop
from prepop.cli import version
from tests.build_commit import commit


def git(folder: Path, *words: str) -> str:
    """As typed there."""
    more = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", "-C", str(folder), *more, *words], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """One with a commit."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def test_the_commit_of_a_checkout(checkout: Path) -> None:
    """With a plus where files differ from it."""
    head = git(checkout, "rev-parse", "--short=12", "HEAD")
    assert commit(checkout) == head
    (checkout / "file").write_text("2")
    assert commit(checkout) == f"{head}+"


def test_a_folder_in_somebody_elses_checkout_has_none(checkout: Path, tmp_path: Path) -> None:
    """A source distribution that is unpacked inside another project is not of its commit."""
    (checkout / "inner").mkdir()
    assert commit(checkout / "inner") == ""
    assert commit(tmp_path / "nowhere") == ""


def test_the_version_says_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`0.1.0 (commit)` of a package, the number alone of a checkout."""
    assert version() == prepop.__version__
    (tmp_path / "cli").mkdir()
    (tmp_path / "_commit.txt").write_text("4f8b78612345\n", encoding="utf-8")
    monkeypatch.setattr("prepop.cli.__file__", str(tmp_path / "cli" / "__init__.py"))
    assert version() == f"{prepop.__version__} (4f8b78612345)"
