"""`python -m prepop` and the `prepop` command."""

import sys

from prepop.cli import main as run


def main() -> None:
    """Run one command and end with its exit code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
