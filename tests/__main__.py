"""`python -m tests`: everything that must hold, in the order in which it fails fastest.

Format and lint, types, then the tests; arguments go to pytest. Ends with the first exit code that is not 0.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main(arguments: list[str]) -> int:
    """Run all checks from the root of the checkout."""
    python = sys.executable
    for command in (
        [python, "-m", "ruff", "format", "--check", "."],
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "mypy"],
        [python, "-m", "pytest", *arguments],
    ):
        print("$", " ".join(["python", *command[1:]]), flush=True)
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
