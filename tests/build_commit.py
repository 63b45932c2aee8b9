"""Puts the commit that a package is built of into it (`prepop/_commit.txt`), for `prepop --version`.

Called by hatchling. A source distribution takes it along, so that a wheel made of one has it too; where there
is no git, or the checkout is another project's, there is none: `--version` says the number alone.
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "prepop/_commit.txt"


def commit(root: Path) -> str:
    """Twelve digits of the commit, with a plus where the checkout differs from it; "" for none."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")) != root.resolve():
            return ""
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


class CommitHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the file to wheel and sdist; an editable install is no package of one commit."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See hatchling."""
        root = Path(self.root)
        if version == "editable" or (root / NAME).exists() or not (found := commit(root)):
            return
        # not removed: hatchling reads it after this returns, and the system clears its folder
        with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False, encoding="utf-8") as file:
            file.write(found + "\n")
        build_data["force_include"][file.name] = NAME
